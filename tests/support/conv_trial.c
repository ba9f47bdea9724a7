#include "tests/support/conv_trial.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 1;

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

static int32_t *random_integers(size_t count, int32_t most)
{
    int32_t *integers = memory_get(count * sizeof *integers);

    for (size_t i = 0; i < count; i++)
        integers[i] = (int32_t)(random_bits() % (2 * (uint32_t)most + 1)) - most;
    return integers;
}

static void *random_bytes(size_t count)
{
    uint8_t *bytes = memory_aligned(count + INPUT_SLACK);

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_bits();
    return bytes;
}

const struct conv_finish conv_finishes[CONV_FINISHES] = {
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

static int out_rows(const struct conv_shape *shape)
{
    return (shape->height + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

static int out_columns(const struct conv_shape *shape)
{
    return (shape->width + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

ptrdiff_t conv_shape_row(const struct conv_shape *shape)
{
    return (ptrdiff_t)(shape->width + 2 * shape->padding) * shape->channels;
}

static bool is_padding(const struct conv_shape *shape, int y, int x)
{
    return y < shape->padding || y >= shape->padding + shape->height ||
           x < shape->padding || x >= shape->padding + shape->width;
}

static void make_input(struct conv_parts *parts)
{
    const struct conv_shape *shape = parts->shape;
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
static struct span taps_of(const struct conv_shape *shape, int at, int size)
{
    int first = shape->padding - at * shape->stride;
    int end = shape->padding + size - at * shape->stride;

    end = end < 0 ? 0 : end < shape->kernel ? end : shape->kernel;
    first = first < 0 ? 0 : first;
    return (struct span){first < end ? first : end, end};
}

static void make_runs(struct conv_parts *parts)
{
    const struct conv_shape *shape = parts->shape;
    int rows = out_rows(shape), columns = out_columns(shape);

    parts->run_offsets = memory_get((size_t)shape->kernel * sizeof(int32_t));
    for (int run = 0; run < shape->kernel; run++)
        parts->run_offsets[run] = (int32_t)(run * conv_shape_row(shape));
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

static void make_weights(struct conv_parts *parts, int weight_most)
{
    const struct conv_shape *shape = parts->shape;
    size_t count =
        (size_t)(shape->outputs * shape->kernel * shape->kernel * shape->channels);

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

int conv_shape_run_bytes(const struct conv_shape *shape)
{
    return (shape->kernel * shape->channels + QUAD - 1) / QUAD * QUAD;
}

static void pack_for(struct conv_parts *parts, const struct kernel_set *set,
                     const struct conv_u8s8 *conv)
{
    const struct conv_shape *shape = parts->shape;

    free(parts->packed);
    parts->packed = memory_aligned(conv_u8s8_packed_bytes(
        set, conv->most, shape->outputs, shape->kernel, conv_shape_run_bytes(shape)));
    conv_u8s8_pack(set, conv->most, parts->codes, shape->outputs, shape->kernel,
                   shape->kernel * shape->channels, conv_shape_run_bytes(shape),
                   parts->packed);
}

static void make_epilogue(struct conv_parts *parts)
{
    const struct conv_shape *shape = parts->shape;
    size_t channels = (size_t)shape->outputs + CHANNEL_SLACK;
    int columns = out_columns(shape), rows = out_rows(shape);

    parts->rows = (size_t)(shape->samples * rows * columns);
    parts->outputs.column = shape->outputs + (shape->samples > 1 ? 3 : 0);
    parts->outputs.row = columns * parts->outputs.column + shape->padding * 5;
    parts->outputs.sample = rows * parts->outputs.row + shape->padding * 11;
    parts->elements = (size_t)(shape->samples * parts->outputs.sample);
    parts->bias = random_integers(channels, 10000);
    parts->scale = random_floats(channels, -1e-3f, 1e-3f);
    parts->shift = random_floats(channels, -4, 8);
    parts->correction = random_floats(channels, -1e-3f, 1e-3f);
    parts->residual_f32 = random_floats(parts->elements + INPUT_SLACK / 4, -8, 8);
    parts->residual_u8 = random_bytes(parts->elements);
    parts->window_sums = memory_get(parts->rows * sizeof(float));
    for (size_t row = 0; row < parts->rows; row++)
        parts->window_sums[row] = (float)(random_bits() % 60000);
}

struct conv_u8s8 conv_parts_make(struct conv_parts *parts,
                                 const struct conv_shape *shape, int weight_most)
{
    *parts = (struct conv_parts){.shape = shape};
    make_input(parts);
    make_runs(parts);
    make_weights(parts, weight_most);
    make_epilogue(parts);
    return (struct conv_u8s8){
        .input = parts->input,
        .windows = {(shape->height + 2 * shape->padding) * conv_shape_row(shape),
                    shape->stride * conv_shape_row(shape),
                    (ptrdiff_t)shape->stride * shape->channels},
        .samples = shape->samples,
        .rows = out_rows(shape),
        .columns = out_columns(shape),
        .run_offsets = parts->run_offsets,
        .runs = shape->kernel,
        .run_bytes = conv_shape_run_bytes(shape),
        .most = {weight_most, UINT8_MAX},
        .channels = shape->outputs,
    };
}

void conv_parts_run(const struct kernel_set *set, struct conv_parts *parts,
                    struct conv_u8s8 *conv)
{
    pack_for(parts, set, conv);
    conv->weights = parts->packed;
    set->conv_u8s8(conv);
}

struct epilogue conv_parts_epilogue(const struct conv_parts *parts,
                                    const struct conv_finish *finish, void *out)
{
    return (struct epilogue){
        .bias = parts->bias,
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

void conv_parts_clear(struct conv_parts *parts)
{
    free(parts->input);
    free(parts->codes);
    free(parts->packed);
    free(parts->run_offsets);
    free(parts->row_runs);
    free(parts->column_bytes);
    free(parts->bias);
    free(parts->scale);
    free(parts->shift);
    free(parts->correction);
    free(parts->residual_f32);
    free(parts->residual_u8);
    free(parts->window_sums);
}

/* The plain sum for one output, from the unpacked codes. */
static int32_t plain_sum(const struct conv_parts *parts, const struct conv_u8s8 *conv,
                         int sample, int row, int column, int channel)
{
    const struct conv_shape *shape = parts->shape;
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

void conv_parts_check_sums(const struct conv_parts *parts, const struct conv_u8s8 *conv,
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

void conv_parts_run_in_two(conv_run_fn run, const struct kernel_set *set,
                           struct conv_parts *parts, struct conv_u8s8 conv)
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
static void make_codes_small(struct conv_parts *parts, int code_most)
{
    const struct conv_shape *shape = parts->shape;
    size_t count = (size_t)(shape->samples * (shape->height + 2 * shape->padding)) *
                   (size_t)conv_shape_row(shape);

    for (size_t i = 0; i < count; i++)
        if (parts->input[i] > code_most)
            parts->input[i] = parts->input[i] > 128   ? (uint8_t)code_most
                              : parts->input[i] > 100 ? 0
                                                      : parts->input[i] % code_most;
}

void conv_compare(conv_run_fn run, const struct kernel_set *set,
                  const struct conv_shape *shape, const struct conv_finish *finish,
                  struct conv_most most)
{
    enum { CANARY = 0xa5 };
    struct conv_parts parts;
    struct conv_u8s8 conv = conv_parts_make(&parts, shape, most.weight);
    size_t bytes = parts.elements * (finish->out == OUT_U8 ? 1 : 4);
    uint8_t *expected = memory_get(bytes), *found = memory_get(bytes);

    make_codes_small(&parts, most.input);
    conv.most.input = most.input;
    memset(expected, CANARY, bytes);
    conv.epilogue = conv_parts_epilogue(&parts, finish, expected);
    conv_parts_run(kernel_set_named("scalar"), &parts, &conv);
    conv.epilogue = conv_parts_epilogue(&parts, finish, found);
    for (int spans = 0; spans < 2; spans++) { /* padding adds nothing */
        conv.row_runs = spans ? parts.row_runs : NULL;
        conv.column_bytes = spans ? parts.column_bytes : NULL;
        memset(found, CANARY, bytes);
        run(set, &parts, &conv);
        assert_memory_equal(expected, found, bytes);
    }
    if (finish->out != OUT_S32) {
        memset(found, CANARY, bytes);
        conv_parts_run_in_two(run, set, &parts, conv);
        assert_memory_equal(expected, found, bytes);
    }
    free(expected);
    free(found);
    conv_parts_clear(&parts);
}
