#include "core/layer/split_check.h"

#include "core/base/memory.h"
#include "core/layer/conv_integer.h"
#include "core/layer/split_layer.h"
#include "core/quant/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- inputs ------------------------------------------------------------------------------- */

/* The input as codes: as it is, or rounded; `room` is to be freed. */
static struct value as_codes(const struct value *input, int samples, void **room)
{
    size_t count = (size_t)samples * plane_inner_count(input->plane);
    struct quantizer quantizer = {.grid = GRID_MIDTREAD, .bits = BITS_MOST};
    struct value codes = {.plane = input->plane};
    struct range range = range_empty();

    if (value_is_codes(input)) {
        *room = NULL;
        return *input;
    }
    range_add(&range, input->data, count);
    quantizer.step =
        grid_step_of_clip(quantizer.grid, quantizer.bits, range_magnitude(range));
    codes.data = *room =
        memory_aligned(value_code_bytes(input->plane, samples) + INPUT_SLACK);
    value_from_floats(input->data, samples, &quantizer, &codes);
    return codes;
}

/* The planes with the channels of all copies, borders too. `data` is to be freed. */
static struct value repeat_channels(const struct value *codes, int samples,
                                    const struct split_weights *split,
                                    struct plane *plane)
{
    const struct plane *from = codes->plane;
    size_t inputs = split->shape.inputs, added = split->added;
    size_t pixels = (size_t)(from->top + from->height + from->bottom) *
                    (size_t)(from->left + from->width + from->right);
    struct value wide = *codes;
    uint8_t *to;

    *plane = *from;
    plane->channels = (int)(inputs + added);
    wide.plane = plane;
    wide.data = memory_aligned(value_code_bytes(plane, samples) + INPUT_SLACK);
    for (int sample = 0; sample < samples; sample++) {
        const uint8_t *pixel =
            (const uint8_t *)codes->data + (size_t)sample * plane_count(from);

        to = (uint8_t *)wide.data + (size_t)sample * plane_count(plane);
        for (size_t i = 0; i < pixels; i++, pixel += inputs) {
            memcpy(to, pixel, inputs);
            to += inputs;
            for (size_t copy = 0; copy < added; copy++)
                *to++ = pixel[split->roots[inputs + copy]];
        }
    }
    return wide;
}

/* ---- the widened layer -------------------------------------------------------------------- */

/* The values of all codes, [outputs, window, inputs + added], to be freed. */
static float *wide_weights(const struct split_weights *split,
                           const struct quantizer *quantizer)
{
    const struct split_shape *shape = &split->shape;
    size_t channels = shape->inputs + split->added;
    size_t count = channels * shape->window;
    float *weights = memory_get(shape->outputs * count * sizeof *weights),
          *to = weights;

    for (size_t output = 0; output < shape->outputs; output++)
        for (size_t tap = 0; tap < shape->window; tap++)
            for (size_t channel = 0; channel < channels; channel++) {
                float value =
                    split->values[output * count + channel * shape->window + tap];

                *to++ = quantizer_value(quantizer, quantizer_code(quantizer, value));
            }
    return weights;
}

static struct conv_sums make_sums(const struct conv_run *run, int samples)
{
    size_t products = conv_integer_products(run, samples) + PANEL;
    size_t pixels = (size_t)samples * conv_plan_pixels(&run->plan);

    return (struct conv_sums){memory_aligned(products * sizeof(int32_t)),
                              memory_aligned(pixels * sizeof(float))};
}

static void clear_sums(struct conv_sums *sums)
{
    free(sums->products);
    free(sums->window_sums);
}

/* The sums of the widened layer; `are_alike` out: its codes are of the same kind as folded ones. */
static struct conv_sums multiply_wide(const struct conv_run *folded,
                                      const struct split_weights *split,
                                      const struct quantizer *quantizer,
                                      const struct value *input, int samples,
                                      bool *are_alike)
{
    struct layer layer = *folded->layer;
    struct weights weights = *layer.weights;
    struct conv_sums sums;
    struct scratch scratch;
    struct conv_run run;

    weights.inputs = (int)(split->shape.inputs + split->added);
    weights.values = wide_weights(split, quantizer);
    weights.steps = weights.corrections = NULL;
    layer.weights = &weights;
    conv_run_init(&run, folded->kernels, &layer, input->plane,
                  &(struct weight_rules){0});
    sums = make_sums(&run, samples);
    scratch = conv_run_scratch(&run, samples);
    conv_integer_multiply(&run, quantizer, input, samples, &sums, &scratch);
    *are_alike = conv_weights_offset(&run.weights) == 0;
    conv_scratch_clear(&scratch);
    conv_run_clear(&run);
    free(weights.values);
    return sums;
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* Folded codes of midrise are odd; those of 8 bits are not, and folded ones are sums of 2*code + 1. */
static int compare(const struct layer *layer, const struct conv_sums *folded,
                   const struct conv_sums *wide, size_t pixels, bool are_alike,
                   struct error *err)
{
    size_t channels = (size_t)layer->weights->outputs;

    for (size_t i = 0; i < pixels * channels; i++) {
        long long expected = wide->products[i];

        if (!are_alike)
            expected = 2 * expected + (long long)wide->window_sums[i / channels];
        if (folded->products[i] != expected)
            return error_set(err, EXIT_INTERNAL,
                             "layer %s: the folded codes of its split channels sum up "
                             "to %d for output %zu, the channels themselves to %lld; "
                             "this is an error in calq, please report it",
                             layer->name, folded->products[i], i, expected);
    }
    return 0;
}

int split_check(struct conv_run *run, const struct quantizer *weights,
                const struct value *input, int samples, const struct scratch *scratch,
                struct error *err)
{
    struct conv_sums folded = make_sums(run, samples), wide;
    struct split_weights split;
    struct value codes, repeated;
    struct plane plane;
    bool are_alike;
    void *room;
    int status;

    split_layer_init(&split, run->layer->weights, &run->weights.rules,
                     split_layer_step(&run->weights.rules, weights));
    codes = as_codes(input, samples, &room);
    repeated = repeat_channels(&codes, samples, &split, &plane);
    conv_integer_multiply(run, weights, &codes, samples, &folded, scratch);
    wide = multiply_wide(run, &split, weights, &repeated, samples, &are_alike);
    status = compare(run->layer, &folded, &wide,
                     (size_t)samples * conv_plan_pixels(&run->plan), are_alike, err);
    outlier_splitting_clear(&split);
    clear_sums(&folded);
    clear_sums(&wide);
    free(repeated.data);
    free(room);
    return status;
}
