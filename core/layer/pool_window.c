#include "core/layer/pool_window.h"

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

/* Output pixels from column `column` on whose windows have all their columns on the input; at least one, which
 * need not. */
static int pixels_alike(const struct pool_window *at, int column, int width)
{
    int pixels = 1;

    if (at->columns.end - at->columns.first < at->window->kernel_width)
        return 1;
    while (column + pixels < width &&
           at->columns.begin + pixels * at->window->stride_width +
                   (at->window->kernel_width - 1) * at->window->dilation_width <
               at->input->width)
        pixels++;
    return pixels;
}

/* Slides a pool's window along an output row of a sample. */
static void slide_along(const struct layer_task *task, windows_fn look,
                        struct pool_window *at, int width, const unsigned char *sample,
                        unsigned char *row, size_t element_bytes)
{
    for (int column = 0; column < width; column += at->pixels) {
        at->columns = column_taps(at->window, column, at->input->width);
        at->pixels = pixels_alike(at, column, width);
        look(task, at, sample, row + column * at->out_step * (ptrdiff_t)element_bytes);
    }
}

/* Slides a pool's window over all samples, one after the other: they are far apart. */
static void slide(const struct layer_task *task, windows_fn look, struct side from,
                  struct side to, size_t element_bytes)
{
    const struct strides in = plane_strides(&from.plane),
                         out = plane_strides(&to.plane);
    const ptrdiff_t bytes = (ptrdiff_t)element_bytes;
    struct pool_window at = {.input = layer_task_input(task, 0),
                             .window = &task->layer->window,
                             .in_step = task->layer->window.stride_width * in.column,
                             .out_step = out.column,
                             .strides = in};

    for (int sample = 0; sample < task->samples; sample++)
        for (int row = 0; row < to.plane.height; row++) {
            at.rows = row_taps(at.window, row, at.input->height);
            slide_along(task, look, &at, to.plane.width,
                        from.first + sample * in.sample * bytes,
                        to.first + (sample * out.sample + row * out.row) * bytes,
                        element_bytes);
        }
}

void pool_window_slide_floats(const struct layer_task *task, windows_fn look)
{
    slide(task, look, float_side(layer_task_input(task, 0), layer_task_floats(task, 0)),
          float_side(layer_task_output(task), task->out), sizeof(float));
}

void pool_window_slide_codes(const struct layer_task *task, windows_fn look,
                             struct value *output)
{
    slide(task, look, code_side(task->inputs[0]), code_side(output), sizeof(uint8_t));
}
