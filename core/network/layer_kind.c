#include "core/network/layer_kind.h"

#include <string.h>

static const struct layer_kind_row *const rows[LAYER_KIND_COUNT] = {
#define LAYER_KIND_ROW(kind, row) [LAYER_##kind] = &layer_##row,
    LAYER_KINDS(LAYER_KIND_ROW)
#undef LAYER_KIND_ROW
};

const struct layer_kind_row *layer_kind_of(const struct layer *layer)
{
    return rows[layer->kind];
}

const char *layer_kind_name(const struct layer *layer)
{
    const struct layer_kind_row *row = layer_kind_of(layer);

    return row->variant ? row->variant(layer) : row->name;
}

size_t layer_macs(const struct layer *layer, size_t outputs)
{
    return layer_kind_of(layer)->macs(layer, outputs);
}

int layer_multiplied_inputs(const struct layer *layer)
{
    static const int counts[LAYER_CODES_COUNT] = {
        [CODES_MULTIPLY] = 1, [CODES_MULTIPLY_INPUTS] = 2};

    return counts[layer_kind_of(layer)->codes];
}

bool layer_is_quantizable(const struct layer *layer)
{
    return layer->weight_count > 0 || layer_multiplied_inputs(layer) > 0;
}

bool layer_hands_on(const struct layer *layer)
{
    return layer_kind_of(layer)->codes == CODES_PASS;
}

bool layer_multiplies(const struct layer *layer)
{
    return layer_kind_of(layer)->codes == CODES_MULTIPLY || layer_recurs(layer);
}

float layer_fill(const struct layer *layer)
{
    const struct layer_kind_row *row = layer_kind_of(layer);

    return row->fill ? row->fill(layer) : 0;
}

bool layer_passes_codes(const struct layer *layer)
{
    return layer_hands_on(layer) && layer_is_unclamped(layer) && layer_fill(layer) == 0;
}

bool layer_is_unscaled(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.scale[channel] != 1)
            return false;
    return true;
}

bool layer_recurs(const struct layer *layer)
{
    return layer_kind_of(layer)->codes == CODES_RECUR;
}

int layer_multiplied(const struct layer *layer)
{
    return layer_recurs(layer) ? layer->output : layer->inputs[0];
}

bool layer_is_of_recurrence(const struct network *network, const struct layer *layer)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *reader = &network->layers[index];

        if (layer_recurs(reader) && reader->inputs[0] == layer->output &&
            reader->node == layer->node)
            return true;
    }
    return layer_recurs(layer);
}

/* ---- answers of many kinds ------------------------------------------------------------------ */

bool layer_kind_as_inputs(const struct layer *layer, bool inputs_are)
{
    (void)layer;
    return inputs_are;
}

bool layer_kind_any_sign(const struct layer *layer, bool inputs_are)
{
    (void)layer;
    (void)inputs_are;
    return false;
}

bool layer_kind_no_sign(const struct layer *layer, bool inputs_are)
{
    (void)layer;
    (void)inputs_are;
    return true;
}

size_t layer_kind_no_macs(const struct layer *layer, size_t outputs)
{
    (void)layer;
    (void)outputs;
    return 0;
}

bool layer_kind_one_shape(const struct layer *ours, const struct layer *theirs)
{
    (void)ours;
    (void)theirs;
    return true;
}

const char *layer_kind_no_constants(const struct network *network,
                                    const struct layer *ours,
                                    const struct layer *theirs)
{
    (void)network;
    (void)ours;
    (void)theirs;
    return NULL;
}

bool layer_kind_same_floats(const float *a, const float *b, size_t count)
{
    if (!a || !b)
        return a == b;
    return memcmp(a, b, count * sizeof *a) == 0;
}
