/* LSTM, GRU or RNN: a node whose weights are those of two layers, of its input and of its hidden state. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/layer/recurrence_cells.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>
#include <string.h>

/* ---- bias --------------------------------------------------------------------------------- */

/* The recurrence that reads what a layer gives. */
static const struct recurrence *recurrence_of(const struct network *network,
                                              const struct layer *layer)
{
    for (int index = 0; index < network->layer_count; index++)
        if (layer_reads(&network->layers[index], layer->output))
            return &network->layers[index].recurrence;
    return NULL;
}

/* The layer's shift is the bias of the input's weights; that of the hidden state's is what is reset, or zero. */
static void write_bias(struct onnx_edit *edit, const struct network *network,
                       const struct place *place)
{
    const struct recurrence *of = recurrence_of(network, place->layer);
    size_t gates = (size_t)recurrence_gates(of) * (size_t)of->hidden;
    size_t directions = (size_t)of->directions;
    const int64_t dims[] = {of->directions, 2 * (int64_t)gates};
    float *values = memory_zeroed(directions * 2 * gates, sizeof *values);
    char *name = onnx_edit_fresh_name(edit, place->node->output[0], "_bias");
    char *old = memory_text(place->node->n_input > 3 ? place->node->input[3] : "");

    for (size_t i = 0; i < directions; i++) {
        float *to = values + i * 2 * gates;

        memcpy(to, place->layer->conv.shift + i * gates, gates * sizeof *to);
        if (of->bias)
            memcpy(to + gates, of->bias + i * gates, gates * sizeof *to);
    }
    onnx_edit_add_floats(edit, name, dims, 2, values);
    onnx_edit_set_input(place->node, 3, name);
    onnx_edit_drop_unread(edit, old);
    free(values);
    free(name);
    free(old);
}

/* ---- weights ------------------------------------------------------------------------------ */

/* Corrected weights are written as floats: nothing can be added inside of the node. */
static void write_weights(const struct onnx_calibrated *calibrated,
                          const struct place *place, int item)
{
    const struct weight_rules rules = onnx_weight_rules(calibrated, place->layer);
    const struct quantizer quantizer = onnx_quantizer_of(calibrated, item);
    struct coded_weights weights;

    coded_weights_init(&weights, place->layer->weights, &rules, &quantizer,
                       calibrated->narrowest);
    if (weights.corrections || onnx_is_plain(calibrated, place->layer))
        onnx_place_plain_weights(place, &weights);
    else
        onnx_place_weights(place, &weights);
    coded_weights_clear(&weights);
}

void onnx_write_recurrent(struct onnx_edit *edit,
                          const struct onnx_calibrated *calibrated, int index)
{
    const struct layer *layer = &calibrated->network->layers[index];
    int item = placement_of_weights(calibrated->placement, index, 0);
    const struct place place = onnx_place_of(edit, layer);

    onnx_edit_name(place.node, layer->name);
    if (item >= 0)
        write_weights(calibrated, &place, item);
    else if (onnx_has_other_shifts(calibrated))
        onnx_place_floats(&place, layer->weights->values, "_equalized");
    if (!layer_recurs(layer) && onnx_has_other_shifts(calibrated))
        write_bias(edit, calibrated->network, &place);
}

/* ---- last states -------------------------------------------------------------------------- */

static bool carries(const struct onnx_carriers *carriers, const char *name)
{
    for (size_t i = 0; i < carriers->count; i++)
        if (strcmp(carriers->list[i].name, name) == 0)
            return true;
    return false;
}

/* The name of the last states of a recurrence, where they are read beside all of them; else NULL. */
static const char *last_states_of(const struct onnx_edit *edit,
                                  const struct network *network,
                                  const struct layer *layer)
{
    enum { ALL, LAST };
    const Onnx__NodeProto *node =
        layer_recurs(layer) ? edit->model->graph->node[layer->node] : NULL;

    return node && node->n_output > LAST &&
                   strcmp(node->output[ALL], network->tensors[layer->output].name) ==
                       0 &&
                   onnx_edit_is_read(edit, node->output[LAST])
               ? node->output[LAST]
               : NULL;
}

void onnx_write_last_states(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated,
                            const struct onnx_carriers *carriers)
{
    const struct network *network = calibrated->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        int item = calibrated->placement->of_tensor[layer->output];
        const char *name = last_states_of(edit, network, layer);

        if (!name || item < 0 || carries(carriers, name))
            continue;
        free(onnx_write_activation(edit, calibrated, item, name, layer->node, false));
    }
}
