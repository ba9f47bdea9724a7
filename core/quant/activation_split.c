#include "core/quant/activation_split.h"

#include "core/base/hash.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

void activation_split_clear(struct activation_split *split)
{
    free(split->maxima);
    value_parts_clear(&split->parts);
    split->maxima = NULL;
    split->signature = 0;
}

void activation_split_calibrate(struct activation_split *split, const float *maxima,
                                size_t channels)
{
    size_t bytes = (channels + 1) * sizeof *maxima;

    activation_split_clear(split);
    split->maxima = memory_copy(maxima, bytes);
    value_parts_init(&split->parts, maxima, channels, (size_t)split->added);
    split->signature = hash_bytes(maxima, bytes, 1) | 1;
}

static float largest(const float *maxima, size_t channels)
{
    float most = 0;

    for (size_t i = 0; i < channels; i++)
        most = fmaxf(most, maxima[i]);
    return most;
}

double activation_split_gain(const struct activation_split *split)
{
    size_t channels = split->parts.channels;
    float most = split->maxima ? largest(split->maxima, channels) : 0;
    float part =
        split->by_block && most > 0 ? split->maxima[channels] : split->parts.most;

    return most > 0 ? (double)part / (double)most : 1;
}

/* The parts that a block's own maxima choose; maxima [channels] are raised to these. */
static struct value_parts parts_of_block(const struct activation_split *split,
                                         const float *values, size_t count,
                                         size_t channels, float *maxima)
{
    float *own = memory_zeroed(channels, sizeof *own);
    struct value_parts parts;

    for (size_t i = 0; i < count; i++)
        for (size_t channel = 0; channel < channels; channel++, values++)
            own[channel] = fmaxf(own[channel], fabsf(*values));
    value_parts_init(&parts, own, channels, (size_t)split->added);
    for (size_t channel = 0; maxima && channel < channels; channel++)
        maxima[channel] = fmaxf(maxima[channel], own[channel]);
    free(own);
    return parts;
}

void activation_split_look(const struct activation_split *split, const float *values,
                           size_t count, size_t channels, float *maxima)
{
    struct value_parts parts = parts_of_block(split, values, count, channels, maxima);

    maxima[channels] = fmaxf(maxima[channels], parts.most);
    value_parts_clear(&parts);
}

static void round_by_block(const struct activation_split *split,
                           const struct quantizer *quantizer, float *values,
                           size_t count)
{
    struct value_parts parts =
        parts_of_block(split, values, count, split->parts.channels, NULL);

    value_parts_round(&parts, quantizer, values, count);
    value_parts_clear(&parts);
}

void activation_split_round(const struct activation_split *split,
                            const struct quantizer *quantizer, float *values,
                            size_t count)
{
    if (!split->maxima)
        return;
    if (split->by_block)
        round_by_block(split, quantizer, values, count);
    else
        value_parts_round(&split->parts, quantizer, values, count);
}
