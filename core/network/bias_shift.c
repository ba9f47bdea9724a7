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
