#include "core/layer/layer_run.h"

#include "core/kernel/vector_clones.h"
#include "core/layer/join_codes.h"
#include "core/layer/mean_codes.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What a layer works on: its inputs as values, and room for its output as floats. */
struct task {
    const struct layer_run *run;
    const struct layer *layer; /* run's */
    const struct value *const *inputs;
    int samples;
    const struct scratch *scratch;
    float *out; /* [samples, elements] */
};

static const struct tensor *input_tensor(const struct task *task, int input)
{
    return &task->run->network->tensors[task->layer->inputs[input]];
}

static const struct tensor *output_tensor(const struct task *task)
{
    return &task->run->network->tensors[task->layer->output];
}

static size_t elements(const struct task *task, const struct tensor *tensor)
{
    return (size_t)task->samples * tensor->count;
}

static const float *floats_of(const struct task *task, int input)
{
    return value_as_floats(task->inputs[input], task->samples,
                           task->scratch->floats[0]);
}

static void run_affine(const struct task *task)
{
    const struct affine *affine = &task->layer->affine;
    size_t channels = (size_t)output_tensor(task)->channels;
    size_t pixels = elements(task, output_tensor(task)) / channels;
    const float *x = floats_of(task, 0);
    float *y = task->out;

    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (size_t channel = 0; channel < channels; channel++) {
            float scale = affine->scale ? affine->scale[channel] : 1.0f;
            float shift = affine->shift ? affine->shift[channel] : 0.0f;

            *y++ = *x++ * scale + shift;
        }
}

static void run_add(const struct task *task)
{
    size_t count = elements(task, output_tensor(task));

    memcpy(task->out, floats_of(task, 0), count * sizeof *task->out);
    for (int input = 1; input < task->layer->input_count; input++) {
        const float *x = floats_of(task, input);

        for (size_t i = 0; i < count; i++)
            task->out[i] += x[i];
    }
}

static void run_concat(const struct task *task)
{
    size_t channels = (size_t)output_tensor(task)->channels;
    size_t pixels = elements(task, output_tensor(task)) / channels;
    float *out = task->out;

    for (int input = 0; input < task->layer->input_count; input++) {
        size_t part = (size_t)input_tensor(task, input)->channels;
        const float *x = floats_of(task, input);

        for (size_t pixel = 0; pixel < pixels; pixel++)
            memcpy(out + pixel * channels, x + pixel * part, part * sizeof *x);
        out += part;
    }
}

/* The taps of a pool's window that lie on the input, for one output row or column. */
struct taps {
    int first, end; /* tap indices [first, end) */
    int begin;      /* input position of tap 0 */
};

static struct taps taps_of(int output, int stride, int pad, int kernel, int dilation,
                           int size)
{
    struct taps taps = {.first = 0, .end = kernel, .begin = output * stride - pad};

    while (taps.first < kernel && taps.begin + taps.first * dilation < 0)
        taps.first++;
    while (taps.end > taps.first && taps.begin + (taps.end - 1) * dilation >= size)
        taps.end--;
    return taps;
}

enum { MAX_CHANNELS = 64 }; /* that a max pool of codes does at once */

/* Where a pool's window lies for one output pixel. */
struct pool_window {
    struct taps rows, columns;
    const struct tensor *input;
    const struct window *window;
    struct strides strides; /* of the input */
};

static struct taps row_taps(const struct window *window, int row, int height)
{
    return taps_of(row, window->stride_height, window->pad_top, window->kernel_height,
                   window->dilation_height, height);
}

static struct taps column_taps(const struct window *window, int column, int width)
{
    return taps_of(column, window->stride_width, window->pad_left, window->kernel_width,
                   window->dilation_width, width);
}

static ptrdiff_t tap_element(const struct pool_window *at, int sample, int row,
                             int column)
{
    int y = at->rows.begin + row * at->window->dilation_height;
    int x = at->columns.begin + column * at->window->dilation_width;

    return sample * at->strides.sample + y * at->strides.row + x * at->strides.column;
}

/* What a pool makes of one window, all channels of it. */
typedef void (*window_fn)(const struct task *task, const struct pool_window *at,
                          int sample, const void *from, void *to);

/* One side of a pool: where its first pixel is, and how it is laid out. */
struct side {
    unsigned char *first;
    struct plane plane;
};

static struct side float_side(const struct tensor *tensor, const float *floats)
{
    return (struct side){(unsigned char *)floats,
                         {.height = tensor->height,
                          .width = tensor->width,
                          .channels = tensor->channels}};
}

static struct side code_side(const struct value *value)
{
    return (struct side){value_codes(value), *value->plane};
}

/* Slides a pool's window over all samples. */
static void slide(const struct task *task, window_fn look, struct side from,
                  struct side to, size_t element_bytes)
{
    const struct strides out = plane_strides(&to.plane);

    struct pool_window at = {.input = input_tensor(task, 0),
                             .window = &task->layer->window,
                             .strides = plane_strides(&from.plane)};

    for (int row = 0; row < to.plane.height; row++) {
        at.rows = row_taps(at.window, row, at.input->height);
        for (int column = 0; column < to.plane.width; column++) {
            ptrdiff_t pixel = row * out.row + column * out.column;

            at.columns = column_taps(at.window, column, at.input->width);
            for (int sample = 0; sample < task->samples; sample++)
                look(task, &at, sample, from.first,
                     to.first +
                         (sample * out.sample + pixel) * (ptrdiff_t)element_bytes);
        }
    }
}

static void slide_floats(const struct task *task, window_fn look)
{
    slide(task, look, float_side(input_tensor(task, 0), floats_of(task, 0)),
          float_side(output_tensor(task), task->out), sizeof(float));
}

VECTOR_CLONES
static void max_of_window(const struct task *task, const struct pool_window *at,
                          int sample, const void *from, void *to)
{
    int channels = at->input->channels;
    float *y = to;

    (void)task;
    for (int channel = 0; channel < channels; channel++)
        y[channel] = -INFINITY;
    for (int row = at->rows.first; row < at->rows.end; row++)
        for (int column = at->columns.first; column < at->columns.end; column++) {
            const float *tap =
                (const float *)from + tap_element(at, sample, row, column);

            for (int channel = 0; channel < channels; channel++)
                y[channel] = tap[channel] > y[channel] ? tap[channel] : y[channel];
        }
}

/* The greatest codes of some channels: they stay in registers while the taps go by. */
static inline __attribute__((always_inline)) void
max_of_channels(const struct pool_window *at, const uint8_t *from, const int count,
                uint8_t *to)
{
    const ptrdiff_t step = at->window->dilation_width * at->strides.column;
    const int columns = at->columns.end - at->columns.first;
    uint8_t most[MAX_CHANNELS] = {0};

    for (int row = at->rows.first; row < at->rows.end; row++) {
        const uint8_t *tap = from + tap_element(at, 0, row, at->columns.first);

        for (int column = 0; column < columns; column++, tap += step)
            for (int i = 0; i < count; i++)
                most[i] = tap[i] > most[i] ? tap[i] : most[i];
    }
    memcpy(to, most, (size_t)count);
}

VECTOR_CLONES
static void max_of_window_codes(const struct task *task, const struct pool_window *at,
                                int sample, const void *from, void *to)
{
    const uint8_t *x = (const uint8_t *)from + sample * at->strides.sample;
    int channels = at->input->channels, channel = 0;
    uint8_t *y = to;

    (void)task;
    for (; channel + MAX_CHANNELS <= channels; channel += MAX_CHANNELS)
        max_of_channels(at, x + channel, MAX_CHANNELS, y + channel);
    if (channel < channels)
        max_of_channels(at, x + channel, channels - channel, y + channel);
}

static void run_max_pool(const struct task *task)
{
    slide_floats(task, max_of_window);
}

static void pass_max_pool(const struct task *task, struct value *output)
{
    slide(task, max_of_window_codes, code_side(task->inputs[0]), code_side(output),
          sizeof(uint8_t));
}

/* Taps of one direction that count for the average: those on the input, or those within the
 * padded plane but for the part that ceil_mode added. */
static int counted(const struct taps *taps, int kernel, int dilation, int size,
                   int pad_end, bool count_padding)
{
    int count = 0;

    if (!count_padding)
        return taps->end - taps->first;
    for (int tap = 0; tap < kernel; tap++)
        count += taps->begin + tap * dilation < size + pad_end;
    return count;
}

static int divisor(const struct pool_window *at, const struct average_pool *pool)
{
    const struct window *w = at->window;

    return counted(&at->rows, w->kernel_height, w->dilation_height, at->input->height,
                   w->pad_bottom - pool->extra_bottom, pool->count_padding) *
           counted(&at->columns, w->kernel_width, w->dilation_width, at->input->width,
                   w->pad_right - pool->extra_right, pool->count_padding);
}

VECTOR_CLONES
static void average_of_window(const struct task *task, const struct pool_window *at,
                              int sample, const void *from, void *to)
{
    int channels = at->input->channels;
    float count = (float)divisor(at, &task->layer->average_pool);
    float *y = to;

    memset(y, 0, (size_t)channels * sizeof *y);
    for (int row = at->rows.first; row < at->rows.end; row++)
        for (int column = at->columns.first; column < at->columns.end; column++) {
            const float *tap =
                (const float *)from + tap_element(at, sample, row, column);

            for (int channel = 0; channel < channels; channel++)
                y[channel] += tap[channel];
        }
    for (int channel = 0; channel < channels; channel++)
        y[channel] = count > 0 ? y[channel] / count : 0;
}

static void run_average_pool(const struct task *task)
{
    slide_floats(task, average_of_window);
}

static void run_rearrange(const struct task *task)
{
    const struct rearrange *rearrange = &task->layer->rearrange;
    size_t count = output_tensor(task)->count;
    const float *x = floats_of(task, 0);
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++) {
        for (size_t i = 0; i < count; i++)
            *y++ = rearrange->from[i] < 0 ? rearrange->fill : x[rearrange->from[i]];
        x += input_tensor(task, 0)->count;
    }
}

static void pass_rearrange(const struct task *task, struct value *output)
{
    code_moves_run(task->run->moves, task->inputs[0], task->samples, output);
}

static void clamp(const struct layer *layer, size_t count, float *values)
{
    if (layer_is_unclamped(layer))
        return;
    for (size_t i = 0; i < count; i++) {
        float v = values[i] > layer->low ? values[i] : layer->low;

        values[i] = v < layer->high ? v : layer->high;
    }
}

/* ---- codes of codes ------------------------------------------------------------------------- */

static bool adds_two_codes(const struct task *task)
{
    return task->layer->input_count == 2 && value_is_codes(task->inputs[0]) &&
           value_is_codes(task->inputs[1]);
}

static bool join_sum(const struct task *task, const struct quantizer *quantizer,
                     struct value *output)
{
    if (!adds_two_codes(task))
        return false;
    if (task->run->rounds_like_kernels)
        join_codes_add_like_kernels(task->layer, task->inputs[0], task->inputs[1],
                                    task->samples, quantizer, output);
    else
        join_codes_add(task->layer, task->inputs[0], task->inputs[1], task->samples,
                       quantizer, output, task->scratch->sums);
    return true;
}

static bool is_of_all_pixels(const struct task *task)
{
    const struct tensor *input = input_tensor(task, 0), *output = output_tensor(task);
    const struct window *window = &task->layer->window;

    return output->height == 1 && output->width == 1 && window->dilation_height == 1 &&
           window->dilation_width == 1 && window->kernel_height == input->height &&
           window->kernel_width == input->width && window->pad_top == 0 &&
           window->pad_left == 0;
}

static bool join_mean(const struct task *task, const struct quantizer *quantizer,
                      struct value *output)
{
    if (!task->run->rounds_like_kernels || !value_is_codes(task->inputs[0]) ||
        !is_of_all_pixels(task))
        return false;
    mean_codes(task->layer, task->inputs[0], task->samples, quantizer, output,
               (int32_t *)task->scratch->sums);
    return true;
}

static bool join_concat(const struct task *task, const struct quantizer *quantizer,
                        struct value *output)
{
    size_t first = 0;

    if (!layer_is_unclamped(task->layer))
        return false;
    value_become_codes(output, task->samples, quantizer);
    for (int input = 0; input < task->layer->input_count; input++) {
        join_codes_put(task->inputs[input], task->samples, quantizer, first, output,
                       task->scratch->floats[0], (uint8_t *)task->scratch->sums);
        first += (size_t)input_tensor(task, input)->channels;
    }
    return true;
}

/* How each kind runs on floats, on codes that pass through (NULL: they cannot), and to codes without
 * floats between, where it returns true. */
static const struct {
    void (*run)(const struct task *task);
    void (*pass)(const struct task *task, struct value *output);
    bool (*join)(const struct task *task, const struct quantizer *quantizer,
                 struct value *output);
} kinds[LAYER_KIND_COUNT] = {
    [LAYER_AFFINE] = {.run = run_affine},
    [LAYER_ADD] = {.run = run_add, .join = join_sum},
    [LAYER_MAX_POOL] = {.run = run_max_pool, .pass = pass_max_pool},
    [LAYER_AVERAGE_POOL] = {.run = run_average_pool, .join = join_mean},
    [LAYER_CONCAT] = {.run = run_concat, .join = join_concat},
    [LAYER_REARRANGE] = {.run = run_rearrange, .pass = pass_rearrange},
};

static bool codes_can_pass(const struct layer *layer)
{
    return kinds[layer->kind].pass && layer_is_unclamped(layer) &&
           (layer->kind != LAYER_REARRANGE || layer->rearrange.fill == 0);
}

bool layer_gives_codes(const struct layer *layer, bool from_codes,
                       const struct quantizer *quantizer)
{
    return quantizer || (from_codes && codes_can_pass(layer));
}

void layer_run_block(const struct layer_run *run, const struct value *const *inputs,
                     int samples, const struct quantizer *quantizer,
                     struct value *output, const struct scratch *scratch)
{
    const struct layer *layer = run->layer;
    struct task task = {.run = run,
                        .layer = layer,
                        .inputs = inputs,
                        .samples = samples,
                        .scratch = scratch,
                        .out = quantizer ? scratch->sums : output->data};
    size_t count = (size_t)samples * run->network->tensors[layer->output].count;

    assert(kinds[layer->kind].run);
    if (!quantizer && value_is_codes(inputs[0]) && codes_can_pass(layer)) {
        value_become_codes_like(output, samples, inputs[0]);
        kinds[layer->kind].pass(&task, output);
        return;
    }
    if (quantizer && kinds[layer->kind].join &&
        kinds[layer->kind].join(&task, quantizer, output))
        return;
    kinds[layer->kind].run(&task);
    clamp(layer, count, task.out);
    value_from_floats(task.out, samples, quantizer, output);
}
