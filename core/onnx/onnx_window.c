#include "core/onnx/onnx_window.h"

#include "core/onnx/onnx_attribute.h"

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

/* The window along height or width. */
struct axis {
    int64_t size; /* of the input */
    int64_t kernel, stride, dilation, pad_begin, pad_end;
    int64_t extra; /* part of pad_end due to ceil_mode */
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
        return onnx_node_error(
            node, err, "its attribute %s has %zu numbers; two dimensions need %zu",
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

static int read_kernel(const struct onnx_node *node, const int64_t *weights,
                       int64_t kernel[2], struct error *err)
{
    if (!weights && !onnx_attribute_find(node, "kernel_shape"))
        return onnx_node_error(node, err, "its attribute kernel_shape is missing");
    if (read_numbers(node, "kernel_shape", 2, 1, weights ? weights[0] : 0, kernel,
                     err) < 0)
        return -1;
    if (!weights)
        return 0;
    if (!onnx_attribute_find(node, "kernel_shape"))
        kernel[1] = weights[1];
    if (kernel[0] != weights[0] || kernel[1] != weights[1] ||
        kernel[1] > WINDOW_NUMBER_MAX)
        return onnx_node_error(
            node, err, "kernel_shape is %lld x %lld but the weights are %lld x %lld",
            (long long)kernel[0], (long long)kernel[1], (long long)weights[0],
            (long long)weights[1]);
    return 0;
}

static int64_t reach(const struct axis *axis)
{
    return axis->dilation * (axis->kernel - 1) + 1;
}

static void pad_to_same(struct axis *axis, bool more_at_the_end)
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
static void pad_to_ceil(struct axis *axis)
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

static int read_axes(const struct onnx_node *node, const int64_t *weights,
                     struct axis axes[2], struct error *err)
{
    int64_t kernel[2], strides[2], dilations[2], pads[4], ceil_mode = 0;
    int auto_pad;

    if (read_kernel(node, weights, kernel, err) < 0 ||
        read_numbers(node, "strides", 2, 1, 1, strides, err) < 0 ||
        read_numbers(node, "dilations", 2, 1, 1, dilations, err) < 0 ||
        read_numbers(node, "pads", 4, 0, 0, pads, err) < 0 ||
        onnx_attribute_choice(node, "auto_pad", auto_pads, PAD_COUNT, &auto_pad, err) <
            0 ||
        (!weights && onnx_attribute_integer(node, "ceil_mode", 0, &ceil_mode, err) < 0))
        return -1;
    for (int i = 0; i < 2; i++) {
        struct axis *axis = &axes[i];

        axis->kernel = kernel[i];
        axis->stride = strides[i];
        axis->dilation = dilations[i];
        axis->pad_begin = auto_pad == PAD_NOTSET ? pads[i] : 0;
        axis->pad_end = auto_pad == PAD_NOTSET ? pads[i + 2] : 0;
        if (reach(axis) > WINDOW_REACH_MAX)
            return onnx_node_error(node, err,
                                   "a window over %lld elements is too large",
                                   (long long)reach(axis));
        if (auto_pad == PAD_SAME_UPPER || auto_pad == PAD_SAME_LOWER)
            pad_to_same(axis, auto_pad == PAD_SAME_UPPER);
        else if (ceil_mode)
            pad_to_ceil(axis);
    }
    return 0;
}

static int check_axis(const struct onnx_node *node, const struct axis *axis,
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

int onnx_window_read(const struct onnx_node *node, const int64_t *kernel, int height,
                     int width, struct window *window, int extra[2], int64_t output[2],
                     struct error *err)
{
    struct axis axes[2] = {{.size = height}, {.size = width}};

    if (read_axes(node, kernel, axes, err) < 0 ||
        check_axis(node, &axes[0], !kernel, &output[0], err) < 0 ||
        check_axis(node, &axes[1], !kernel, &output[1], err) < 0)
        return -1;
    *window = (struct window){
        .kernel_height = (int)axes[0].kernel,
        .kernel_width = (int)axes[1].kernel,
        .stride_height = (int)axes[0].stride,
        .stride_width = (int)axes[1].stride,
        .dilation_height = (int)axes[0].dilation,
        .dilation_width = (int)axes[1].dilation,
        .pad_top = (int)axes[0].pad_begin,
        .pad_left = (int)axes[1].pad_begin,
        .pad_bottom = (int)axes[0].pad_end,
        .pad_right = (int)axes[1].pad_end,
    };
    extra[0] = (int)axes[0].extra;
    extra[1] = (int)axes[1].extra;
    return 0;
}
