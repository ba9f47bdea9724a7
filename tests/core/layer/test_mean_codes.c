#include "core/layer/mean_codes.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SAMPLES = 3 };

static const struct plane inputs[] = {{.height = 1, .width = 1, .channels = 5},
                                      {.height = 7, .width = 7, .channels = 19},
                                      {4, 5, 3, 1, 2, 3, 4, 0}};

static const struct rounded {
    struct quantizer input, output;
    float low, high;
} rounds[] = {
    {{GRID_UNSIGNED, 8, 0.03f, 0}, {GRID_UNSIGNED, 8, 0.02f, 0}, -INFINITY, INFINITY},
    {{GRID_MIDTREAD, 8, 0.03f, 0}, {GRID_MIDTREAD, 8, 0.007f, 0}, -INFINITY, INFINITY},
    {{GRID_MIDTREAD, 8, 0.03f, 0}, {GRID_UNSIGNED, 8, 0.001f, 0}, 0, 0.2f},
    {{GRID_UNSIGNED, 8, 2, 0}, {GRID_MIDTREAD, 8, 1, 0}, -INFINITY, INFINITY},
    {{GRID_ASYMMETRIC, 8, 0.03f, 31},
     {GRID_ASYMMETRIC, 8, 0.02f, 222},
     -INFINITY,
     INFINITY},
    {{GRID_ASYMMETRIC, 8, 0.03f, 255}, {GRID_ASYMMETRIC, 8, 0.02f, 1}, -0.3f, 2},
};

static struct value make_codes(const struct plane *plane, const struct quantizer *like)
{
    struct value value = {.data = memory_get(value_code_bytes(plane, SAMPLES)),
                          .plane = plane};
    size_t count = (size_t)plane->width * (size_t)plane->channels;
    unsigned seed = 7;

    value_become_codes(&value, SAMPLES, like);
    for (size_t row = 0; row < SAMPLES * (size_t)plane->height; row++)
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            value_row(&value, row)[i] = (uint8_t)(seed >> 24);
        }
    return value;
}

/* As mean_codes.h has it. */
static int defined_code(const struct rounded *rounded, const struct value *input,
                        int sample, int channel)
{
    const struct plane *plane = input->plane;
    int pixels = plane->height * plane->width, zero = value_zero_code(&rounded->output);
    int sum = -pixels * value_zero_code(&rounded->input);
    float step = rounded->output.step, v;

    for (int row = 0; row < plane->height; row++)
        for (int column = 0; column < plane->width; column++)
            sum += value_row(input, (size_t)(sample * plane->height +
                                             row))[column * plane->channels + channel];
    v = (float)sum * (rounded->input.step / (step * (float)pixels));
    v = rintf(fminf(fmaxf(v, rounded->low / step), rounded->high / step));
    return (int)fminf(fmaxf(v + (float)zero, 0), 255);
}

/* As mean_codes_by_bias() is defined. */
static int defined_by_bias(const struct rounded *rounded, const struct value *input,
                           int sample, int channel)
{
    const struct plane *plane = input->plane;
    int pixels = plane->height * plane->width, sum = 0;
    int zero = value_zero_code(&rounded->output) - 128;
    float step = rounded->output.step, ratio = rounded->input.step / step;
    float scale = ratio * (1 / (float)pixels), bias, v;

    for (int row = 0; row < plane->height; row++)
        for (int column = 0; column < plane->width; column++)
            sum += value_row(input, (size_t)(sample * plane->height +
                                             row))[column * plane->channels + channel] -
                   128;
    bias = (float)zero - (float)(value_zero_code(&rounded->input) - 128) * ratio;
    v = (float)sum * scale + bias;
    v = fminf(fmaxf(v, rounded->low / step + (float)zero),
              rounded->high / step + (float)zero);
    return (int)fminf(fmaxf(rintf(v) + 128, 0), 255);
}

static const struct order {
    void (*find)(const struct layer *layer, const struct value *input, int samples,
                 const struct quantizer *quantizer, struct value *output,
                 int32_t *sums);
    int (*defined)(const struct rounded *rounded, const struct value *input, int sample,
                   int channel);
} orders[] = {{mean_codes, defined_code}, {mean_codes_by_bias, defined_by_bias}};

static void check_means(const struct order *order, const struct plane *plane,
                        const struct rounded *rounded)
{
    const struct plane one_pixel = {
        .height = 1, .width = 1, .channels = plane->channels};
    struct value input = make_codes(plane, &rounded->input);
    struct value output = make_codes(&one_pixel, &rounded->output);
    struct layer layer = {
        .kind = LAYER_AVERAGE_POOL, .low = rounded->low, .high = rounded->high};
    int32_t *sums = memory_get((size_t)plane->channels * sizeof *sums);

    order->find(&layer, &input, SAMPLES, &rounded->output, &output, sums);
    for (int sample = 0; sample < SAMPLES; sample++)
        for (int channel = 0; channel < plane->channels; channel++)
            assert_int_equal(value_row(&output, (size_t)sample)[channel],
                             order->defined(rounded, &input, sample, channel));
    free(sums);
    free(input.data);
    free(output.data);
}

static void means_of_all_pixels_are_rounded_as_defined(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(inputs); i++)
        for (size_t j = 0; j < COUNT(rounds); j++)
            for (size_t k = 0; k < COUNT(orders); k++)
                check_means(&orders[k], &inputs[i], &rounds[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_of_all_pixels_are_rounded_as_defined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
