/* Every kernel set, the scalar one too, against a plain loop over the taps and the
 * formula of the epilogue as kernel.h has it: all are equal bit for bit. Buffers are as
 * long as the contract says and not a byte longer, so that the sanitizer finds what
 * reads or writes beyond. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

enum { CANARY = 0xa5 };

/* ---- cases ---- */

struct window {
    int taps_high, taps_wide, stride, dilation;
};

static const struct window windows[] = {
    {1, 1, 1, 1}, {1, 1, 2, 1}, {3, 3, 1, 1}, {3, 3, 2, 1}, {3, 3, 1, 2},
    {3, 3, 2, 2}, {5, 5, 1, 1}, {5, 5, 2, 1}, {5, 5, 1, 2}, {3, 1, 1, 1},
    {3, 1, 2, 1}, {3, 1, 1, 2}, {2, 2, 1, 1}, {2, 2, 2, 1}, {2, 2, 1, 2},
};

/* Around the number of taps that kernels keep in registers or on the stack. */
static const struct window large_windows[] = {
    {7, 9, 1, 1}, {8, 8, 1, 1}, {5, 13, 1, 1},
    {9, 9, 1, 1}, {8, 8, 2, 1}, {1, 65, 1, 1},
};

static const struct window three_by_three = {3, 3, 1, 1};

static const int channel_counts[] = {1,  3,  7,  8,  15, 16, 17, 31,
                                     32, 33, 48, 63, 64, 65, 96, 130};
static const int row_counts[] = {1, 2, 3, 7};
static const int column_counts[] = {1, 2, 3, 7, 8, 13};

struct shape {
    const struct window *window;
    int channels, rows, columns, samples;
    int gap; /* elements between pixels; more of them between rows and samples */
};

enum residual_kind { RESIDUAL_NONE, RESIDUAL_F32, RESIDUAL_U8, RESIDUAL_KINDS };
enum out_kind { OUT_U8, OUT_F32, OUT_S32, OUT_KINDS };

/* A way to finish the sums. */
struct finish {
    bool corrects;
    enum out_kind out;
    enum residual_kind residual;
    bool is_tame;
    float low, high;
    int zero_code;
};

static const struct clamp {
    float low, high;
    int zero_code;
} clamps[] = {{0, 15, 0},         {0, 255, 0},  {-8, 7, 8},     {-1.5f, 6.5f, 8},
              {-128, 127, 128},   {-8, -8, 8},  {-128, 0, 128}, {0.4f, 2.6f, 0},
              {-100.5f, 99, 128}, {0, 127, 128}};

enum { FINISHES = OUT_KINDS * 2 * RESIDUAL_KINDS * 2 * COUNT(clamps) };

/* All combinations, by number. */
static struct finish finish_of(int number)
{
    const struct clamp *clamp = &clamps[number % COUNT(clamps)];
    int rest = number / COUNT(clamps);

    return (struct finish){
        .corrects = rest % 2,
        .is_tame = rest / 2 % 2,
        .residual = rest / 4 % RESIDUAL_KINDS,
        .out = rest / 4 / RESIDUAL_KINDS % OUT_KINDS,
        .low = clamp->low,
        .high = clamp->high,
        .zero_code = clamp->zero_code,
    };
}

/* ---- memory of a case ---- */

static uint64_t seed = 1;

static uint32_t random_bits(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

/* Every fourth byte is one of two extremes: of u8 codes, or of s8 ones. */
static void *random_bytes(size_t count, uint8_t extreme, uint8_t other)
{
    uint8_t *bytes = memory_get(count);

    for (size_t i = 0; i < count; i++) {
        uint32_t bits = random_bits();

        bytes[i] = (uint8_t)(bits >> 8);
        if (bits % 4 == 0)
            bytes[i] = bits % 8 ? extreme : other;
    }
    return bytes;
}

static float *random_floats(size_t count, float most)
{
    float *floats = memory_get(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = most * ((float)random_bits() / 1073741824.0f - 1);
    return floats;
}

/* Of every channel, and behind them what nothing may depend on. */
static float *channel_floats(int channels, float most)
{
    float *floats = random_floats((size_t)(channels + CHANNEL_SLACK), most);

    for (int i = channels; i < channels + CHANNEL_SLACK; i++)
        floats[i] = NAN;
    return floats;
}

/* Between -most and most, and INT32_MAX behind those of the channels. */
static int32_t *channel_integers(int channels, float most)
{
    float *floats = random_floats((size_t)channels, most);
    int32_t *integers =
        memory_get((size_t)(channels + CHANNEL_SLACK) * sizeof *integers);

    for (int i = 0; i < channels + CHANNEL_SLACK; i++)
        integers[i] = i < channels ? (int32_t)floats[i] : INT32_MAX;
    free(floats);
    return integers;
}

struct parts {
    const struct shape *shape;
    ptrdiff_t pixel, row,
        sample; /* bytes from one input pixel, row, sample to the next */
    struct strides out, residual;
    size_t out_count; /* elements up to the last one that is written */
    uint8_t *input;
    int32_t *tap_offsets;
    int8_t *weights;
    int32_t *bias;
    float *scale, *shift, *correction, *residual_f32;
    uint8_t *residual_u8;
};

static struct strides strides_with_gaps(const struct shape *shape, int gap)
{
    ptrdiff_t column = shape->channels + gap;
    ptrdiff_t row = shape->columns * column + 3 * gap;

    return (struct strides){shape->rows * row + 5 * gap, row, column};
}

/* Elements from the first one of the first pixel to the last one of the last pixel. */
static size_t elements(const struct strides *strides, int samples, int rows,
                       int columns, int channels)
{
    return (size_t)((samples - 1) * strides->sample + (rows - 1) * strides->row +
                    (columns - 1) * strides->column + channels);
}

static size_t output_elements(const struct shape *shape, const struct strides *strides)
{
    return elements(strides, shape->samples, shape->rows, shape->columns,
                    shape->channels);
}

static void make_input(struct parts *parts)
{
    const struct shape *shape = parts->shape;
    const struct window *window = shape->window;
    int height = (shape->rows - 1) * window->stride +
                 (window->taps_high - 1) * window->dilation + 1;
    int width = (shape->columns - 1) * window->stride +
                (window->taps_wide - 1) * window->dilation + 1;
    struct strides strides;

    parts->pixel = shape->channels + shape->gap;
    parts->row = width * parts->pixel + 2 * shape->gap;
    parts->sample = height * parts->row + 7 * shape->gap;
    strides = (struct strides){parts->sample, parts->row, parts->pixel};
    parts->input = random_bytes(
        elements(&strides, shape->samples, height, width, shape->channels) +
            INPUT_SLACK,
        255, 0);
}

static void make_taps(struct parts *parts)
{
    const struct window *window = parts->shape->window;
    int32_t *offset;

    parts->tap_offsets = offset = memory_get(
        (size_t)(window->taps_high * window->taps_wide) * sizeof *parts->tap_offsets);
    for (int y = 0; y < window->taps_high; y++)
        for (int x = 0; x < window->taps_wide; x++)
            *offset++ =
                (int32_t)(window->dilation * (y * parts->row + x * parts->pixel));
    parts->weights = random_bytes(
        (size_t)(window->taps_high * window->taps_wide * parts->shape->channels), 0x80,
        0x7f);
}

static void make_parts(struct parts *parts, const struct shape *shape)
{
    size_t residuals;

    *parts = (struct parts){
        .shape = shape,
        .out = strides_with_gaps(shape, shape->gap),
        .residual = strides_with_gaps(shape, shape->gap / 2),
    };
    parts->out_count = output_elements(shape, &parts->out);
    residuals = output_elements(shape, &parts->residual);
    make_input(parts);
    make_taps(parts);
    parts->bias = channel_integers(shape->channels, 1e5f);
    parts->scale = channel_floats(shape->channels, 2e-3f);
    parts->shift = channel_floats(shape->channels, 6);
    parts->correction = channel_floats(shape->channels, 1e-2f);
    parts->residual_f32 = random_floats(residuals + INPUT_SLACK / sizeof(float), 8);
    parts->residual_u8 = random_bytes(residuals + INPUT_SLACK, 255, 0);
}

static void clear_parts(struct parts *parts)
{
    free(parts->input);
    free(parts->tap_offsets);
    free(parts->weights);
    free(parts->bias);
    free(parts->scale);
    free(parts->shift);
    free(parts->correction);
    free(parts->residual_f32);
    free(parts->residual_u8);
}

static size_t out_bytes(const struct parts *parts, const struct finish *finish)
{
    return parts->out_count * (finish->out == OUT_U8 ? 1 : 4);
}

static struct epilogue epilogue_of(const struct parts *parts,
                                   const struct finish *finish, void *out)
{
    return (struct epilogue){
        .bias = parts->bias,
        .scale = parts->scale,
        .shift = parts->shift,
        .correction = finish->corrects ? parts->correction : NULL,
        .residual_f32 = finish->residual == RESIDUAL_F32 ? parts->residual_f32 : NULL,
        .residual_u8 = finish->residual == RESIDUAL_U8 ? parts->residual_u8 : NULL,
        .residual = parts->residual,
        .residual_scale = 0.37f,
        .low = finish->low,
        .high = finish->high,
        .is_tame = finish->is_tame,
        .zero_code = finish->zero_code,
        .out_s32 = finish->out == OUT_S32 ? out : NULL,
        .out_f32 = finish->out == OUT_F32 ? out : NULL,
        .out_u8 = finish->out == OUT_U8 ? out : NULL,
        .out = parts->out,
    };
}

static struct depthwise_u8s8 depthwise_of(const struct parts *parts,
                                          const struct epilogue *epilogue)
{
    const struct shape *shape = parts->shape;
    int stride = shape->window->stride;

    return (struct depthwise_u8s8){
        .input = parts->input,
        .windows = {parts->sample, stride * parts->row, stride * parts->pixel},
        .samples = shape->samples,
        .rows = shape->rows,
        .columns = shape->columns,
        .tap_offsets = parts->tap_offsets,
        .taps_high = shape->window->taps_high,
        .taps_wide = shape->window->taps_wide,
        .weights = parts->weights,
        .channels = shape->channels,
        .epilogue = *epilogue,
    };
}

/* ---- the plain loop ---- */

struct place {
    int sample, row, column, channel;
};

static ptrdiff_t element_at(const struct strides *strides, const struct place *place)
{
    return place->sample * strides->sample + place->row * strides->row +
           place->column * strides->column + place->channel;
}

struct sums {
    int products, codes;
};

static struct sums plain_sums(const struct parts *parts, const struct place *place)
{
    const struct window *window = parts->shape->window;
    struct sums sums = {0, 0};

    for (int y = 0; y < window->taps_high; y++)
        for (int x = 0; x < window->taps_wide; x++) {
            int row = place->row * window->stride + y * window->dilation;
            int column = place->column * window->stride + x * window->dilation;
            int code = parts->input[place->sample * parts->sample + row * parts->row +
                                    column * parts->pixel + place->channel];

            sums.products +=
                code *
                parts->weights[(y * window->taps_wide + x) * parts->shape->channels +
                               place->channel];
            sums.codes += code;
        }
    return sums;
}

static float plain_value(const struct epilogue *epilogue, const struct place *place,
                         struct sums sums)
{
    ptrdiff_t residual = element_at(&epilogue->residual, place);
    float v = epilogue->shift[place->channel];

    if (epilogue->correction)
        v = fmaf((float)sums.codes, epilogue->correction[place->channel], v);
    v = fmaf((float)(sums.products + epilogue->bias[place->channel]),
             epilogue->scale[place->channel], v);
    if (epilogue->residual_f32)
        v = fmaf(epilogue->residual_f32[residual], epilogue->residual_scale, v);
    if (epilogue->residual_u8)
        v = fmaf(epilogue->residual_u8[residual], epilogue->residual_scale, v);
    if (!(v > epilogue->low)) /* or NaN */
        v = epilogue->low;
    return v < epilogue->high ? v : epilogue->high;
}

static void plain_element(const struct parts *parts, const struct epilogue *epilogue,
                          const struct place *place)
{
    struct sums sums = plain_sums(parts, place);
    ptrdiff_t out = element_at(&epilogue->out, place);

    if (epilogue->out_s32)
        epilogue->out_s32[out] = sums.products;
    else if (epilogue->out_f32)
        epilogue->out_f32[out] = plain_value(epilogue, place, sums);
    else
        epilogue->out_u8[out] =
            (uint8_t)((int)rintf(plain_value(epilogue, place, sums)) +
                      epilogue->zero_code);
}

static void plain_depthwise(const struct parts *parts, const struct epilogue *epilogue)
{
    const struct shape *shape = parts->shape;

    for (int sample = 0; sample < shape->samples; sample++)
        for (int row = 0; row < shape->rows; row++)
            for (int column = 0; column < shape->columns; column++)
                for (int channel = 0; channel < shape->channels; channel++)
                    plain_element(parts, epilogue,
                                  &(struct place){sample, row, column, channel});
}

/* ---- comparing ---- */

static void fail_case(const struct kernel_set *set, const struct shape *shape,
                      const struct finish *finish)
{
    const struct window *window = shape->window;

    fail_msg("%s: %d x %d taps, stride %d, dilation %d, %d samples of %d x %d x %d, "
             "gap %d; out %d, %scorrected, residual %d, %stame, clamp %g to %g + %d",
             set->name, window->taps_high, window->taps_wide, window->stride,
             window->dilation, shape->samples, shape->rows, shape->columns,
             shape->channels, shape->gap, finish->out, finish->corrects ? "" : "not ",
             finish->residual, finish->is_tame ? "" : "not ", (double)finish->low,
             (double)finish->high, finish->zero_code);
}

/* Canaries between the elements of the output must survive. */
static void check_sets(const struct parts *parts, const struct finish *finish)
{
    size_t bytes = out_bytes(parts, finish);
    void *expected = memset(memory_get(bytes), CANARY, bytes);
    void *found = memory_get(bytes);
    struct epilogue epilogue = epilogue_of(parts, finish, expected);

    plain_depthwise(parts, &epilogue);
    epilogue = epilogue_of(parts, finish, found);
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        struct depthwise_u8s8 depthwise = depthwise_of(parts, &epilogue);

        if (!set->runs_here())
            continue;
        memset(found, CANARY, bytes);
        set->depthwise_u8s8(&depthwise);
        if (memcmp(found, expected, bytes) != 0)
            fail_case(set, parts->shape, finish);
    }
    free(found);
    free(expected);
}

static void check_shape(const struct shape *shape, const struct finish *finish)
{
    struct parts parts;

    make_parts(&parts, shape);
    check_sets(&parts, finish);
    clear_parts(&parts);
}

/* ---- tests ---- */

/* Windows x channels x rows x columns, each finished in the way that `finish` picks. */
static void check_sizes(const struct window *window, int channels,
                        struct finish (*finish)(void))
{
    for (int i = 0; i < COUNT(row_counts); i++)
        for (int j = 0; j < COUNT(column_counts); j++) {
            struct shape shape = {.window = window,
                                  .channels = channels,
                                  .rows = row_counts[i],
                                  .columns = column_counts[j],
                                  .samples = 1 + (int)(random_bits() % 3),
                                  .gap = (int)(random_bits() % 3 * 3)};
            struct finish picked = finish();

            check_shape(&shape, &picked);
        }
}

static void check_shapes(struct finish (*finish)(void))
{
    for (int i = 0; i < COUNT(windows); i++)
        for (int j = 0; j < COUNT(channel_counts); j++)
            check_sizes(&windows[i], channel_counts[j], finish);
}

static struct finish any_finish(void)
{
    return finish_of((int)(random_bits() % FINISHES));
}

static void every_set_equals_the_plain_loop(void **state)
{
    (void)state;
    check_shapes(any_finish);
}

/* Those that kernels have a way of their own for. */
static struct finish tame_codes(void)
{
    struct finish finish = finish_of((int)(random_bits() % COUNT(clamps)));

    finish.corrects = random_bits() % 2;
    finish.is_tame = true;
    return finish;
}

static void tame_codes_equal_the_plain_loop(void **state)
{
    (void)state;
    check_shapes(tame_codes);
}

/* All ways to finish the same sums; whether they are known to be tame must not matter. */
static void check_finishes(const struct shape *shape)
{
    struct parts parts;

    make_parts(&parts, shape);
    for (int number = 0; number < FINISHES; number++) {
        struct finish finish = finish_of(number);

        check_sets(&parts, &finish);
    }
    clear_parts(&parts);
}

static void every_way_to_finish_equals_the_plain_loop(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++) {
        check_finishes(
            &(struct shape){&three_by_three, channel_counts[i], 1, 2, 2, i % 2 * 3});
        check_finishes(
            &(struct shape){&windows[13], channel_counts[i], 3, 1, 1, i % 2 * 5});
    }
}

static void windows_with_many_taps_are_equal_too(void **state)
{
    static const int channels[] = {1, 17, 33, 64, 130};

    (void)state;
    for (int i = 0; i < COUNT(large_windows); i++)
        for (int j = 0; j < COUNT(channels); j++)
            for (int number = 0; number < 4; number++) {
                struct finish finish = {.corrects = number % 2,
                                        .out = number < 2 ? OUT_U8 : OUT_S32,
                                        .is_tame = true,
                                        .high = 255};

                check_shape(&(struct shape){&large_windows[i], channels[j], 2, 3, 1, 0},
                            &finish);
            }
}

/* All codes 255 and all weights `weight`. */
static void fill_with_extremes(struct parts *parts, int weight)
{
    const struct shape *shape = parts->shape;
    const struct window *window = shape->window;

    memset(parts->input, 255, (size_t)(shape->samples * parts->sample));
    memset(parts->weights, weight,
           (size_t)(window->taps_high * window->taps_wide * shape->channels));
}

static void the_largest_codes_do_not_overflow(void **state)
{
    static const int weights[] = {-128, 127};
    static const struct finish finishes[] = {
        {.out = OUT_S32},
        {.out = OUT_F32, .corrects = true, .low = -INFINITY, .high = INFINITY},
        {.out = OUT_U8, .corrects = true, .is_tame = true, .high = 255},
    };

    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++)
        for (int j = 0; j < 2 * COUNT(finishes); j++) {
            struct shape shape = {&windows[6], channel_counts[i], 2, 2, 1, 0};
            struct parts parts;

            make_parts(&parts, &shape);
            fill_with_extremes(&parts, weights[j % 2]);
            check_sets(&parts, &finishes[j / 2]);
            clear_parts(&parts);
        }
}

/* Values of nearly 2^30 on both sides, as far as tame ones go: shift, correction and
 * scale bring 1/2, 1/4 and 1/8 of it, with equal signs or not. */
static void make_nearly_wild(struct parts *parts)
{
    const struct window *window = parts->shape->window;
    float codes = 255.0f * (float)(window->taps_high * window->taps_wide);
    const float most = 1 << 30;

    for (int channel = 0; channel < parts->shape->channels; channel++) {
        parts->bias[channel] = 0;
        parts->shift[channel] = (channel & 1 ? -1 : 1) * most / 2;
        parts->correction[channel] = (channel & 2 ? -1 : 1) * most / 4 / codes;
        parts->scale[channel] = (channel & 4 ? -1 : 1) * most / 8 / codes / 128;
    }
}

static void large_values_are_tame_up_to_2_to_the_30(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++)
        for (int j = 0; j < COUNT(clamps) * 4; j++) {
            struct shape shape = {
                &windows[j % 2 ? 2 : 12], channel_counts[i], 2, 2, 1, 0};
            struct finish finish = {.corrects = true,
                                    .is_tame = j / 2 % 2,
                                    .low = clamps[j / 4].low,
                                    .high = clamps[j / 4].high,
                                    .zero_code = clamps[j / 4].zero_code};
            struct parts parts;

            make_parts(&parts, &shape);
            fill_with_extremes(&parts, -128);
            make_nearly_wild(&parts);
            check_sets(&parts, &finish);
            clear_parts(&parts);
        }
}

/* Infinities, NaN and both zeros: such an epilogue is not tame. */
static void overflowing_epilogues_are_equal_too(void **state)
{
    static const float scales[] = {INFINITY, -3e38f, 0, 1e-3f, -INFINITY, 1e30f};
    static const float shifts[] = {0, -0.f, 3e38f, -INFINITY, NAN};

    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++)
        for (int number = 0; number < FINISHES; number++) {
            struct shape shape = {&three_by_three, channel_counts[i], 1, 2, 1, 0};
            struct finish finish = finish_of(number);
            struct parts parts;

            if (finish.is_tame || finish.out == OUT_S32)
                continue;
            make_parts(&parts, &shape);
            for (int channel = 0; channel < shape.channels; channel++) {
                parts.scale[channel] = scales[channel % COUNT(scales)];
                parts.shift[channel] = shifts[channel % COUNT(shifts)];
                parts.correction[channel] = channel % 2 ? -INFINITY : 3e38f;
            }
            check_sets(&parts, &finish);
            clear_parts(&parts);
        }
}

static void halves_go_to_the_even_code(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++)
        for (int number = 0; number < 4; number++) {
            struct shape shape = {&three_by_three, channel_counts[i], 3, 3, 1, 0};
            struct finish finish = {.corrects = number % 2,
                                    .is_tame = number / 2,
                                    .low = -128,
                                    .high = 127,
                                    .zero_code = 128};
            struct parts parts;

            make_parts(&parts, &shape);
            for (size_t at = 0; at < (size_t)parts.sample; at++)
                parts.input[at] %= 4;
            for (int at = 0; at < 9 * shape.channels; at++)
                parts.weights[at] %= 4;
            for (int channel = 0; channel < shape.channels; channel++) {
                parts.bias[channel] %= 9;
                parts.scale[channel] = 0.5f;
                parts.correction[channel] = -1.5f;
                parts.shift[channel] = (float)(channel % 3);
            }
            check_sets(&parts, &finish);
            clear_parts(&parts);
        }
}

/* Of an epilogue that stores the sums nothing counts but where they go. */
static void sums_need_no_constants(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(channel_counts); i++) {
        struct shape shape = {&three_by_three, channel_counts[i], 2, 3, 2, 1};
        struct finish finish = {.out = OUT_S32};
        struct parts parts;

        make_parts(&parts, &shape);
        free(parts.bias);
        free(parts.scale);
        free(parts.shift);
        parts.bias = NULL;
        parts.scale = parts.shift = NULL;
        check_sets(&parts, &finish);
        clear_parts(&parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_equals_the_plain_loop),
        cmocka_unit_test(tame_codes_equal_the_plain_loop),
        cmocka_unit_test(every_way_to_finish_equals_the_plain_loop),
        cmocka_unit_test(windows_with_many_taps_are_equal_too),
        cmocka_unit_test(the_largest_codes_do_not_overflow),
        cmocka_unit_test(large_values_are_tame_up_to_2_to_the_30),
        cmocka_unit_test(overflowing_epilogues_are_equal_too),
        cmocka_unit_test(halves_go_to_the_even_code),
        cmocka_unit_test(sums_need_no_constants),
    };

    return cmocka_run_group_tests_name("depthwise_u8s8", tests, NULL, NULL);
}
