#include "core/quant/outlier_splitting.h"

#include "core/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t outlier_splitting_count(double ratio, size_t inputs)
{
    assert(ratio >= 0 && ratio < 1);
    return (size_t)ceil(ratio * (double)inputs);
}

static size_t channel_count(const struct split_weights *split)
{
    return split->shape.inputs + split->added;
}

/* The weights of one channel for one output: [window]. */
static float *at(const struct split_weights *split, size_t output, size_t channel)
{
    return split->values +
           (output * channel_count(split) + channel) * split->shape.window;
}

static float magnitude(const struct split_weights *split, size_t channel)
{
    float most = 0;

    for (size_t output = 0; output < split->shape.outputs; output++) {
        const float *values = at(split, output, channel);

        for (size_t i = 0; i < split->shape.window; i++)
            most = fmaxf(most, fabsf(values[i]));
    }
    return most;
}

/* Of `count` channels the one with the largest magnitude; of several the last. */
static size_t largest(const float *magnitudes, size_t count)
{
    size_t largest = 0;

    for (size_t channel = 1; channel < count; channel++)
        if (magnitudes[channel] >= magnitudes[largest])
            largest = channel;
    return largest;
}

static void halve(const float *values, size_t count, float step, float *first,
                  float *second)
{
    for (size_t i = 0; i < count; i++) {
        float half = step > 0 ? values[i] / step / 2 : values[i] / 2;
        float apart = values[i] == 0 ? 0 : 0.25f;

        first[i] = step > 0 ? (half - apart) * step : half;
        second[i] = step > 0 ? (half + apart) * step : half;
    }
}

static void split_channel(const struct split_weights *split, size_t channel,
                          size_t copy, float step)
{
    for (size_t output = 0; output < split->shape.outputs; output++) {
        float *values = at(split, output, channel);

        halve(values, split->shape.window, step, values, at(split, output, copy));
    }
    split->roots[copy] = split->roots[channel];
    split->copies[split->roots[copy]]++;
}

static void copy_originals(const struct split_weights *split, const float *weights)
{
    size_t count = split->shape.inputs * split->shape.window;

    for (size_t output = 0; output < split->shape.outputs; output++)
        memcpy(at(split, output, 0), weights + output * count, count * sizeof *weights);
    for (size_t channel = 0; channel < split->shape.inputs; channel++) {
        split->roots[channel] = channel;
        split->copies[channel] = 1;
    }
}

/* A channel that has all the copies it may have does not compete any more. */
static float magnitude_in_contest(const struct split_weights *split, size_t channel)
{
    return split->copies[split->roots[channel]] < SPLIT_COPIES_MOST
               ? magnitude(split, channel)
               : -1;
}

/* The magnitudes that a split has changed: those of the copies of one channel. */
static void renew_magnitudes(const struct split_weights *split, size_t root,
                             size_t count, float *magnitudes)
{
    for (size_t channel = 0; channel < count; channel++)
        if (split->roots[channel] == root)
            magnitudes[channel] = magnitude_in_contest(split, channel);
}

void outlier_splitting_init(struct split_weights *split, const float *weights,
                            struct split_shape shape, size_t added, float step)
{
    size_t channels = shape.inputs + added;
    float *magnitudes = memory_get(channels * sizeof *magnitudes);

    assert(shape.inputs > 0 && step >= 0 && added < shape.inputs * SPLIT_COPIES_MOST);
    *split = (struct split_weights){
        .shape = shape,
        .added = added,
        .roots = memory_get(channels * sizeof *split->roots),
        .copies = memory_get(shape.inputs * sizeof *split->copies),
        .values = memory_zeroed(shape.outputs * channels * shape.window,
                                sizeof *split->values),
    };
    copy_originals(split, weights);
    for (size_t channel = 0; channel < shape.inputs; channel++)
        magnitudes[channel] = magnitude(split, channel);
    for (size_t copy = shape.inputs; copy < channels; copy++) {
        size_t channel = largest(magnitudes, copy);

        split_channel(split, channel, copy, step);
        renew_magnitudes(split, split->roots[channel], copy + 1, magnitudes);
    }
    free(magnitudes);
}

void outlier_splitting_clear(struct split_weights *split)
{
    free(split->roots);
    free(split->copies);
    free(split->values);
    *split = (struct split_weights){0};
}

float outlier_splitting_most(const struct split_weights *split)
{
    float most = 0;

    for (size_t channel = 0; channel < channel_count(split); channel++)
        most = fmaxf(most, magnitude(split, channel));
    return most;
}

void outlier_splitting_fold(const struct split_weights *split, const int8_t *codes,
                            int32_t *folded)
{
    const struct split_shape *shape = &split->shape;
    size_t originals = shape->inputs * shape->window;

    memset(folded, 0, shape->outputs * originals * sizeof *folded);
    for (size_t output = 0; output < shape->outputs; output++, folded += originals)
        for (size_t channel = 0; channel < channel_count(split); channel++) {
            int32_t *to = folded + split->roots[channel] * shape->window;

            for (size_t i = 0; i < shape->window; i++)
                to[i] += *codes++;
        }
}

void outlier_splitting_fold_halves(const struct split_weights *split,
                                   const int8_t *codes, int32_t *folded)
{
    const struct split_shape *shape = &split->shape;

    outlier_splitting_fold(split, codes, folded);
    for (size_t output = 0; output < shape->outputs; output++)
        for (size_t channel = 0; channel < shape->inputs; channel++)
            for (size_t i = 0; i < shape->window; i++, folded++)
                *folded = 2 * *folded + (int32_t)split->copies[channel];
}
