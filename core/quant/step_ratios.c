#include "core/quant/step_ratios.h"

#include "core/quant/clip_lp.h"
#include "core/quant/clip_minmax.h"

#include <float.h>

/* ---- which weights share a step ---------------------------------------------------------- */

size_t step_layout_of_row(const struct step_layout *layout)
{
    return (layout->row + layout->block - 1) / layout->block;
}

size_t step_layout_count(const struct step_layout *layout)
{
    return layout->rows * step_layout_of_row(layout);
}

struct step_span step_layout_span(const struct step_layout *layout, size_t step)
{
    size_t of_row = step_layout_of_row(layout), at = step % of_row * layout->block;
    size_t left = layout->row - at;

    return (struct step_span){.first = step / of_row * layout->row + at,
                              .count = left < layout->block ? left : layout->block};
}

size_t step_layout_at(const struct step_layout *layout, size_t weight)
{
    return weight / layout->row * step_layout_of_row(layout) +
           weight % layout->row / layout->block;
}

/* ---- ratios ------------------------------------------------------------------------------- */

/* The step of some weights; 0 where they all are zero, which have none. */
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

static struct span_of_steps span_of(const float *steps, size_t count)
{
    struct span_of_steps span = {FLT_MAX, 0};

    for (size_t i = 0; i < count; i++) {
        if (steps[i] == 0)
            continue;
        span.least = steps[i] < span.least ? steps[i] : span.least;
        span.largest = steps[i] > span.largest ? steps[i] : span.largest;
    }
    return span.largest > 0 ? span : (struct span_of_steps){1, 1};
}

/* A normal number, so that weights can be divided by it. */
static float at_least_normal(float value)
{
    return value > FLT_MIN ? value : FLT_MIN;
}

void step_ratios(const float *weights, const struct step_layout *layout, enum grid grid,
                 int bits, enum ratio_rule rule, float *ratios)
{
    size_t count = step_layout_count(layout);
    struct span_of_steps span;

    for (size_t i = 0; i < count; i++) {
        struct step_span of = step_layout_span(layout, i);

        ratios[i] = step_of(weights + of.first, of.count, grid, bits, rule);
    }
    span = span_of(ratios, count);
    for (size_t i = 0; i < count; i++) {
        float step = ratios[i] > 0 ? ratios[i] : span.least;

        ratios[i] = at_least_normal(step / span.largest);
    }
}

void step_ratios_divide(const float *weights, const struct step_layout *layout,
                        const float *ratios, float *divided)
{
    for (size_t i = 0; i < step_layout_count(layout); i++) {
        struct step_span of = step_layout_span(layout, i);

        for (size_t at = of.first; at < of.first + of.count; at++)
            divided[at] = weights[at] / ratios[i];
    }
}

struct quantizer step_ratios_quantizer(const struct quantizer *of_tensor,
                                       const float *ratios, size_t step)
{
    struct quantizer quantizer = *of_tensor;

    if (ratios)
        quantizer.step = at_least_normal(quantizer.step * ratios[step]);
    return quantizer;
}
