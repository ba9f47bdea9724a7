/* Every kernel set against the scalar definition, on shapes at, below and above tile edges. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"
#include "core/kernel/kernel_variants.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t random_bits(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

static float random_float(float low, float high)
{
    return low + (high - low) * (float)random_bits() / 2147483648.0f;
}

static float *random_floats(size_t count, float low, float high)
{
    float *floats = memory_get(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = random_float(low, high);
    return floats;
}

static void *random_bytes(size_t count)
{
    uint8_t *bytes = memory_aligned(count + INPUT_SLACK);

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_bits();
    return bytes;
}

/* A convolution of a square plane; everything that it reads is random, and extreme codes are
 * frequent enough to overflow 16-bit sums. */
struct shape {
    int channels, size, kernel, outputs, samples;
};

static const struct shape shapes[] = {
    {1, 1, 1, 1, 1},    {3, 5, 3, 7, 2},   {4, 6, 3, 16, 1},  {16, 6, 3, 16, 3},
    {16, 4, 1, 17, 2},  {8, 7, 3, 31, 1},  {8, 7, 3, 32, 2},  {8, 5, 3, 33, 1},
    {5, 4, 2, 47, 1},   {64, 3, 3, 48, 1}, {12, 3, 1, 63, 5}, {12, 5, 3, 64, 1},
    {9, 3, 3, 65, 2},   {2, 9, 5, 80, 1},  {6, 4, 3, 96, 1},  {256, 1, 1, 130, 29},
    {130, 4, 3, 20, 1},
};

enum residual_kind { RESIDUAL_NONE, RESIDUAL_F32, RESIDUAL_U8 };

/* A way to finish the sums. */
struct finish {
    bool corrects, to_u8;
    enum residual_kind residual;
    float low, high;
    int zero_code;
};

static const struct finish finishes[] = {
    {false, false, RESIDUAL_NONE, -INFINITY, INFINITY, 0},
    {true, false, RESIDUAL_F32, 0, INFINITY, 0},
    {true, true, RESIDUAL_U8, 0, 15, 0},
    {false, true, RESIDUAL_F32, 0, 255, 0},
    {true, true, RESIDUAL_NONE, -128, 127, 128},
    {false, true, RESIDUAL_U8, -2, 1, 2},
};

/* Memory of one test case. */
struct parts {
    uint8_t *input;
    int8_t *codes, *packed;
    int32_t *pixel_offsets, *run_offsets, *window_sums;
    float *scale, *shift, *correction, *residual_f32;
    uint8_t *residual_u8;
    size_t rows, outputs;
};

static void set_offsets(struct parts *parts, const struct shape *shape, int out)
{
    int row = shape->size * shape->channels;

    parts->pixel_offsets = memory_get((size_t)(out * out) * sizeof(int32_t));
    for (int pixel = 0; pixel < out * out; pixel++)
        parts->pixel_offsets[pixel] = pixel / out * row + pixel % out * shape->channels;
    parts->run_offsets = memory_get((size_t)shape->kernel * sizeof(int32_t));
    for (int run = 0; run < shape->kernel; run++)
        parts->run_offsets[run] = run * row;
}

static void make_epilogue(struct parts *parts, const struct shape *shape)
{
    size_t channels = (size_t)shape->outputs;

    parts->scale = random_floats(channels, -1e-3f, 1e-3f);
    parts->shift = random_floats(channels, -4, 8);
    parts->correction = random_floats(channels, -1e-3f, 1e-3f);
    parts->residual_f32 = random_floats(parts->outputs, -8, 8);
    parts->residual_u8 = random_bytes(parts->outputs);
    parts->window_sums = memory_get(parts->rows * sizeof(int32_t));
    for (size_t row = 0; row < parts->rows; row++)
        parts->window_sums[row] = (int32_t)(random_bits() % 60000);
}

static struct conv_u8s8 make_conv(struct parts *parts, const struct shape *shape)
{
    int out = shape->size - shape->kernel + 1;
    int run_length = shape->kernel * shape->channels;
    int run_bytes = (run_length + QUAD - 1) / QUAD * QUAD;
    size_t plane = (size_t)(shape->size * shape->size * shape->channels);

    parts->rows = (size_t)(shape->samples * out * out);
    parts->outputs = parts->rows * (size_t)shape->outputs;
    parts->input = random_bytes(plane * (size_t)shape->samples);
    parts->codes = random_bytes((size_t)(shape->outputs * shape->kernel * run_length));
    parts->packed = memory_aligned(
        conv_u8s8_packed_bytes(shape->outputs, shape->kernel, run_bytes));
    conv_u8s8_pack(parts->codes, shape->outputs, shape->kernel, run_length, run_bytes,
                   parts->packed);
    set_offsets(parts, shape, out);
    make_epilogue(parts, shape);
    return (struct conv_u8s8){
        .input = parts->input,
        .sample_bytes = plane,
        .samples = shape->samples,
        .pixel_offsets = parts->pixel_offsets,
        .pixels = out * out,
        .run_offsets = parts->run_offsets,
        .runs = shape->kernel,
        .run_bytes = run_bytes,
        .weights = parts->packed,
        .channels = shape->outputs,
    };
}

static struct epilogue finish_of(const struct parts *parts, const struct finish *finish,
                                 size_t stride, void *out)
{
    return (struct epilogue){
        .scale = parts->scale,
        .shift = parts->shift,
        .correction = finish->corrects ? parts->correction : NULL,
        .window_sums = parts->window_sums,
        .residual_f32 = finish->residual == RESIDUAL_F32 ? parts->residual_f32 : NULL,
        .residual_u8 = finish->residual == RESIDUAL_U8 ? parts->residual_u8 : NULL,
        .residual_scale = 0.37f,
        .low = finish->low,
        .high = finish->high,
        .zero_code = finish->zero_code,
        .out_u8 = finish->to_u8 ? out : NULL,
        .out_f32 = finish->to_u8 ? NULL : out,
        .stride = stride,
    };
}

static void clear(struct parts *parts)
{
    free(parts->input);
    free(parts->codes);
    free(parts->packed);
    free(parts->pixel_offsets);
    free(parts->run_offsets);
    free(parts->window_sums);
    free(parts->scale);
    free(parts->shift);
    free(parts->correction);
    free(parts->residual_f32);
    free(parts->residual_u8);
}

/* The plain sum for one output, from the unpacked codes. */
static int32_t plain_sum(const struct parts *parts, const struct shape *shape,
                         size_t row, int channel)
{
    int out = shape->size - shape->kernel + 1;
    int run_length = shape->kernel * shape->channels;
    size_t plane = (size_t)(shape->size * shape->size * shape->channels);
    const uint8_t *window = parts->input + row / (size_t)(out * out) * plane +
                            parts->pixel_offsets[row % (size_t)(out * out)];
    const int8_t *code = parts->codes + channel * shape->kernel * run_length;
    int32_t sum = 0;

    for (int run = 0; run < shape->kernel; run++)
        for (int i = 0; i < run_length; i++)
            sum += window[parts->run_offsets[run] + i] * *code++;
    return sum;
}

static void scalar_is_the_plain_sum(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct parts parts;
        struct conv_u8s8 conv = make_conv(&parts, &shapes[i]);
        float *out = memory_get(parts.outputs * sizeof *out);
        float one = 1, zero = 0;

        conv.epilogue = finish_of(&parts, &finishes[0], (size_t)shapes[i].outputs, out);
        for (int channel = 0; channel < shapes[i].outputs; channel++) {
            parts.scale[channel] = one;
            parts.shift[channel] = zero;
        }
        conv_u8s8_scalar(&conv);
        for (size_t at = 0; at < parts.outputs; at++)
            assert_true(out[at] ==
                        (float)plain_sum(&parts, &shapes[i],
                                         at / (size_t)shapes[i].outputs,
                                         (int)(at % (size_t)shapes[i].outputs)));
        free(out);
        clear(&parts);
    }
}

/* One shape and one way to finish, against the definition. */
static void compare(const struct kernel_set *set, const struct shape *shape,
                    const struct finish *finish)
{
    struct parts parts;
    struct conv_u8s8 conv = make_conv(&parts, shape);
    size_t element = finish->to_u8 ? 1 : sizeof(float);
    size_t bytes = parts.outputs * element;
    uint8_t *expected = memory_zeroed(1, bytes), *found = memory_zeroed(1, bytes);

    conv.epilogue = finish_of(&parts, finish, (size_t)shape->outputs, expected);
    conv_u8s8_scalar(&conv);
    conv.epilogue = finish_of(&parts, finish, (size_t)shape->outputs, found);
    set->conv_u8s8(&conv);
    assert_memory_equal(expected, found, bytes);
    free(expected);
    free(found);
    clear(&parts);
}

static void every_set_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        if (!set->runs_here()) {
            print_message("skipped: %s does not run on this machine\n", set->name);
            continue;
        }
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (size_t j = 0; j < sizeof finishes / sizeof *finishes; j++)
                compare(set, &shapes[i], &finishes[j]);
    }
}

/* A depthwise convolution with the offsets of the dense one; its taps are single bytes. */
static void compare_depthwise(const struct kernel_set *set, int channels,
                              const struct finish *finish)
{
    struct shape shape = {channels, 6, 3, channels, 2};
    struct parts parts;
    struct conv_u8s8 conv = make_conv(&parts, &shape);
    size_t bytes = parts.outputs * (finish->to_u8 ? 1 : sizeof(float));
    uint8_t *expected = memory_zeroed(1, bytes), *found = memory_zeroed(1, bytes);
    int32_t taps[9];
    struct depthwise_u8s8 depthwise = {.input = conv.input,
                                       .sample_bytes = conv.sample_bytes,
                                       .samples = conv.samples,
                                       .pixel_offsets = conv.pixel_offsets,
                                       .pixels = conv.pixels,
                                       .tap_offsets = taps,
                                       .taps = 9,
                                       .weights = parts.codes,
                                       .channels = channels};

    for (int tap = 0; tap < 9; tap++)
        taps[tap] = (tap / 3 * shape.size + tap % 3) * channels;
    depthwise.epilogue = finish_of(&parts, finish, (size_t)channels, expected);
    depthwise_u8s8_scalar(&depthwise);
    depthwise.epilogue = finish_of(&parts, finish, (size_t)channels, found);
    set->depthwise_u8s8(&depthwise);
    assert_memory_equal(expected, found, bytes);
    free(expected);
    free(found);
    clear(&parts);
}

static void every_depthwise_equals_scalar_bit_for_bit(void **state)
{
    static const int channels[] = {1, 3, 7, 8, 9, 15, 16, 17, 24, 33, 96};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < sizeof channels / sizeof *channels;
             i++)
            for (size_t j = 0; j < sizeof finishes / sizeof *finishes; j++)
                compare_depthwise(set, channels[i], &finishes[j]);
}

/* An epilogue that overflows: infinities and NaN must not differ between the sets either. */
static void overflowing_epilogues_are_equal_too(void **state)
{
    static const struct finish finish = {true, true, RESIDUAL_F32, -8, 7, 8};
    struct shape shape = {8, 3, 1, 19, 1};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        struct parts parts;
        struct conv_u8s8 conv;
        uint8_t expected[19 * 9] = {0}, found[19 * 9] = {0};

        if (!set->runs_here())
            continue;
        conv = make_conv(&parts, &shape);
        for (int channel = 0; channel < 19; channel++) {
            parts.scale[channel] = channel % 3 ? INFINITY : -3e38f;
            parts.correction[channel] = channel % 2 ? -INFINITY : 3e38f;
        }
        conv.epilogue = finish_of(&parts, &finish, 19, expected);
        conv_u8s8_scalar(&conv);
        conv.epilogue = finish_of(&parts, &finish, 19, found);
        set->conv_u8s8(&conv);
        assert_memory_equal(expected, found, sizeof expected);
        clear(&parts);
    }
}

static void sets_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(kernel_set_named("scalar")->name, "scalar");
    assert_ptr_equal(kernel_set_named("auto"), kernel_set_best());
    assert_null(kernel_set_named("mmx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_is_the_plain_sum),
        cmocka_unit_test(every_set_equals_scalar_bit_for_bit),
        cmocka_unit_test(every_depthwise_equals_scalar_bit_for_bit),
        cmocka_unit_test(overflowing_epilogues_are_equal_too),
        cmocka_unit_test(sets_are_found_by_name),
    };

    seed = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
