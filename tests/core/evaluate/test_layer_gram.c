#include "core/evaluate/layer_gram.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 1;

static uint32_t draw(uint32_t count)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % count;
}

enum { SAMPLES = 3 };
static const float input_step = 0.25f, target_step = 0.5f;

/* A convolution, what it sees and what its products should be. */
struct trial {
    int height, width, channels;
    struct window window;
    int groups, outputs;
    int border; /* more than the padding, on all sides, where codes are */
    bool is_codes;
};

static const struct window three = {.kernel_height = 3,
                                    .kernel_width = 3,
                                    .stride_height = 1,
                                    .stride_width = 1,
                                    .dilation_height = 1,
                                    .dilation_width = 1,
                                    .pad_top = 1,
                                    .pad_left = 1,
                                    .pad_bottom = 1,
                                    .pad_right = 1};
static const struct window strided = {.kernel_height = 2,
                                      .kernel_width = 3,
                                      .stride_height = 2,
                                      .stride_width = 3,
                                      .dilation_height = 2,
                                      .dilation_width = 1,
                                      .pad_left = 2,
                                      .pad_bottom = 1};
static const struct window one = {.kernel_height = 1,
                                  .kernel_width = 1,
                                  .stride_height = 1,
                                  .stride_width = 1,
                                  .dilation_height = 1,
                                  .dilation_width = 1};

static int code_at(const struct value *value, int sample, int y, int x, int channel)
{
    const struct plane *plane = value->plane;
    const struct strides strides = plane_strides(plane);

    if (y < 0 || y >= plane->height || x < 0 || x >= plane->width)
        return value_is_codes(value) ? value->zero_code : 1 << 15;
    if (value_is_codes(value))
        return value_codes(value)[sample * strides.sample + y * strides.row +
                                  x * strides.column + channel];
    return (1 << 15) +
           (int)rintf(((const float *)value
                           ->data)[((sample * plane->height + y) * plane->width + x) *
                                       plane->channels +
                                   channel] /
                      input_step);
}

/* Adds one window of one group, x [K] and t [outputs of the group]. */
static void add_plainly(const struct gram *gram, const int *x, const int *t)
{
    ++*gram->positions;
    for (int i = 0; i < gram->inputs; i++) {
        gram->x[i] += x[i];
        for (int j = i; j < gram->inputs; j++)
            gram->xx[gram_row(gram->inputs, i) + (size_t)j] += (int64_t)x[i] * x[j];
        for (int o = 0; o < gram->outputs; o++)
            gram->tx[o * gram->inputs + i] += (int64_t)x[i] * t[o];
    }
    for (int o = 0; o < gram->outputs; o++)
        gram->t[o] += t[o];
}

static void add_position(const struct layer *layer, const struct value *input,
                         const float *targets, int sample, int row, int column,
                         int64_t *numbers)
{
    const struct window *window = &layer->window;
    int inputs = layer->weights->inputs;
    int of_group = layer->weights->outputs / layer->weights->groups;

    for (int group = 0; group < layer->weights->groups; group++) {
        const struct gram gram = layer_gram_of(layer, group, numbers);
        int x[64], t[64], count = 0;

        for (int ky = 0; ky < window->kernel_height; ky++)
            for (int kx = 0; kx < window->kernel_width; kx++)
                for (int i = 0; i < inputs; i++)
                    x[count++] =
                        code_at(input, sample,
                                row * window->stride_height +
                                    ky * window->dilation_height - window->pad_top,
                                column * window->stride_width +
                                    kx * window->dilation_width - window->pad_left,
                                group * inputs + i);
        for (int o = 0; o < of_group; o++)
            t[o] = (int)fmaxf(
                fminf(rintf(targets[group * of_group + o] / target_step), INT16_MAX),
                INT16_MIN);
        add_plainly(&gram, x, t);
    }
}

static struct layer make_layer(const struct trial *trial, struct weights *weights)
{
    *weights = (struct weights){.groups = trial->groups,
                                .outputs = trial->outputs,
                                .inputs = trial->channels / trial->groups,
                                .window = trial->window.kernel_height *
                                          trial->window.kernel_width};
    return (struct layer){.kind = LAYER_CONV,
                          .window = trial->window,
                          .weights = weights,
                          .weight_count = 1};
}

static struct value make_input(const struct trial *trial, const struct plane *plane)
{
    size_t count = SAMPLES * plane_count(plane);
    struct value value = {.plane = plane};

    if (trial->is_codes) {
        value.step = 0.125f;
        value.zero_code = 5;
        value.code_most = 200;
        value.data = memory_get(count + INPUT_SLACK);
        for (size_t i = 0; i < count;
             i++) /* borders of other codes are not looked at */
            ((uint8_t *)value.data)[i] = (uint8_t)draw(201);
    } else {
        value.data = memory_get(count * sizeof(float));
        for (size_t i = 0; i < count; i++)
            ((float *)value.data)[i] = ((float)draw(4001) - 2000) * 0.31f;
    }
    return value;
}

static float *make_targets(size_t count)
{
    float *targets = memory_get(count * sizeof *targets);

    for (size_t i = 0; i < count; i++)
        targets[i] = ((float)draw(60001) - 30000) * (draw(50) == 0 ? 1.7f : 0.3f);
    return targets;
}

static void check(const struct trial *trial)
{
    int border = trial->is_codes ? trial->border : 0;
    const struct plane plane = {trial->height, trial->width, trial->channels, border,
                                border + 1,    border,       border + 2,      16};
    const struct plane bare = plane_bare(&plane);
    struct weights weights;
    const struct layer layer = make_layer(trial, &weights);
    struct value input = make_input(trial, trial->is_codes ? &plane : &bare);
    int rows = window_output_height(&trial->window, trial->height);
    int columns = window_output_width(&trial->window, trial->width);
    size_t pixels = (size_t)(rows * columns), count = layer_gram_count(&layer);
    float *targets = make_targets(SAMPLES * pixels * (size_t)trial->outputs);
    int64_t *found = memory_zeroed(count, sizeof *found);
    int64_t *wanted = memory_zeroed(count, sizeof *wanted);
    double maxima[LAYER_GRAM_MAXIMA];

    for (int sample = 0; sample < SAMPLES; sample++)
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) {
                size_t at = (size_t)((sample * rows + row) * columns + column);

                add_position(&layer, &input, targets + at * (size_t)trial->outputs,
                             sample, row, column, wanted);
            }
    layer_gram_add(&layer, kernel_set_best(), &input, input_step, targets, target_step,
                   SAMPLES, found, maxima);
    assert_memory_equal(found, wanted, count * sizeof *found);
    assert_true(maxima[LAYER_GRAM_INPUT_STEP] == (trial->is_codes ? 0.125 : 0.25));
    assert_true(maxima[LAYER_GRAM_INPUT_ZERO] == (trial->is_codes ? 5 : 1 << 15));
    free(input.data);
    free(targets);
    free(found);
    free(wanted);
}

static void moments_are_those_of_windows_one_by_one(void **state)
{
    const struct trial trials[] = {
        {6, 5, 4, three, 1, 3, 1, true},   {6, 5, 4, three, 1, 3, 0, false},
        {7, 9, 6, strided, 3, 6, 2, true}, {7, 9, 6, strided, 3, 6, 0, false},
        {5, 6, 8, three, 8, 8, 3, true},   {1, 1, 40, one, 1, 7, 0, true},
        {1, 1, 40, one, 1, 7, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        check(&trials[i]);
}

/* Parts of the samples make the same sums: so do those of ranks. */
static void samples_may_come_apart(void **state)
{
    const struct trial trial = {6, 5, 4, three, 1, 3, 1, false};
    const struct plane plane = {
        trial.height, trial.width, trial.channels, 0, 0, 0, 0, 0};
    struct weights weights;
    const struct layer layer = make_layer(&trial, &weights);
    struct value input = make_input(&trial, &plane), last = input;
    size_t of_sample = 6 * 5 * 3, count = layer_gram_count(&layer);
    float *targets = make_targets(SAMPLES * of_sample);
    int64_t *all = memory_zeroed(count, sizeof *all);
    int64_t *parts = memory_zeroed(count, sizeof *parts);
    double maxima[LAYER_GRAM_MAXIMA];

    (void)state;
    last.data = (float *)input.data + 2 * plane_count(&plane);
    layer_gram_add(&layer, kernel_set_best(), &input, input_step, targets, target_step,
                   SAMPLES, all, maxima);
    layer_gram_add(&layer, kernel_set_best(), &last, input_step,
                   targets + 2 * of_sample, target_step, 1, parts, maxima);
    layer_gram_add(&layer, kernel_set_best(), &input, input_step, targets, target_step,
                   2, parts, maxima);
    assert_memory_equal(all, parts, count * sizeof *all);
    free(input.data);
    free(targets);
    free(all);
    free(parts);
}

static void steps_are_powers_of_two_with_room_for_twice_as_much(void **state)
{
    static const struct {
        double magnitude;
        float step;
    } steps[] = {{1, 0x1p-13f}, {0.99, 0x1p-14f}, {5, 0x1p-11f},
                 {0, 1},        {INFINITY, 1},    {NAN, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_true(layer_gram_step(steps[i].magnitude) == steps[i].step);
    assert_true(layer_gram_step(1e-300) > 0);
    assert_true(isfinite(layer_gram_step(1e300)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_windows_one_by_one),
        cmocka_unit_test(samples_may_come_apart),
        cmocka_unit_test(steps_are_powers_of_two_with_room_for_twice_as_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
