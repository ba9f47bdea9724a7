/* Maxima and averages over a window or over all of height and width. */
#include "core/onnx/onnx_pool.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_operators.h"
#include "core/onnx/onnx_rows.h"
#include "core/onnx/onnx_window.h"

/* Input 0, channels of a line, an image, or a volume: index of the tensor. */
static int read_image(const struct onnx_node *node, int *input, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape;

    if (onnx_node_tensor(node, 0, input, err) < 0)
        return -1;
    shape = onnx_shape_of_tensor(&node->graph->network->tensors[*input]);
    if (shape.rank < 3 || shape.rank > 2 + ONNX_WINDOW_AXES_MAX)
        return onnx_node_error(node, err,
                               "its input must be [N, C, L], [N, C, H, W] or "
                               "[N, C, D, H, W], but is %s",
                               onnx_shape_text(&shape, text));
    return 0;
}

/* ---- windows ---- */

/* What a pool is made of: over a volume, a pool of its planes and then one along depth, which gives the same. */
struct pool {
    enum layer_kind kind;
    bool count_padding;
    struct onnx_window over;
};

/* Over height and width, each of which may be NULL. */
static int give_pool_layer(const struct onnx_node *node, const struct pool *pool,
                           int input, const struct onnx_window_axis *height,
                           const struct onnx_window_axis *width, struct error *err)
{
    const struct tensor *image = &node->graph->network->tensors[input];
    struct onnx_shape output = {.rank = 3,
                                .dims = {image->channels,
                                         height ? height->output : image->height,
                                         width ? width->output : image->width}};
    struct layer *layer =
        onnx_node_give_layer(node, pool->kind, &input, 1, &output, err);

    if (!layer)
        return -1;
    layer->window = onnx_window_of(height, width);
    if (pool->kind == LAYER_AVERAGE_POOL)
        layer->average_pool =
            (struct average_pool){.count_padding = pool->count_padding,
                                  .extra_bottom = height ? (int)height->extra : 0,
                                  .extra_right = width ? (int)width->extra : 0};
    return 0;
}

/* The tensor `input` as [first, second, third], which is what it holds in another shape. */
static int give_as(const struct onnx_node *node, int *input, int64_t first,
                   int64_t second, int64_t third, struct error *err)
{
    struct onnx_shape sample = {.rank = 3, .dims = {first, second, third}};

    return onnx_rows_give_as(node, input, &sample, err);
}

/* Of a line, an image, or a volume; `output` is the tensor that comes out. */
static int give_windows(const struct onnx_node *node, const struct pool *pool,
                        int input, struct error *err)
{
    const struct tensor *tensor = &node->graph->network->tensors[input];
    const struct onnx_window_axis *axis = pool->over.axis;
    int64_t channels = tensor->dims[0];
    struct onnx_value *value;

    if (pool->over.axes == 2)
        return give_pool_layer(node, pool, input, &axis[0], &axis[1], err);
    if (pool->over.axes == 1)
        return give_as(node, &input, channels, 1, axis[0].size, err) < 0
                   ? -1
                   : give_pool_layer(node, pool, input, NULL, &axis[0], err);
    if (give_as(node, &input, channels * axis[0].size, axis[1].size, axis[2].size,
                err) < 0 ||
        give_pool_layer(node, pool, input, &axis[1], &axis[2], err) < 0 ||
        onnx_node_output(node, &value, err) < 0)
        return -1;
    input = value->tensor;
    if (give_as(node, &input, channels, axis[0].size, axis[1].output * axis[2].output,
                err) < 0)
        return -1;
    return give_pool_layer(node, pool, input, &axis[0], NULL, err);
}

static int give_pool(const struct onnx_node *node, struct pool *pool, struct error *err)
{
    const struct tensor *tensor;
    struct onnx_shape sample;
    int input;

    if (read_image(node, &input, err) < 0)
        return -1;
    tensor = &node->graph->network->tensors[input];
    sample = (struct onnx_shape){.rank = tensor->rank, .dims = {tensor->dims[0]}};
    if (onnx_window_read(node, NULL, tensor->rank - 1, tensor->dims + 1, &pool->over,
                         err) < 0 ||
        give_windows(node, pool, input, err) < 0)
        return -1;
    for (int i = 0; i < pool->over.axes; i++)
        sample.dims[1 + i] = pool->over.axis[i].output;
    return sample.rank == 3 ? 0 : onnx_rows_give_back(node, &sample, err);
}

static int read_max_pool(const struct onnx_node *node, struct error *err)
{
    struct pool pool = {.kind = LAYER_MAX_POOL};

    return give_pool(node, &pool, err);
}

static int read_average_pool(const struct onnx_node *node, struct error *err)
{
    struct pool pool = {.kind = LAYER_AVERAGE_POOL};
    int64_t count_padding;

    if (onnx_attribute_integer(node, "count_include_pad", 0, &count_padding, err) < 0)
        return -1;
    pool.count_padding = count_padding != 0;
    return give_pool(node, &pool, err);
}

/* ---- all of an image ---- */

int onnx_pool_give_whole(const struct onnx_node *node, enum layer_kind kind, int input,
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

/* All of a line or a volume is one row of an image. */
static int read_global(const struct onnx_node *node, enum layer_kind kind,
                       struct error *err)
{
    const struct tensor *tensor;
    struct onnx_shape sample;
    int input;

    if (read_image(node, &input, err) < 0)
        return -1;
    tensor = &node->graph->network->tensors[input];
    if (tensor->rank == 3)
        return onnx_pool_give_whole(node, kind, input, true, true, true, err);
    sample = (struct onnx_shape){.rank = tensor->rank, .dims = {tensor->dims[0]}};
    for (int i = 1; i < sample.rank; i++)
        sample.dims[i] = 1;
    if (give_as(node, &input, tensor->dims[0], 1,
                (int64_t)(tensor->count / (size_t)tensor->dims[0]), err) < 0 ||
        onnx_pool_give_whole(node, kind, input, true, true, true, err) < 0)
        return -1;
    return onnx_rows_give_back(node, &sample, err);
}

static int read_global_max_pool(const struct onnx_node *node, struct error *err)
{
    return read_global(node, LAYER_MAX_POOL, err);
}

static int read_global_average_pool(const struct onnx_node *node, struct error *err)
{
    return read_global(node, LAYER_AVERAGE_POOL, err);
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
