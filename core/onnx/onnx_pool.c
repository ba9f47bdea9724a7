/* Maxima and averages over a window or over all of height and width. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_window.h"

/* Input 0 as an image: index of the tensor. */
static int read_image(const struct onnx_node *node, int *input, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape;

    if (onnx_node_tensor(node, 0, input, err) < 0)
        return -1;
    shape = onnx_shape_of_tensor(&node->graph->network->tensors[*input]);
    if (shape.rank != 4)
        return onnx_node_error(node, err, "its input must be [N, C, H, W], but is %s",
                               onnx_shape_text(&shape, text));
    return 0;
}

static struct layer *give_pool(const struct onnx_node *node, enum layer_kind kind,
                               int extra[2], struct error *err)
{
    const struct tensor *image;
    struct onnx_shape output = {.rank = 3};
    struct window window;
    struct layer *layer;
    int input;

    if (read_image(node, &input, err) < 0)
        return NULL;
    image = &node->graph->network->tensors[input];
    output.dims[0] = image->channels;
    if (onnx_window_read(node, NULL, image->height, image->width, &window, extra,
                         output.dims + 1, err) < 0)
        return NULL;
    layer = onnx_node_give_layer(node, kind, &input, 1, &output, err);
    if (layer)
        layer->window = window;
    return layer;
}

static int read_max_pool(const struct onnx_node *node, struct error *err)
{
    int extra[2];

    return give_pool(node, LAYER_MAX_POOL, extra, err) ? 0 : -1;
}

static int read_average_pool(const struct onnx_node *node, struct error *err)
{
    struct layer *layer;
    int64_t count_padding;
    int extra[2];

    if (onnx_attribute_integer(node, "count_include_pad", 0, &count_padding, err) < 0)
        return -1;
    layer = give_pool(node, LAYER_AVERAGE_POOL, extra, err);
    if (!layer)
        return -1;
    layer->average_pool = (struct average_pool){.count_padding = count_padding != 0,
                                                .extra_bottom = extra[0],
                                                .extra_right = extra[1]};
    return 0;
}

/* One window over all rows, all columns, or both. */
static int give_whole(const struct onnx_node *node, enum layer_kind kind, int input,
                      bool over_height, bool over_width, bool keeps_dims,
                      struct error *err)
{
    const struct tensor *image = &node->graph->network->tensors[input];
    int height = over_height ? image->height : 1, width = over_width ? image->width : 1;
    struct onnx_shape output = {
        .rank = keeps_dims ? 3 : 1,
        .dims = {image->channels, image->height / height, image->width / width}};
    struct layer *layer = onnx_node_give_layer(node, kind, &input, 1, &output, err);

    if (!layer)
        return -1;
    layer->window.kernel_height = height;
    layer->window.kernel_width = width;
    return 0;
}

static int read_global(const struct onnx_node *node, enum layer_kind kind,
                       struct error *err)
{
    int input;

    if (read_image(node, &input, err) < 0)
        return -1;
    return give_whole(node, kind, input, true, true, true, err);
}

static int read_global_max_pool(const struct onnx_node *node, struct error *err)
{
    return read_global(node, LAYER_MAX_POOL, err);
}

static int read_global_average_pool(const struct onnx_node *node, struct error *err)
{
    return read_global(node, LAYER_AVERAGE_POOL, err);
}

/* Over both of height and width, or over one of them if the dimensions are kept:
 * everything else would change what the channels are. */
static int read_reduce_mean(const struct onnx_node *node, struct error *err)
{
    bool over[4] = {false};
    const int64_t *axes;
    size_t count;
    int64_t keeps_dims;
    int input, axis;

    if (read_image(node, &input, err) < 0 ||
        onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0 ||
        onnx_attribute_integer(node, "keepdims", 1, &keeps_dims, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!onnx_shape_axis(axes[i], 4, &axis))
            return onnx_node_error(node, err, "there is no axis %lld",
                                   (long long)axes[i]);
        over[axis] = true;
    }
    if (over[0] || over[1] || !(over[2] || over[3]) ||
        (!keeps_dims && !(over[2] && over[3])))
        return onnx_node_error(node, err,
                               "only means over height and width are supported");
    return give_whole(node, LAYER_AVERAGE_POOL, input, over[2], over[3],
                      keeps_dims != 0, err);
}

const struct onnx_operator onnx_average_pool = {
    "AveragePool", 1, ONNX_ON_TENSORS, read_average_pool,
    "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"};
const struct onnx_operator onnx_global_average_pool = {
    "GlobalAveragePool", 1, ONNX_ON_TENSORS, read_global_average_pool, NULL};
const struct onnx_operator onnx_global_max_pool = {"GlobalMaxPool", 1, ONNX_ON_TENSORS,
                                                   read_global_max_pool, NULL};
const struct onnx_operator onnx_max_pool = {
    "MaxPool", 1, ONNX_ON_TENSORS, read_max_pool,
    "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"};
const struct onnx_operator onnx_reduce_mean = {"ReduceMean", 2, ONNX_ON_TENSORS,
                                               read_reduce_mean,
                                               "axes keepdims noop_with_empty_axes"};
