/* Float convolutions: every kernel set gives the bits of the definition. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of planes with `padding` zeros on all sides. */
struct shape {
    int channels, height, width, kernel, stride, padding, outputs, samples;
};

static const struct shape shapes[] = {
    {1, 1, 1, 1, 1, 0, 1, 1},     {3, 5, 5, 3, 1, 0, 7, 2},
    {3, 9, 16, 3, 1, 1, 16, 2},   {4, 6, 6, 3, 1, 1, 16, 3},
    {16, 3, 18, 3, 1, 1, 16, 1},  {16, 3, 19, 3, 1, 1, 13, 1},
    {16, 4, 4, 1, 2, 0, 17, 2},   {8, 7, 7, 3, 2, 1, 31, 1},
    {5, 4, 4, 2, 1, 0, 47, 1},    {64, 3, 3, 3, 1, 1, 48, 1},
    {12, 3, 3, 1, 1, 0, 63, 5},   {12, 5, 5, 3, 1, 2, 64, 1},
    {2, 9, 9, 5, 3, 2, 80, 1},    {256, 1, 1, 1, 1, 0, 130, 29},
    {130, 4, 4, 3, 1, 0, 20, 1},  {20, 1, 131, 1, 1, 0, 32, 2},
    {64, 2, 2, 2, 1, 0, 70, 16},  {4, 2, 3, 3, 1, 2, 33, 17},
    {7, 13, 13, 1, 1, 0, 100, 1}, {1000, 1, 1, 1, 1, 0, 1000, 1},
    {8, 2, 4, 3, 1, 3, 20, 2},    {9, 1, 26, 1, 1, 0, 36, 1},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A way to finish the sums. */
struct finish {
    bool is_plain, adds, gives_codes;
    float low, high, step;
    int zero_code;
};

static const struct finish finishes[] = {
    {true, false, false, -INFINITY, INFINITY, 0, 0},
    {false, false, false, 0, INFINITY, 0, 0},
    {false, true, false, -1, 6, 0, 0},
    {false, false, true, 0, 255 * 0.01f, 0.01f, 0},
    {false, true, true, -128 * 0.1f, 127 * 0.1f, 0.1f, 128},
    {true, false, true, -2 * 0.7f, 13 * 0.7f, 0.7f, 2},
};

enum { FINISHES = sizeof finishes / sizeof *finishes, GAP = 5, CANARY = 0x5a };

struct parts {
    struct shape shape;
    int rows, columns;
    float *input, *weights, *packed, *scale, *shift, *residual;
    int32_t *run_offsets;
    struct span *row_runs;
    struct strides outputs;
    size_t elements;
};

static uint64_t seed = 1;

static float random_float(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(seed >> 32) / 2147483648.0f;
}

static float *random_floats(size_t count)
{
    float *floats = memory_aligned(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = random_float();
    return floats;
}

static int width_of(const struct shape *shape)
{
    return shape->width + 2 * shape->padding;
}

static int height_of(const struct shape *shape)
{
    return shape->height + 2 * shape->padding;
}

static int row_of(const struct shape *shape)
{
    return width_of(shape) * shape->channels;
}

static int count_of(const struct shape *shape)
{
    return shape->kernel * shape->kernel * shape->channels;
}

static bool is_padding(const struct shape *shape, int y, int x)
{
    return y < shape->padding || y >= shape->padding + shape->height ||
           x < shape->padding || x >= shape->padding + shape->width;
}

static void clear_padding(const struct shape *shape, float *input)
{
    for (int sample = 0; sample < shape->samples; sample++)
        for (int y = 0; y < height_of(shape); y++)
            for (int x = 0; x < width_of(shape); x++)
                for (int channel = 0; channel < shape->channels; channel++, input++)
                    if (is_padding(shape, y, x))
                        *input = 0;
}

static void make_runs(struct parts *parts)
{
    const struct shape *shape = &parts->shape;

    parts->run_offsets = memory_get((size_t)shape->kernel * sizeof(int32_t));
    for (int run = 0; run < shape->kernel; run++)
        parts->run_offsets[run] = run * row_of(shape);
    parts->row_runs = memory_get((size_t)parts->rows * sizeof *parts->row_runs);
    for (int row = 0; row < parts->rows; row++) {
        struct span *runs = &parts->row_runs[row];

        *runs = (struct span){0, shape->kernel};
        while (runs->first < runs->end &&
               row * shape->stride + runs->first < shape->padding)
            runs->first++;
        while (runs->end > runs->first &&
               row * shape->stride + runs->end - 1 >= shape->padding + shape->height)
            runs->end--;
    }
}

static void pack(struct parts *parts)
{
    const struct shape *shape = &parts->shape;
    int count = count_of(shape);
    size_t packed = conv_f32_packed_count(shape->outputs, count);

    parts->weights = random_floats((size_t)shape->outputs * (size_t)count);
    parts->packed = random_floats(packed);
    for (int channel = 0; channel < shape->outputs; channel++)
        for (int k = 0; k < count; k++)
            parts->packed[conv_f32_at(count, channel, k)] =
                parts->weights[channel * count + k];
}

static struct parts make_parts(const struct shape *shape)
{
    struct parts parts = {.shape = *shape};
    size_t pixels = (size_t)(shape->samples * height_of(shape) * width_of(shape));

    parts.rows = (height_of(shape) - shape->kernel) / shape->stride + 1;
    parts.columns = (width_of(shape) - shape->kernel) / shape->stride + 1;
    parts.outputs.column = shape->outputs + GAP;
    parts.outputs.row = parts.outputs.column * parts.columns + GAP;
    parts.outputs.sample = parts.outputs.row * parts.rows + GAP;
    parts.elements = (size_t)(parts.outputs.sample * shape->samples);
    parts.input = random_floats(pixels * (size_t)shape->channels);
    clear_padding(shape, parts.input);
    make_runs(&parts);
    pack(&parts);
    parts.scale = random_floats((size_t)shape->outputs + CHANNEL_SLACK);
    parts.shift = random_floats((size_t)shape->outputs + CHANNEL_SLACK);
    parts.residual = random_floats(parts.elements + INPUT_SLACK);
    return parts;
}

static void clear_parts(struct parts *parts)
{
    free(parts->input);
    free(parts->weights);
    free(parts->packed);
    free(parts->scale);
    free(parts->shift);
    free(parts->residual);
    free(parts->run_offsets);
    free(parts->row_runs);
}

/* What a kernel is asked for. */
static struct conv_f32 asked(const struct parts *parts, const struct finish *finish,
                             void *out)
{
    const struct shape *shape = &parts->shape;

    return (struct conv_f32){
        .input = parts->input,
        .windows = {.sample = (ptrdiff_t)height_of(shape) * row_of(shape),
                    .row = (ptrdiff_t)shape->stride * row_of(shape),
                    .column = (ptrdiff_t)shape->stride * shape->channels},
        .samples = shape->samples,
        .rows = parts->rows,
        .columns = parts->columns,
        .run_offsets = parts->run_offsets,
        .runs = shape->kernel,
        .run_length = shape->kernel * shape->channels,
        .weights = parts->packed,
        .channels = shape->outputs,
        .epilogue = {.scale = finish->is_plain ? NULL : parts->scale,
                     .shift = finish->is_plain ? NULL : parts->shift,
                     .residual_f32 = finish->adds ? parts->residual : NULL,
                     .residual = parts->outputs,
                     .low = finish->low,
                     .high = finish->high,
                     .step = finish->step,
                     .zero_code = finish->zero_code,
                     .out_f32 = finish->gives_codes ? NULL : out,
                     .out_u8 = finish->gives_codes ? out : NULL,
                     .out = parts->outputs},
    };
}

/* A buffer of canaries, to be freed. */
static void *room_for(const struct parts *parts, const struct finish *finish)
{
    size_t bytes = parts->elements * (finish->gives_codes ? 1 : sizeof(float));

    return memset(memory_aligned(bytes), CANARY, bytes);
}

/* Runs the convolution; what lies between the outputs are canaries. To be freed. */
static void *run(const struct kernel_set *set, const struct parts *parts,
                 const struct finish *finish, bool skips)
{
    void *out = room_for(parts, finish);
    struct conv_f32 conv = asked(parts, finish, out);

    conv.row_runs = skips ? parts->row_runs : NULL;
    set->conv_f32(&conv);
    return out;
}

/* The same of a depthwise one of the first channels, whose weights may be any. */
static void *run_depthwise(const struct kernel_set *set, const struct parts *parts,
                           const struct finish *finish)
{
    const struct shape *shape = &parts->shape;
    void *out = room_for(parts, finish);
    struct conv_f32 conv = asked(parts, finish, out);
    int32_t taps[64];

    for (int tap = 0; tap < shape->kernel * shape->kernel; tap++)
        taps[tap] =
            tap / shape->kernel * row_of(shape) + tap % shape->kernel * shape->channels;
    conv.run_offsets = taps;
    conv.runs = shape->kernel * shape->kernel;
    conv.channels = shape->channels < shape->outputs ? shape->channels : shape->outputs;
    conv.weights = parts->weights;
    set->depthwise_f32(&conv);
    return out;
}

/* One chain of fused multiply-adds, in the order of window rows, columns, channels. */
static float chain(const struct parts *parts, int sample, int row, int column,
                   int channel)
{
    const struct shape *shape = &parts->shape;
    const float *weights = parts->weights + channel * count_of(shape);
    const float *window =
        parts->input +
        ((ptrdiff_t)sample * height_of(shape) + row * shape->stride) * row_of(shape) +
        (ptrdiff_t)column * shape->stride * shape->channels;
    float sum = 0;

    for (int y = 0; y < shape->kernel; y++)
        for (int i = 0; i < shape->kernel * shape->channels; i++)
            sum = fmaf(window[y * row_of(shape) + i], *weights++, sum);
    return sum;
}

static void scalar_is_one_chain_an_output(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct parts parts = make_parts(&shapes[i]);
        float *out = run(kernel_set_named("scalar"), &parts, &finishes[0], true);

        for (int sample = 0; sample < parts.shape.samples; sample++)
            for (int row = 0; row < parts.rows; row++)
                for (int column = 0; column < parts.columns; column++)
                    for (int channel = 0; channel < parts.shape.outputs; channel++) {
                        float expected = chain(&parts, sample, row, column, channel);
                        float found = out[sample * parts.outputs.sample +
                                          row * parts.outputs.row +
                                          column * parts.outputs.column + channel];

                        assert_memory_equal(&expected, &found, sizeof found);
                    }
        free(out);
        clear_parts(&parts);
    }
}

static void compare(const struct kernel_set *set, const struct parts *parts,
                    const struct finish *finish)
{
    size_t bytes = parts->elements * (finish->gives_codes ? 1 : sizeof(float));
    void *expected = run(kernel_set_named("scalar"), parts, finish, false);

    for (int skips = 0; skips < 2; skips++) {
        void *found = run(set, parts, finish, skips);

        assert_memory_equal(expected, found, bytes);
        free(found);
    }
    free(expected);
}

static void depthwise_sums_are_chains_over_the_taps(void **state)
{
    static const struct shape shape = {5, 4, 4, 3, 1, 0, 5, 1};
    struct parts parts = make_parts(&shape);
    float *out = run_depthwise(kernel_set_named("scalar"), &parts, &finishes[0]);

    (void)state;
    for (int channel = 0; channel < shape.channels; channel++) {
        float sum = 0;

        for (int tap = 0; tap < 9; tap++)
            sum = fmaf(parts.input[tap / 3 * row_of(&shape) + tap % 3 * shape.channels +
                                   channel],
                       parts.weights[tap * shape.channels + channel], sum);
        assert_memory_equal(&sum, &out[channel], sizeof sum);
    }
    free(out);
    clear_parts(&parts);
}

static void every_set_is_depthwise_bit_for_bit(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 36; channels++) {
        struct shape shape = {channels,         5, 3 + channels % 15, 3,
                              1 + channels % 2, 1, channels,          2};
        struct parts parts = make_parts(&shape);

        for (const struct kernel_set *set = kernel_sets; set->name; set++)
            for (int j = 0; set->runs_here() && j < FINISHES; j++) {
                size_t each = finishes[j].gives_codes ? 1 : sizeof(float);
                void *expected =
                    run_depthwise(kernel_set_named("scalar"), &parts, &finishes[j]);
                void *found = run_depthwise(set, &parts, &finishes[j]);

                assert_memory_equal(expected, found, parts.elements * each);
                free(expected);
                free(found);
            }
        clear_parts(&parts);
    }
}

static void every_set_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct parts parts = make_parts(&shapes[i]);

        for (const struct kernel_set *set = kernel_sets; set->name; set++)
            for (int j = 0; set->runs_here() && j < FINISHES; j++)
                compare(set, &parts, &finishes[j]);
        clear_parts(&parts);
    }
}

static void every_width_and_depth_of_tiles_is_covered(void **state)
{
    (void)state;
    for (int columns = 1; columns <= 34; columns++)
        for (int panels = 1; panels <= 9; panels += columns % 2 + 1) {
            struct shape shape = {3,
                                  3,
                                  columns + 2,
                                  3,
                                  1,
                                  1,
                                  panels * PANEL - columns % 3,
                                  1 + columns % 2};
            struct parts parts = make_parts(&shape);

            for (const struct kernel_set *set = kernel_sets; set->name; set++)
                if (set->runs_here())
                    compare(set, &parts, &finishes[columns % FINISHES]);
            clear_parts(&parts);
        }
}

/* Sums that a block of other samples stands beside have the same bits. */
static void a_sample_does_not_depend_on_its_block(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct parts parts = make_parts(&shapes[i]);
        float *all = run(kernel_set_best(), &parts, &finishes[1], true);
        float *one;
        size_t first;

        parts.shape.samples = 1;
        first = (size_t)(parts.outputs.sample - GAP);
        one = run(kernel_set_best(), &parts, &finishes[1], true);
        assert_memory_equal(all, one, first * sizeof *one);
        free(all);
        free(one);
        clear_parts(&parts);
    }
}

static void numbers_that_no_float_holds_are_the_same_everywhere(void **state)
{
    static const float numbers[] = {INFINITY, -INFINITY, NAN, FLT_MAX, -FLT_MAX};
    static const struct shape shape = {3, 4, 4, 3, 1, 0, 21, 2};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct parts parts = make_parts(&shape);

        for (int at = 0; at < 6; at++)
            parts.input[16 * at] = numbers[i];
        for (const struct kernel_set *set = kernel_sets; set->name; set++)
            for (int j = 1; set->runs_here() && j < FINISHES; j++)
                if (isfinite(finishes[j].low))
                    compare(set, &parts, &finishes[j]);
        clear_parts(&parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_is_one_chain_an_output),
        cmocka_unit_test(depthwise_sums_are_chains_over_the_taps),
        cmocka_unit_test(every_set_is_depthwise_bit_for_bit),
        cmocka_unit_test(every_set_equals_scalar_bit_for_bit),
        cmocka_unit_test(every_width_and_depth_of_tiles_is_covered),
        cmocka_unit_test(a_sample_does_not_depend_on_its_block),
        cmocka_unit_test(numbers_that_no_float_holds_are_the_same_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
