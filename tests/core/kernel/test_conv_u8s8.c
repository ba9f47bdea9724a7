/* Every kernel set against the scalar definition, on shapes at, below and above tile edges. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"
#include "core/kernel/winograd.h"

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

/* A convolution of a plane; everything that it reads is random, and extreme codes are frequent
 * enough to overflow 16-bit sums. On all sides the plane has `padding` zeros. */
struct shape {
    int channels, height, width, kernel, stride, padding, outputs, samples;
};

static const struct shape shapes[] = {
    {1, 1, 1, 1, 1, 0, 1, 1},      {3, 5, 5, 3, 1, 0, 7, 2},
    {4, 6, 6, 3, 1, 1, 16, 1},     {16, 6, 6, 3, 1, 1, 16, 3},
    {16, 3, 18, 3, 1, 1, 16, 1},   {16, 3, 19, 3, 1, 1, 13, 1},
    {32, 2, 36, 3, 1, 1, 16, 2},   {16, 4, 4, 1, 2, 0, 17, 2},
    {8, 7, 7, 3, 2, 1, 31, 1},     {8, 7, 7, 3, 1, 0, 32, 2},
    {8, 5, 5, 3, 1, 1, 33, 1},     {5, 4, 4, 2, 1, 0, 47, 1},
    {64, 3, 3, 3, 1, 1, 48, 1},    {12, 3, 3, 1, 1, 0, 63, 5},
    {12, 5, 5, 3, 1, 2, 64, 1},    {9, 3, 3, 3, 1, 0, 65, 2},
    {2, 9, 9, 5, 3, 2, 80, 1},     {6, 4, 4, 3, 1, 1, 96, 1},
    {256, 1, 1, 1, 1, 0, 130, 29}, {130, 4, 4, 3, 1, 0, 20, 1},
    {4, 3, 16, 3, 1, 1, 24, 1},    {4, 3, 17, 3, 1, 1, 40, 1},
    {8, 2, 30, 1, 1, 0, 32, 3},    {8, 3, 9, 3, 1, 0, 64, 1},
    {20, 1, 131, 1, 1, 0, 32, 2},  {64, 2, 2, 2, 1, 0, 70, 16},
    {8, 3, 4, 3, 1, 1, 64, 15},    {8, 5, 5, 5, 2, 2, 20, 9},
    {4, 2, 3, 3, 1, 2, 33, 17},    {12, 4, 2, 3, 2, 1, 16, 31},
};

enum residual_kind { RESIDUAL_NONE, RESIDUAL_F32, RESIDUAL_U8 };
enum out_kind { OUT_F32, OUT_U8, OUT_S32 };

/* A way to finish the sums. */
struct finish {
    bool corrects;
    enum out_kind out;
    enum residual_kind residual;
    float low, high;
    int zero_code;
    bool is_tame;
};

static const struct finish finishes[] = {
    {false, OUT_F32, RESIDUAL_NONE, -INFINITY, INFINITY, 0, true},
    {true, OUT_F32, RESIDUAL_F32, 0, INFINITY, 0, false},
    {true, OUT_U8, RESIDUAL_U8, 0, 15, 0, true},
    {true, OUT_U8, RESIDUAL_U8, 0, 15, 0, false},
    {false, OUT_U8, RESIDUAL_F32, 0, 255, 0, true},
    {false, OUT_U8, RESIDUAL_NONE, 0, 255, 0, true},
    {true, OUT_U8, RESIDUAL_NONE, -128, 127, 128, true},
    {false, OUT_U8, RESIDUAL_U8, -2, 1, 2, true},
    {false, OUT_U8, RESIDUAL_NONE, -1.5f, 6.25f, 8, true},
    {false, OUT_S32, RESIDUAL_NONE, 0, 0, 0, true},
};

static int out_rows(const struct shape *shape)
{
    return (shape->height + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

static int out_columns(const struct shape *shape)
{
    return (shape->width + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

/* Memory of one test case. */
struct parts {
    const struct shape *shape;
    int weight_most;
    uint8_t *input, *transformed;
    int8_t *codes, *packed;
    int32_t *run_offsets;
    struct span *row_runs, *column_bytes; /* column_bytes: or NULL */
    float *scale, *shift, *correction, *residual_f32, *window_sums;
    uint8_t *residual_u8;
    size_t rows, elements;  /* output pixels; elements between first and last output */
    struct strides outputs; /* with gaps, so that canaries can stand in them */
};

static ptrdiff_t input_row(const struct shape *shape)
{
    return (ptrdiff_t)(shape->width + 2 * shape->padding) * shape->channels;
}

static bool is_padding(const struct shape *shape, int y, int x)
{
    return y < shape->padding || y >= shape->padding + shape->height ||
           x < shape->padding || x >= shape->padding + shape->width;
}

static void make_input(struct parts *parts)
{
    const struct shape *shape = parts->shape;
    int height = shape->height + 2 * shape->padding;
    int width = shape->width + 2 * shape->padding;
    uint8_t *pixel;

    pixel = parts->input = random_bytes((size_t)(shape->samples * height * width) *
                                        (size_t)shape->channels);
    for (int sample = 0; sample < shape->samples; sample++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, pixel += shape->channels)
                if (is_padding(shape, y, x))
                    memset(pixel, 0, (size_t)shape->channels);
}

/* The taps of an output row or column that are no padding. */
static struct span taps_of(const struct shape *shape, int at, int size)
{
    int first = shape->padding - at * shape->stride;
    int end = shape->padding + size - at * shape->stride;

    end = end < shape->kernel ? end : shape->kernel;
    first = first < 0 ? 0 : first;
    return (struct span){first < end ? first : end, end};
}

static void make_runs(struct parts *parts)
{
    const struct shape *shape = parts->shape;
    int rows = out_rows(shape), columns = out_columns(shape);

    parts->run_offsets = memory_get((size_t)shape->kernel * sizeof(int32_t));
    for (int run = 0; run < shape->kernel; run++)
        parts->run_offsets[run] = (int32_t)(run * input_row(shape));
    parts->row_runs = memory_get((size_t)rows * sizeof *parts->row_runs);
    for (int row = 0; row < rows; row++)
        parts->row_runs[row] = taps_of(shape, row, shape->height);
    if (shape->channels % QUAD != 0)
        return;
    parts->column_bytes = memory_get((size_t)columns * sizeof *parts->column_bytes);
    for (int column = 0; column < columns; column++) {
        struct span taps = taps_of(shape, column, shape->width);

        parts->column_bytes[column] =
            (struct span){taps.first * shape->channels, taps.end * shape->channels};
    }
}

static void make_weights(struct parts *parts, int weight_most)
{
    const struct shape *shape = parts->shape;
    size_t count =
        (size_t)(shape->outputs * shape->kernel * shape->kernel * shape->channels);

    parts->weight_most = weight_most;
    parts->codes = random_bytes(count);
    for (size_t i = 0; i < count; i++) {
        int code = parts->codes[i];
        int most = weight_most;

        if (random_bits() % 4 == 0)
            code = code < 0 ? -most : most - (most == 128);
        parts->codes[i] = (int8_t)(code < -most                  ? -most
                                   : code > most - (most == 128) ? most - 1
                                                                 : code);
    }
}

static int run_bytes_of(const struct shape *shape)
{
    return (shape->kernel * shape->channels + QUAD - 1) / QUAD * QUAD;
}

static void pack_for(struct parts *parts, const struct kernel_set *set)
{
    const struct shape *shape = parts->shape;

    free(parts->packed);
    parts->packed = memory_aligned(conv_u8s8_packed_bytes(
        set, parts->weight_most, shape->outputs, shape->kernel, run_bytes_of(shape)));
    conv_u8s8_pack(set, parts->weight_most, parts->codes, shape->outputs, shape->kernel,
                   shape->kernel * shape->channels, run_bytes_of(shape), parts->packed);
}

static void make_epilogue(struct parts *parts)
{
    const struct shape *shape = parts->shape;
    size_t channels = (size_t)shape->outputs + CHANNEL_SLACK;
    int columns = out_columns(shape), rows = out_rows(shape);

    parts->rows = (size_t)(shape->samples * rows * columns);
    parts->outputs.column = shape->outputs + (shape->samples > 1 ? 3 : 0);
    parts->outputs.row = columns * parts->outputs.column + shape->padding * 5;
    parts->outputs.sample = rows * parts->outputs.row + shape->padding * 11;
    parts->elements = (size_t)(shape->samples * parts->outputs.sample);
    parts->scale = random_floats(channels, -1e-3f, 1e-3f);
    parts->shift = random_floats(channels, -4, 8);
    parts->correction = random_floats(channels, -1e-3f, 1e-3f);
    parts->residual_f32 = random_floats(parts->elements + INPUT_SLACK / 4, -8, 8);
    parts->residual_u8 = random_bytes(parts->elements);
    parts->window_sums = memory_get(parts->rows * sizeof(float));
    for (size_t row = 0; row < parts->rows; row++)
        parts->window_sums[row] = (float)(random_bits() % 60000);
}

static struct conv_u8s8 make_conv(struct parts *parts, const struct shape *shape,
                                  int weight_most)
{
    *parts = (struct parts){.shape = shape};
    make_input(parts);
    make_runs(parts);
    make_weights(parts, weight_most);
    make_epilogue(parts);
    return (struct conv_u8s8){
        .input = parts->input,
        .windows = {(shape->height + 2 * shape->padding) * input_row(shape),
                    shape->stride * input_row(shape),
                    (ptrdiff_t)shape->stride * shape->channels},
        .samples = shape->samples,
        .rows = out_rows(shape),
        .columns = out_columns(shape),
        .run_offsets = parts->run_offsets,
        .runs = shape->kernel,
        .run_bytes = run_bytes_of(shape),
        .weight_most = weight_most,
        .channels = shape->outputs,
    };
}

/* A way to run the convolution with the kernels of a set. */
typedef void (*run_fn)(const struct kernel_set *set, struct parts *parts,
                       struct conv_u8s8 *conv);

static void run_with(const struct kernel_set *set, struct parts *parts,
                     struct conv_u8s8 *conv)
{
    pack_for(parts, set);
    conv->weights = parts->packed;
    set->conv_u8s8(conv);
}

static struct epilogue finish_of(const struct parts *parts, const struct finish *finish,
                                 void *out)
{
    return (struct epilogue){
        .scale = parts->scale,
        .shift = parts->shift,
        .correction = finish->corrects ? parts->correction : NULL,
        .window_sums = parts->window_sums,
        .residual_f32 = finish->residual == RESIDUAL_F32 ? parts->residual_f32 : NULL,
        .residual_u8 = finish->residual == RESIDUAL_U8 ? parts->residual_u8 : NULL,
        .residual = parts->outputs,
        .residual_scale = 0.37f,
        .low = finish->low,
        .high = finish->high,
        .is_tame = finish->is_tame,
        .zero_code = finish->zero_code,
        .out_s32 = finish->out == OUT_S32 ? out : NULL,
        .out_f32 = finish->out == OUT_F32 ? out : NULL,
        .out_u8 = finish->out == OUT_U8 ? out : NULL,
        .out = parts->outputs,
    };
}

static void clear(struct parts *parts)
{
    free(parts->input);
    free(parts->transformed);
    free(parts->codes);
    free(parts->packed);
    free(parts->run_offsets);
    free(parts->row_runs);
    free(parts->column_bytes);
    free(parts->scale);
    free(parts->shift);
    free(parts->correction);
    free(parts->residual_f32);
    free(parts->residual_u8);
    free(parts->window_sums);
}

/* The plain sum for one output, from the unpacked codes. */
static int32_t plain_sum(const struct parts *parts, const struct conv_u8s8 *conv,
                         int sample, int row, int column, int channel)
{
    const struct shape *shape = parts->shape;
    int run_length = shape->kernel * shape->channels;
    const uint8_t *window = parts->input + sample * conv->windows.sample +
                            row * conv->windows.row + column * conv->windows.column;
    const int8_t *code = parts->codes + channel * shape->kernel * run_length;
    int32_t sum = 0;

    for (int run = 0; run < shape->kernel; run++)
        for (int i = 0; i < run_length; i++)
            sum += window[parts->run_offsets[run] + i] * *code++;
    return sum;
}

static void check_sums(const struct parts *parts, const struct conv_u8s8 *conv,
                       const int32_t *out)
{
    for (int sample = 0; sample < conv->samples; sample++)
        for (int row = 0; row < conv->rows; row++)
            for (int column = 0; column < conv->columns; column++)
                for (int channel = 0; channel < conv->channels; channel++)
                    assert_int_equal(
                        out[sample * parts->outputs.sample + row * parts->outputs.row +
                            column * parts->outputs.column + channel],
                        plain_sum(parts, conv, sample, row, column, channel));
}

static void scalar_is_the_plain_sum(void **state)
{
    static const struct finish as_sums = {.out = OUT_S32};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct parts parts;
        struct conv_u8s8 conv = make_conv(&parts, &shapes[i], 128);
        int32_t *out = memory_zeroed(parts.elements, sizeof *out);

        conv.epilogue = finish_of(&parts, &as_sums, out);
        run_with(kernel_set_named("scalar"), &parts, &conv);
        check_sums(&parts, &conv, out);
        free(out);
        clear(&parts);
    }
}

/* The same convolution in two: sums, and the epilogue on them. */
static void run_in_two(run_fn run, const struct kernel_set *set, struct parts *parts,
                       struct conv_u8s8 conv)
{
    ptrdiff_t channels = conv.channels;
    struct finish_s32 finish = {.samples = conv.samples,
                                .rows = conv.rows,
                                .columns = conv.columns,
                                .channels = conv.channels,
                                .epilogue = conv.epilogue};
    int32_t *sums = memory_zeroed(parts->rows * (size_t)channels + PANEL, sizeof *sums);

    conv.epilogue = (struct epilogue){
        .out_s32 = sums,
        .out = {channels * conv.rows * conv.columns, channels * conv.columns, channels},
    };
    run(set, parts, &conv);
    finish.sums = sums;
    set->finish_s32(&finish);
    free(sums);
}

/* Codes no larger than that, of which many are 0 and many the largest. */
static void make_codes_small(struct parts *parts, int code_most)
{
    const struct shape *shape = parts->shape;
    size_t count = (size_t)(shape->samples * (shape->height + 2 * shape->padding)) *
                   (size_t)input_row(shape);

    for (size_t i = 0; i < count; i++)
        if (parts->input[i] > code_most)
            parts->input[i] = parts->input[i] > 128   ? (uint8_t)code_most
                              : parts->input[i] > 100 ? 0
                                                      : parts->input[i] % code_most;
}

/* The magnitudes of codes. */
struct most {
    int weight, code;
};

/* One shape and one way to finish, against the definition; what lies between the outputs must
 * stay as it was. */
static void compare(run_fn run, const struct kernel_set *set, const struct shape *shape,
                    const struct finish *finish, struct most most)
{
    enum { CANARY = 0xa5 };
    struct parts parts;
    struct conv_u8s8 conv = make_conv(&parts, shape, most.weight);
    size_t bytes = parts.elements * (finish->out == OUT_U8 ? 1 : 4);
    uint8_t *expected = memory_get(bytes), *found = memory_get(bytes);

    make_codes_small(&parts, most.code);
    memset(expected, CANARY, bytes);
    conv.epilogue = finish_of(&parts, finish, expected);
    run_with(kernel_set_named("scalar"), &parts, &conv);
    conv.epilogue = finish_of(&parts, finish, found);
    for (int spans = 0; spans < 2; spans++) { /* padding adds nothing */
        conv.row_runs = spans ? parts.row_runs : NULL;
        conv.column_bytes = spans ? parts.column_bytes : NULL;
        memset(found, CANARY, bytes);
        run(set, &parts, &conv);
        assert_memory_equal(expected, found, bytes);
    }
    if (finish->out != OUT_S32) {
        memset(found, CANARY, bytes);
        run_in_two(run, set, &parts, conv);
        assert_memory_equal(expected, found, bytes);
    }
    free(expected);
    free(found);
    clear(&parts);
}

static void every_set_equals_scalar_bit_for_bit(void **state)
{
    static const int weights_most[] = {128, 64, 8};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        if (!set->runs_here()) {
            print_message("skipped: %s does not run on this machine\n", set->name);
            continue;
        }
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (size_t j = 0; j < sizeof finishes / sizeof *finishes; j++)
                compare(run_with, set, &shapes[i], &finishes[j],
                        (struct most){weights_most[(i + j) % 3], 255});
    }
}

/* ---- Winograd ----------------------------------------------------------------------------- */

/* Shapes that it suits: all sizes of tiles, rows of a few and of many of them, channels in vectors of
 * every size, panels that are not full, rows of padding and none. */
static const struct shape winograd_shapes[] = {
    {16, 3, 4, 3, 1, 1, 16, 1},  {16, 4, 32, 3, 1, 1, 16, 3},
    {32, 5, 14, 3, 1, 0, 32, 2}, {48, 4, 20, 3, 1, 1, 47, 2},
    {64, 3, 8, 3, 1, 1, 64, 3},  {112, 3, 10, 3, 1, 0, 13, 1},
    {16, 1, 8, 3, 1, 1, 40, 2},  {128, 3, 12, 3, 1, 1, 90, 1},
    {32, 2, 16, 3, 1, 1, 33, 5},
};

static void run_winograd(const struct kernel_set *set, struct parts *parts,
                         struct conv_u8s8 *conv)
{
    const struct shape *shape = parts->shape;
    size_t bytes =
        winograd_packed_bytes(shape->outputs, shape->kernel, run_bytes_of(shape));

    assert_true(winograd_suits(conv));
    free(parts->packed);
    parts->packed = memory_aligned(bytes);
    winograd_pack(parts->codes, shape->outputs, shape->kernel, run_bytes_of(shape),
                  parts->packed);
    parts->transformed = memory_aligned(winograd_scratch(conv));
    conv->weights = parts->packed;
    conv->transformed = parts->transformed;
    set->winograd_u8s8(conv);
    free(parts->transformed);
    parts->transformed = NULL;
}

static void winograd_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; i < sizeof winograd_shapes / sizeof *winograd_shapes; i++)
            for (size_t j = 0; j < sizeof finishes / sizeof *finishes; j++)
                for (int most = 1; set->winograd_u8s8 && set->runs_here() && most <= 18;
                     most++)
                    compare(run_winograd, set, &winograd_shapes[i], &finishes[j],
                            (struct most){most, most % 5 ? 15 : 16});
}

/* The largest magnitudes that fit, with all signs that a transformation of the input and of the
 * weights can meet. */
static void the_largest_codes_of_winograd_do_not_wrap(void **state)
{
    static const struct finish as_sums = {.out = OUT_S32};
    static const struct shape shape = {32, 2, 8, 3, 1, 1, 16, 1};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (unsigned signs = 0; set->winograd_u8s8 && set->runs_here() && signs < 512;
             signs++) {
            struct parts parts;
            struct conv_u8s8 conv = make_conv(&parts, &shape, 18);
            int32_t *out = memory_zeroed(parts.elements, sizeof *out);

            for (int i = 0; i < 16 * 9 * 32; i++)
                parts.codes[i] = signs >> i / 32 % 3 & 1 ? 18 : -18;
            for (int i = 0; i < 2 * 8 * 32; i++)
                parts.input[input_row(&shape) * (1 + i / 256) + 32 + i % 256] =
                    signs >> (3 + i / 32 % 6) & 1 ? 16 : 0;
            conv.epilogue = finish_of(&parts, &as_sums, out);
            run_winograd(set, &parts, &conv);
            check_sums(&parts, &conv, out);
            free(out);
            clear(&parts);
        }
}

static void winograd_is_only_for_what_it_can_do(void **state)
{
    static const struct shape others[] = {
        {16, 6, 6, 3, 1, 1, 16, 1}, /* columns that are no whole tiles */
        {8, 4, 4, 3, 1, 1, 16, 1},  /* channels that fill no vector */
        {16, 9, 9, 3, 2, 1, 16, 1}, /* stride */
        {16, 8, 8, 5, 1, 2, 16, 1}, {16, 4, 4, 1, 1, 0, 16, 1}, /* windows */
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct parts parts;
        struct conv_u8s8 conv = make_conv(&parts, &others[i], 8);

        assert_false(winograd_suits(&conv));
        clear(&parts);
    }
    assert_true(winograd_fits(18, 16));
    assert_false(winograd_fits(19, 16));
    assert_false(winograd_fits(18, 17));
}

/* ---- all products ------------------------------------------------------------------------- */

/* Every number of columns and channels around the tiles of all sets. */
static void every_width_and_depth_of_tiles_is_covered(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int columns = 1; set->runs_here() && columns <= 34; columns++)
            for (int panels = 1; panels <= 9; panels += columns % 2 + 1) {
                struct shape shape = {4,
                                      3,
                                      columns + 2,
                                      3,
                                      1,
                                      1,
                                      panels * PANEL - columns % 3,
                                      1 + columns % 2};

                compare(run_with, set, &shape, &finishes[5],
                        (struct most){8 << columns % 5, 255});
            }
}

/* The largest sums that weights of each magnitude allow: 16-bit sums must not overflow. */
static void the_largest_codes_do_not_overflow(void **state)
{
    static const struct finish as_sums = {.out = OUT_S32};
    static const struct shape shape = {64, 3, 5, 3, 1, 0, 16, 1};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int most = 1; set->runs_here() && most <= 128; most++) {
            struct parts parts;
            struct conv_u8s8 conv = make_conv(&parts, &shape, most);
            int32_t *out = memory_zeroed(parts.elements, sizeof *out);

            memset(parts.input, 255, (size_t)(shape.height * input_row(&shape)));
            memset(parts.codes, -most, (size_t)(16 * 9 * 64));
            conv.epilogue = finish_of(&parts, &as_sums, out);
            run_with(set, &parts, &conv);
            check_sums(&parts, &conv, out);
            free(out);
            clear(&parts);
        }
}

/* An epilogue that overflows: infinities and NaN must not differ between the sets either. */
static void overflowing_epilogues_are_equal_too(void **state)
{
    static const struct finish finish = {true, OUT_U8, RESIDUAL_F32, -8, 7, 8, false};
    static const struct finish no_residual = {true, OUT_U8, RESIDUAL_NONE, -8,
                                              7,    8,      false};
    static const struct shape shape = {8, 3, 3, 1, 1, 0, 19, 1};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int with = 0; set->runs_here() && with < 2; with++) {
            struct parts parts;
            struct conv_u8s8 conv = make_conv(&parts, &shape, 128);
            uint8_t expected[19 * 9] = {0}, found[19 * 9] = {0};

            for (int channel = 0; channel < 19; channel++) {
                parts.scale[channel] = channel % 3 ? INFINITY : -3e38f;
                parts.correction[channel] = channel % 2 ? -INFINITY : 3e38f;
            }
            conv.epilogue = finish_of(&parts, with ? &finish : &no_residual, expected);
            run_with(kernel_set_named("scalar"), &parts, &conv);
            conv.epilogue.out_u8 = found;
            run_with(set, &parts, &conv);
            assert_memory_equal(expected, found, sizeof expected);
            memset(found, 0, sizeof found);
            run_in_two(run_with, set, &parts, conv);
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
        cmocka_unit_test(winograd_equals_scalar_bit_for_bit),
        cmocka_unit_test(the_largest_codes_of_winograd_do_not_wrap),
        cmocka_unit_test(winograd_is_only_for_what_it_can_do),
        cmocka_unit_test(every_width_and_depth_of_tiles_is_covered),
        cmocka_unit_test(the_largest_codes_do_not_overflow),
        cmocka_unit_test(overflowing_epilogues_are_equal_too),
        cmocka_unit_test(sets_are_found_by_name),
    };

    seed = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
