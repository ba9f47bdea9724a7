/* Every kernel set against plain loops over all taps and channels. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"

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

/* A window, as high x wide each. */
struct window {
    int taps_high, taps_wide, stride_high, stride_wide, dilation_high, dilation_wide;
};

static const struct window windows[] = {
    {1, 1, 1, 1, 1, 1}, {1, 1, 2, 2, 1, 1}, {1, 1, 3, 2, 1, 1}, {3, 3, 1, 1, 1, 1},
    {3, 3, 2, 2, 1, 1}, {3, 3, 1, 1, 2, 2}, {3, 3, 2, 1, 1, 2}, {3, 3, 4, 5, 1, 1},
    {3, 3, 3, 4, 2, 3}, {5, 2, 1, 1, 1, 1}, {5, 2, 2, 3, 1, 2}, {5, 2, 6, 3, 1, 1},
    {3, 1, 1, 1, 1, 1}, {3, 1, 2, 2, 1, 1}, {1, 3, 2, 1, 1, 1}, {1, 3, 2, 2, 1, 2},
};

static const int channel_counts[] = {1, 3, 15, 16, 17, 32, 63, 64, 65, 130};

/* How many pixels come out, and where the channels lie in those that go in: `before`
 * and `behind` are the channels of other groups, `wider` and `higher` pixels that no
 * window needs. */
static const struct layout {
    int samples, rows, columns;
    int before, behind;
    int wider, higher;
} layouts[] = {
    {1, 1, 1, 0, 0, 0, 0}, {1, 2, 4, 0, 0, 0, 0},  {2, 3, 5, 0, 0, 0, 0},
    {3, 2, 3, 0, 0, 2, 1}, {1, 4, 9, 0, 0, 1, 0},  {2, 2, 2, 16, 0, 0, 0},
    {2, 3, 3, 0, 7, 0, 2}, {1, 2, 5, 32, 5, 3, 0}, {1, 1, 8, 0, 16, 0, 0},
};

struct shape {
    const struct window *window;
    const struct layout *layout;
    int channels;
};

static int pixel_bytes(const struct shape *shape)
{
    return shape->layout->before + shape->channels + shape->layout->behind;
}

static int input_width(const struct shape *shape)
{
    const struct window *window = shape->window;

    return (shape->layout->columns - 1) * window->stride_wide +
           (window->taps_wide - 1) * window->dilation_wide + 1 + shape->layout->wider;
}

static int input_height(const struct shape *shape)
{
    const struct window *window = shape->window;

    return (shape->layout->rows - 1) * window->stride_high +
           (window->taps_high - 1) * window->dilation_high + 1 + shape->layout->higher;
}

static ptrdiff_t input_row(const struct shape *shape)
{
    return (ptrdiff_t)input_width(shape) * pixel_bytes(shape);
}

static ptrdiff_t input_sample(const struct shape *shape)
{
    return input_height(shape) * input_row(shape);
}

static size_t pixels_of(const struct shape *shape)
{
    return (size_t)(shape->layout->samples * shape->layout->rows *
                    shape->layout->columns);
}

enum { RANDOM = -1 };

/* Planes with their slack and not a byte more: of one code, or of random ones, many of
 * them extreme. */
static uint8_t *make_planes(const struct shape *shape, int code)
{
    size_t bytes = (size_t)(shape->layout->samples * input_sample(shape)) + INPUT_SLACK;
    uint8_t *planes = memory_get(bytes);

    memset(planes, code, bytes);
    for (size_t at = 0; at < bytes && code == RANDOM; at++)
        if (random_bits() % 4 > 0)
            planes[at] = (uint8_t)random_bits();
    return planes;
}

static float plain_sum(const struct shape *shape, const uint8_t *planes, int sample,
                       int row, int column)
{
    const struct window *window = shape->window;
    int sum = 0;

    for (int y = 0; y < window->taps_high; y++)
        for (int x = 0; x < window->taps_wide; x++) {
            int input_y = row * window->stride_high + y * window->dilation_high;
            int input_x = column * window->stride_wide + x * window->dilation_wide;
            const uint8_t *pixel =
                planes + sample * input_sample(shape) + input_y * input_row(shape) +
                (ptrdiff_t)input_x * pixel_bytes(shape) + shape->layout->before;

            for (int channel = 0; channel < shape->channels; channel++)
                sum += pixel[channel];
        }
    return (float)sum;
}

static void check_sums(const struct kernel_set *set, const struct shape *shape,
                       const uint8_t *planes, const float *sums)
{
    const struct layout *layout = shape->layout;
    const struct window *window = shape->window;

    for (int sample = 0; sample < layout->samples; sample++)
        for (int row = 0; row < layout->rows; row++)
            for (int column = 0; column < layout->columns; column++, sums++)
                if (*sums != plain_sum(shape, planes, sample, row, column))
                    fail_msg("%s: %d channels, %d x %d taps, layout %td: %g at %d, "
                             "%d, %d",
                             set->name, shape->channels, window->taps_high,
                             window->taps_wide, layout - layouts, (double)*sums, sample,
                             row, column);
}

/* Nothing is promised about what scratch and sums hold before. */
static void *make_garbage(size_t bytes)
{
    return memset(memory_get(bytes), 0xa5, bytes);
}

static void check_set(const struct kernel_set *set, const struct shape *shape,
                      const uint8_t *planes)
{
    const struct window *window = shape->window;
    const struct layout *layout = shape->layout;
    int channels = pixel_bytes(shape);
    struct window_sums_u8 window_sums = {
        .input = planes + layout->before,
        .windows = {input_sample(shape), window->stride_high * input_row(shape),
                    (ptrdiff_t)window->stride_wide * channels},
        .samples = layout->samples,
        .rows = layout->rows,
        .columns = layout->columns,
        .taps_high = window->taps_high,
        .taps_wide = window->taps_wide,
        .tap_row = window->dilation_high * input_row(shape),
        .tap_column = (ptrdiff_t)window->dilation_wide * channels,
        .input_row = input_row(shape),
        .input_channels = channels,
        .channels = shape->channels,
    };

    window_sums.scratch =
        make_garbage(window_sums_scratch(&window_sums) * sizeof *window_sums.scratch);
    window_sums.sums = make_garbage(pixels_of(shape) * sizeof *window_sums.sums);
    set->window_sums_u8(&window_sums);
    check_sums(set, shape, planes, window_sums.sums);
    free(window_sums.sums);
    free(window_sums.scratch);
}

static void check_shape(const struct shape *shape, int code)
{
    uint8_t *planes = make_planes(shape, code);

    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (set->runs_here())
            check_set(set, shape, planes);
    free(planes);
}

static void every_set_equals_plain_loops(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (size_t j = 0; j < sizeof layouts / sizeof *layouts; j++)
            for (size_t k = 0; k < sizeof channel_counts / sizeof *channel_counts; k++)
                check_shape(
                    &(struct shape){&windows[i], &layouts[j], channel_counts[k]},
                    RANDOM);
}

static void the_largest_codes_do_not_overflow(void **state)
{
    static const struct window large = {7, 7, 1, 1, 1, 1};

    (void)state;
    for (size_t j = 0; j < sizeof layouts / sizeof *layouts; j++)
        for (size_t k = 0; k < sizeof channel_counts / sizeof *channel_counts; k++)
            check_shape(&(struct shape){&large, &layouts[j], channel_counts[k]}, 255);
    /* 9 * 5000 * 255 is still below 2^24, up to where floats are exact. */
    check_shape(&(struct shape){&windows[3], &layouts[1], 5000}, 255);
}

static void zeros_sum_to_zero(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof channel_counts / sizeof *channel_counts; k++)
        check_shape(&(struct shape){&windows[3], &layouts[2], channel_counts[k]}, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_equals_plain_loops),
        cmocka_unit_test(the_largest_codes_do_not_overflow),
        cmocka_unit_test(zeros_sum_to_zero),
    };

    return cmocka_run_group_tests_name("window sums", tests, NULL, NULL);
}
