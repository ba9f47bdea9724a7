/* A split layer in integers: against the reference's output, and in its two forms. */
#include "core/base/memory.h"
#include "core/quant/outlier_splitting.h"
#include "tests/support/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CODE_MOST = 127, ACTIVATION_BITS = 8 };

/* A square convolution of samples [count, inputs, size, size]. */
struct geometry {
    int samples, inputs, size, outputs, kernel, stride, pad, out_size;
};

static double number_at(json_t *object, const char *path)
{
    return json_number_value(golden_at(object, path));
}

static float *take_floats(json_t *object, const char *path, size_t *count)
{
    json_t *array = golden_at(object, path);
    size_t most = json_array_size(array);
    double *numbers = memory_get(most * sizeof *numbers);
    float *floats = memory_get(most * sizeof *floats);

    *count = golden_numbers(array, numbers, most);
    for (size_t i = 0; i < *count; i++)
        floats[i] = (float)numbers[i];
    free(numbers);
    return floats;
}

static struct geometry geometry_of(json_t *golden)
{
    double in[4], out[4];

    golden_numbers(golden_at(golden, "eval_shape"), in, 4);
    golden_numbers(golden_at(golden, "expect.out_shape"), out, 4);
    return (struct geometry){
        .samples = (int)in[0],
        .inputs = (int)in[1],
        .size = (int)in[2],
        .outputs = (int)out[1],
        .kernel = (int)number_at(golden, "conv.k"),
        .stride = (int)number_at(golden, "conv.stride"),
        .pad = (int)number_at(golden, "conv.pad"),
        .out_size = (int)out[2],
    };
}

/* A code of the input, 0 beside it. */
static int code_at(const struct geometry *geometry, const int8_t *channel, int y, int x)
{
    if (y < 0 || x < 0 || y >= geometry->size || x >= geometry->size)
        return 0;
    return channel[y * geometry->size + x];
}

static int64_t dot(const struct geometry *geometry, const int8_t *channel,
                   const int32_t *weights, int y, int x)
{
    int64_t sum = 0;

    for (int i = 0; i < geometry->kernel; i++)
        for (int j = 0; j < geometry->kernel; j++)
            sum += *weights++ * code_at(geometry, channel,
                                        y * geometry->stride - geometry->pad + i,
                                        x * geometry->stride - geometry->pad + j);
    return sum;
}

/* sums [samples, outputs, out_size, out_size] with weights [outputs, channels, kernel, kernel],
 * of which channel c sees input channel roots[c]; roots NULL: c. */
static void convolve(const struct geometry *geometry, const int8_t *input,
                     const int32_t *weights, size_t channels, const size_t *roots,
                     int64_t *sums)
{
    size_t window = (size_t)(geometry->kernel * geometry->kernel);
    size_t pixels = (size_t)(geometry->size * geometry->size);

    for (int sample = 0; sample < geometry->samples; sample++)
        for (int output = 0; output < geometry->outputs; output++)
            for (int y = 0; y < geometry->out_size; y++)
                for (int x = 0; x < geometry->out_size; x++, sums++) {
                    *sums = 0;
                    for (size_t c = 0; c < channels; c++)
                        *sums += dot(geometry,
                                     input + ((size_t)(sample * geometry->inputs) +
                                              (roots ? roots[c] : c)) *
                                                 pixels,
                                     weights + ((size_t)output * channels + c) * window,
                                     y, x);
                }
}

/* The reference's output is sums in codes of 8 bits over their largest magnitude, and back. Its
 * float products decide what becomes of sums that lie between two codes. */
static void expect_output(json_t *golden, const int64_t *sums, size_t count,
                          double step)
{
    size_t expected_count;
    float *expected = take_floats(golden, "expect.y", &expected_count);
    double most = 0;

    assert_int_equal(expected_count, count);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)sums[i]));
    for (size_t i = 0; i < count; i++) {
        float code = rintf((float)sums[i] * (float)(CODE_MOST / most));

        assert_float_equal(code, expected[i] / (most / CODE_MOST * step), 1e-3);
    }
    free(expected);
}

/* A split layer's channels and codes, and its original shape. */
struct split_layer {
    struct split_weights split;
    size_t channels;
    int32_t *codes;  /* [outputs, channels, window] */
    int32_t *folded; /* [outputs, inputs, window] */
};

static void split_layer_init(struct split_layer *layer, json_t *golden,
                             const struct geometry *geometry,
                             const struct quantizer *quantizer)
{
    struct split_shape shape = {(size_t)geometry->outputs, (size_t)geometry->inputs,
                                (size_t)(geometry->kernel * geometry->kernel)};
    size_t added =
        outlier_splitting_count(number_at(golden, "expand_ratio"), shape.inputs);
    size_t weight_count, count;
    float *weights = take_floats(golden, "weight", &weight_count);
    int8_t *codes;

    layer->channels = shape.inputs + added;
    count = shape.outputs * layer->channels * shape.window;
    outlier_splitting_init(&layer->split, weights, shape, added, quantizer->step);
    codes = memory_get(count);
    quantizer_codes(quantizer, layer->split.values, count, codes);
    layer->folded = memory_get(weight_count * sizeof *layer->folded);
    outlier_splitting_fold(&layer->split, codes, layer->folded);
    layer->codes = memory_get(count * sizeof *layer->codes);
    for (size_t i = 0; i < count; i++)
        layer->codes[i] = codes[i];
    free(weights);
    free(codes);
}

static void split_layer_clear(struct split_layer *layer)
{
    outlier_splitting_clear(&layer->split);
    free(layer->codes);
    free(layer->folded);
}

static int8_t *input_codes(json_t *golden, float *step)
{
    struct quantizer quantizer = {GRID_MIDTREAD, ACTIVATION_BITS, 0, 0};
    size_t count;
    float *samples = take_floats(golden, "eval_x", &count);
    int8_t *codes = memory_get(count);

    quantizer.step = grid_step_of_clip(quantizer.grid, quantizer.bits,
                                       number_at(golden, "expect.act_clip_max_abs"));
    quantizer_codes(&quantizer, samples, count, codes);
    *step = quantizer.step;
    free(samples);
    return codes;
}

static void expect_channels(const struct split_layer *layer, json_t *golden)
{
    json_t *expected = golden_at(golden, "expect.dup_channels");

    assert_int_equal(json_array_size(expected), layer->split.added);
    for (size_t i = 0; i < layer->split.added; i++)
        assert_int_equal(layer->split.roots[layer->split.shape.inputs + i],
                         json_integer_value(json_array_get(expected, i)));
}

static void expect_layer(json_t *golden)
{
    struct geometry geometry = geometry_of(golden);
    struct quantizer weights = {GRID_MIDTREAD, (int)number_at(golden, "bits_w"),
                                (float)(1 / number_at(golden, "expect.w_scale")), 0};
    size_t count = (size_t)(geometry.samples * geometry.outputs * geometry.out_size *
                            geometry.out_size);
    int64_t *sums = memory_get(count * sizeof *sums);
    int64_t *expanded = memory_get(count * sizeof *expanded);
    struct split_layer layer;
    float input_step;
    int8_t *input = input_codes(golden, &input_step);

    split_layer_init(&layer, golden, &geometry, &weights);
    expect_channels(&layer, golden);
    convolve(&geometry, input, layer.folded, layer.split.shape.inputs, NULL, sums);
    convolve(&geometry, input, layer.codes, layer.channels, layer.split.roots,
             expanded);
    assert_memory_equal(sums, expanded, count * sizeof *sums);
    expect_output(golden, sums, count, (double)weights.step * (double)input_step);
    split_layer_clear(&layer);
    free(input);
    free(sums);
    free(expanded);
}

static void layers_equal_the_reference_folded_and_expanded(void **state)
{
    json_t *golden = golden_open("golden_ocs.json"), *one;
    size_t index;

    (void)state;
    if (!golden)
        skip();
    json_array_foreach(golden_at(golden, "layer_forward_cases"), index, one)
    {
        print_message("layer %zu\n", index);
        expect_layer(one);
    }
    assert_int_equal(index, 4);
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_equal_the_reference_folded_and_expanded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
