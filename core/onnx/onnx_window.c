#include "core/onnx/onnx_window.h"

#include "core/onnx/onnx_attribute.h"

#include <stdio.h>

enum {
    WINDOW_NUMBER_MAX = 1 << 16, /* of a kernel, a stride, a dilation, a pad */
    WINDOW_REACH_MAX = 1 << 20   /* from its first to its last element */
};

enum auto_pad { PAD_NOTSET, PAD_SAME_UPPER, PAD_SAME_LOWER, PAD_VALID, PAD_COUNT };

static const char *const auto_pads[PAD_COUNT] = {
    [PAD_NOTSET] = "NOTSET",
    [PAD_SAME_UPPER] = "SAME_UPPER",
    [PAD_SAME_LOWER] = "SAME_LOWER",
    [PAD_VALID] = "VALID",
};

/* Writes `count` numbers of a list attribute, each in [low, WINDOW_NUMBER_MAX]. */
static int read_numbers(const struct onnx_node *node, const char *name, size_t count,
                        int64_t low, int64_t absent, int64_t *numbers,
                        struct error *err)
{
    const int64_t *given;
    size_t given_count;

    if (onnx_attribute_integers(node, name, &given, &given_count, err) < 0)
        return -1;
    if (given_count != 0 && given_count != count)
        return onnx_node_error(node, err,
                               "its attribute %s has %zu numbers; its input needs %zu",
                               name, given_count, count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = given_count ? given[i] : absent;
        if (numbers[i] < low || numbers[i] > WINDOW_NUMBER_MAX)
            return onnx_node_error(node, err,
                                   "its attribute %s holds %lld; %lld to %d is "
                                   "possible",
                                   name, (long long)numbers[i], (long long)low,
                                   WINDOW_NUMBER_MAX);
    }
    return 0;
}

/* The sizes as messages say them: "3 x 3". */
enum { SIZES_TEXT_BYTES = 80 };

static const char *sizes_text(const int64_t *sizes, int axes, char *text)
{
    size_t used = 0;

    for (int i = 0; i < axes; i++)
        used += (size_t)snprintf(text + used, SIZES_TEXT_BYTES - used, "%s%lld",
                                 i ? " x " : "", (long long)sizes[i]);
    return text;
}

static int read_kernel(const struct onnx_node *node, const int64_t *weights, int axes,
                       int64_t *kernel, struct error *err)
{
    char text[SIZES_TEXT_BYTES], weights_text[SIZES_TEXT_BYTES];
    bool has_shape = onnx_attribute_find(node, "kernel_shape");
    bool fits = true;

    if (!weights && !has_shape)
        return onnx_node_error(node, err, "its attribute kernel_shape is missing");
    if (has_shape &&
        read_numbers(node, "kernel_shape", (size_t)axes, 1, 0, kernel, err) < 0)
        return -1;
    for (int i = 0; weights && i < axes; i++) {
        kernel[i] = has_shape ? kernel[i] : weights[i];
        fits = fits && kernel[i] == weights[i] && kernel[i] <= WINDOW_NUMBER_MAX;
    }
    if (!fits)
        return onnx_node_error(node, err, "kernel_shape is %s but the weights are %s",
                               sizes_text(kernel, axes, text),
                               sizes_text(weights, axes, weights_text));
    return 0;
}

static int64_t reach(const struct onnx_window_axis *axis)
{
    return axis->dilation * (axis->kernel - 1) + 1;
}

static void pad_to_same(struct onnx_window_axis *axis, bool more_at_the_end)
{
    int64_t output = (axis->size + axis->stride - 1) / axis->stride;
    int64_t total = (output - 1) * axis->stride + reach(axis) - axis->size;

    if (total < 0)
        total = 0;
    axis->pad_begin = more_at_the_end ? total / 2 : total - total / 2;
    axis->pad_end = total - axis->pad_begin;
}

/* Rounds the number of outputs up, except that no window may begin behind the input:
 * PyTorch and ONNX Runtime do the same. */
static void pad_to_ceil(struct onnx_window_axis *axis)
{
    int64_t free = axis->size + axis->pad_begin + axis->pad_end - reach(axis);
    int64_t output = (free + axis->stride - 1) / axis->stride + 1;

    if (free <= -axis->stride)
        return;
    if ((output - 1) * axis->stride >= axis->size + axis->pad_begin)
        output--;
    axis->extra = (output - 1) * axis->stride - free;
    if (axis->extra < 0)
        axis->extra = 0;
    axis->pad_end += axis->extra;
}

/* The numbers that all windows have. */
struct numbers {
    int64_t kernel[ONNX_WINDOW_AXES_MAX], strides[ONNX_WINDOW_AXES_MAX];
    int64_t dilations[ONNX_WINDOW_AXES_MAX], pads[2 * ONNX_WINDOW_AXES_MAX];
    int auto_pad;
};

static int read_all_numbers(const struct onnx_node *node, const int64_t *weights,
                            int axes, struct numbers *numbers, struct error *err)
{
    size_t count = (size_t)axes;

    if (read_kernel(node, weights, axes, numbers->kernel, err) < 0 ||
        read_numbers(node, "strides", count, 1, 1, numbers->strides, err) < 0 ||
        read_numbers(node, "dilations", count, 1, 1, numbers->dilations, err) < 0 ||
        read_numbers(node, "pads", 2 * count, 0, 0, numbers->pads, err) < 0)
        return -1;
    return onnx_attribute_choice(node, "auto_pad", auto_pads, PAD_COUNT,
                                 &numbers->auto_pad, err);
}

static int begin_axes(const struct onnx_node *node, const struct numbers *numbers,
                      int axes, const int *sizes, struct onnx_window *window,
                      struct error *err)
{
    *window = (struct onnx_window){.axes = axes};
    for (int i = 0; i < axes; i++) {
        struct onnx_window_axis *axis = &window->axis[i];
        bool has_pads = numbers->auto_pad == PAD_NOTSET;

        *axis = (struct onnx_window_axis){
            .size = sizes[i],
            .insert = 1,
            .kernel = numbers->kernel[i],
            .stride = numbers->strides[i],
            .dilation = numbers->dilations[i],
            .pad_begin = has_pads ? numbers->pads[i] : 0,
            .pad_end = has_pads ? numbers->pads[i + axes] : 0,
        };
        if (reach(axis) > WINDOW_REACH_MAX)
            return onnx_node_error(node, err,
                                   "a window over %lld elements is too large",
                                   (long long)reach(axis));
    }
    return 0;
}

static int check_axis(const struct onnx_node *node, const struct onnx_window_axis *axis,
                      bool is_pool, int64_t *output, struct error *err)
{
    int64_t free = axis->size + axis->pad_begin + axis->pad_end - reach(axis);

    if (free < 0)
        return onnx_node_error(
            node, err,
            "a window over %lld elements does not fit into an input of %lld "
            "with pads %lld and %lld",
            (long long)reach(axis), (long long)axis->size, (long long)axis->pad_begin,
            (long long)axis->pad_end);
    if (is_pool &&
        (axis->pad_begin >= reach(axis) || axis->pad_end - axis->extra >= reach(axis) ||
         (axis->dilation > axis->size && axis->pad_begin + axis->pad_end > 0)))
        return onnx_node_error(
            node, err,
            "with pads %lld and %lld a window over %lld elements may "
            "hold nothing but padding",
            (long long)axis->pad_begin, (long long)axis->pad_end,
            (long long)reach(axis));
    *output = free / axis->stride + 1;
    return 0;
}

int onnx_window_read(const struct onnx_node *node, const int64_t *kernel, int axes,
                     const int *sizes, struct onnx_window *window, struct error *err)
{
    struct numbers numbers;
    int64_t ceil_mode = 0;

    if (read_all_numbers(node, kernel, axes, &numbers, err) < 0 ||
        begin_axes(node, &numbers, axes, sizes, window, err) < 0 ||
        (!kernel && onnx_attribute_integer(node, "ceil_mode", 0, &ceil_mode, err) < 0))
        return -1;
    for (int i = 0; i < axes; i++) {
        struct onnx_window_axis *axis = &window->axis[i];

        if (numbers.auto_pad == PAD_SAME_UPPER || numbers.auto_pad == PAD_SAME_LOWER)
            pad_to_same(axis, numbers.auto_pad == PAD_SAME_UPPER);
        else if (ceil_mode)
            pad_to_ceil(axis);
        if (check_axis(node, axis, !kernel, &axis->output, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- ConvTranspose ---- */

/* What output_padding and output_shape say; 0: the shape is not said. */
struct wanted {
    int64_t padding[ONNX_WINDOW_AXES_MAX], shape[ONNX_WINDOW_AXES_MAX];
};

/* The shape may come with batch and channels in front. */
static int read_wanted(const struct onnx_node *node, int axes, struct wanted *wanted,
                       struct error *err)
{
    const int64_t *shape;
    size_t count, need = (size_t)axes;

    if (read_numbers(node, "output_padding", need, 0, 0, wanted->padding, err) < 0 ||
        onnx_attribute_integers(node, "output_shape", &shape, &count, err) < 0)
        return -1;
    if (count != 0 && count != need && count != need + 2)
        return onnx_node_error(
            node, err,
            "its attribute output_shape has %zu numbers; its input needs %zu", count,
            need);
    for (size_t i = 0; i < need; i++) {
        wanted->shape[i] = count ? shape[count - need + i] : 0;
        if (count && (wanted->shape[i] < 1 || wanted->shape[i] > WINDOW_REACH_MAX))
            return onnx_node_error(node, err,
                                   "output_shape holds %lld; 1 to %d is possible",
                                   (long long)wanted->shape[i], WINDOW_REACH_MAX);
    }
    return 0;
}

/* How much is cut from what all products make, so that `wanted` is left; as ONNX Runtime has it, of which
 * the specification leaves open where pads of a given shape lie unless auto_pad is SAME_UPPER. */
static void cut_to(struct onnx_window_axis *axis, int64_t all, int64_t wanted,
                   bool more_at_the_end)
{
    int64_t total = all > wanted ? all - wanted : 0;

    axis->pad_begin = more_at_the_end ? total / 2 : total - total / 2;
    axis->pad_end = total - axis->pad_begin;
}

/* The pads, strides of the attributes become those of the convolution. */
static int turn_axis(const struct onnx_node *node, struct onnx_window_axis *axis,
                     int64_t padding, int64_t shape, int auto_pad, struct error *err)
{
    int64_t spread = (axis->size - 1) * axis->stride + 1;
    int64_t all = spread + reach(axis) - 1 + padding;

    if (shape > 0)
        cut_to(axis, all, shape, auto_pad == PAD_SAME_UPPER);
    else if (auto_pad == PAD_SAME_UPPER || auto_pad == PAD_SAME_LOWER)
        cut_to(axis, all, axis->size * axis->stride, auto_pad == PAD_SAME_UPPER);
    axis->output = shape > 0 ? shape : all - axis->pad_begin - axis->pad_end;
    if (axis->output < 1 || all > WINDOW_REACH_MAX)
        return onnx_node_error(node, err,
                               "its output would have %lld elements along a dimension",
                               (long long)axis->output);
    axis->insert = axis->stride;
    axis->stride = 1;
    axis->pad_begin = reach(axis) - 1 - axis->pad_begin;
    axis->pad_end = axis->output - 1 + reach(axis) - spread - axis->pad_begin;
    return 0;
}

int onnx_window_read_transposed(const struct onnx_node *node, const int64_t *kernel,
                                int axes, const int *sizes, struct onnx_window *window,
                                struct error *err)
{
    struct numbers numbers;
    struct wanted wanted;

    if (read_all_numbers(node, kernel, axes, &numbers, err) < 0 ||
        begin_axes(node, &numbers, axes, sizes, window, err) < 0 ||
        read_wanted(node, axes, &wanted, err) < 0)
        return -1;
    for (int i = 0; i < axes; i++)
        if (turn_axis(node, &window->axis[i], wanted.padding[i], wanted.shape[i],
                      numbers.auto_pad, err) < 0)
            return -1;
    return 0;
}

struct window onnx_window_of(const struct onnx_window_axis *height,
                             const struct onnx_window_axis *width)
{
    static const struct onnx_window_axis one = {
        .kernel = 1, .stride = 1, .dilation = 1};

    height = height ? height : &one;
    width = width ? width : &one;
    return (struct window){
        .kernel_height = (int)height->kernel,
        .kernel_width = (int)width->kernel,
        .stride_height = (int)height->stride,
        .stride_width = (int)width->stride,
        .dilation_height = (int)height->dilation,
        .dilation_width = (int)width->dilation,
        .pad_top = (int)height->pad_begin,
        .pad_left = (int)width->pad_begin,
        .pad_bottom = (int)height->pad_end,
        .pad_right = (int)width->pad_end,
    };
}
