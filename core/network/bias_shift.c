#include "core/network/bias_shift.h"

#include "core/base/hash.h"
#include "core/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t shift_bytes(const struct layer *layer)
{
    return (size_t)layer->weights->outputs * sizeof(float);
}

void bias_shift_put(struct layer *layer, const float *values)
{
    struct conv *conv = &layer->conv;

    assert(layer->kind == LAYER_CONV);
    bias_shift_remove(layer);
    conv->bare_shift = memory_copy(conv->shift, shift_bytes(layer));
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        conv->shift[channel] += values[channel];
    conv->bias_signature = hash_bytes(values, shift_bytes(layer), 2) | 1; /* never 0 */
}

void bias_shift_remove(struct layer *layer)
{
    struct conv *conv = &layer->conv;

    if (layer->kind != LAYER_CONV || !conv->bare_shift)
        return;
    memcpy(conv->shift, conv->bare_shift, shift_bytes(layer));
    free(conv->bare_shift);
    conv->bare_shift = NULL;
    conv->bias_signature = 0;
}

uint64_t bias_shift_signature(const struct layer *layer)
{
    return layer->kind == LAYER_CONV ? layer->conv.bias_signature : 0;
}

struct bias_shifts bias_shifts_of(const struct network *network)
{
    struct bias_shifts shifts = {0};

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].kind == LAYER_CONV)
            shifts.count += (size_t)network->layers[layer].weights->outputs;
    shifts.values = memory_zeroed(shifts.count, sizeof *shifts.values);
    return shifts;
}

struct bias_shifts bias_shifts_copy(const struct bias_shifts *from)
{
    struct bias_shifts copy = {.count = from->count};

    if (from->count > 0)
        copy.values = memory_copy(from->values, from->count * sizeof *from->values);
    return copy;
}

void bias_shifts_clear(struct bias_shifts *shifts)
{
    free(shifts->values);
    *shifts = (struct bias_shifts){0};
}

bool bias_shifts_are_same(const struct bias_shifts *left,
                          const struct bias_shifts *right)
{
    return left->count == right->count &&
           (left->count == 0 || memcmp(left->values, right->values,
                                       left->count * sizeof *left->values) == 0);
}
