#include "core/quant/channel_ratios.h"

#include "core/quant/clip_lp.h"
#include "core/quant/clip_minmax.h"

#include <float.h>

/* The step of one channel; 0 where it is zero everywhere, which has none. */
static float step_of(const float *weights, size_t count, enum grid grid, int bits,
                     enum ratio_rule rule)
{
    struct distribution distribution;
    struct error no_clip;
    double clip;
    int status;

    distribution = distribution_of_values(weights, count);
    status = rule == RATIO_OF_MINMAX
                 ? clip_minmax(&distribution, &clip, &no_clip)
                 : clip_lp(&distribution, levels_of(grid, bits), 2, &clip, &no_clip);
    distribution_clear(&distribution);
    return status == 0 ? grid_step_of_clip(grid, bits, clip) : 0;
}

/* The least and the largest of those steps that are not 0; 1 where there is none. */
struct span_of_steps {
    float least, largest;
};

static struct span_of_steps span_of(const float *steps, size_t channels)
{
    struct span_of_steps span = {FLT_MAX, 0};

    for (size_t channel = 0; channel < channels; channel++) {
        if (steps[channel] == 0)
            continue;
        span.least = steps[channel] < span.least ? steps[channel] : span.least;
        span.largest = steps[channel] > span.largest ? steps[channel] : span.largest;
    }
    return span.largest > 0 ? span : (struct span_of_steps){1, 1};
}

/* A normal number, so that weights can be divided by it. */
static float at_least_normal(float value)
{
    return value > FLT_MIN ? value : FLT_MIN;
}

void channel_ratios(const float *weights, size_t channels, size_t count, enum grid grid,
                    int bits, enum ratio_rule rule, float *ratios)
{
    struct span_of_steps span;

    for (size_t channel = 0; channel < channels; channel++)
        ratios[channel] = step_of(weights + channel * count, count, grid, bits, rule);
    span = span_of(ratios, channels);
    for (size_t channel = 0; channel < channels; channel++) {
        float step = ratios[channel] > 0 ? ratios[channel] : span.least;

        ratios[channel] = at_least_normal(step / span.largest);
    }
}

void channel_ratios_divide(const float *weights, size_t channels, size_t count,
                           const float *ratios, float *divided)
{
    for (size_t channel = 0; channel < channels; channel++)
        for (size_t i = 0; i < count; i++)
            *divided++ = *weights++ / ratios[channel];
}

struct quantizer channel_quantizer(const struct quantizer *of_tensor,
                                   const float *ratios, size_t channel)
{
    struct quantizer quantizer = *of_tensor;

    if (ratios)
        quantizer.step = at_least_normal(quantizer.step * ratios[channel]);
    return quantizer;
}
