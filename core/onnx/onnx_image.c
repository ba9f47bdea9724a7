#include "core/onnx/onnx_image.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_view.h"

#include <stdlib.h>

/* Along a dimension that is not there. */
static const struct onnx_window_axis one = {
    .size = 1, .insert = 1, .kernel = 1, .stride = 1, .dilation = 1, .output = 1};

static const struct onnx_window_axis *width_of(const struct onnx_image *image)
{
    return &image->over->axis[image->over->axes - 1];
}

static const struct onnx_window_axis *height_of(const struct onnx_image *image)
{
    return image->over->axes < 2 ? &one : &image->over->axis[image->over->axes - 2];
}

static bool has_depth(const struct onnx_image *image)
{
    return image->over->axes == 3;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Elements of the input with zeros between. */
static int64_t spread(const struct onnx_window_axis *axis)
{
    return (axis->size - 1) * axis->insert + 1;
}

static int64_t padded(const struct onnx_window_axis *axis)
{
    return spread(axis) + axis->pad_begin + axis->pad_end;
}

/* Elements of the input with zeros between, but for those that are cut. */
static int64_t cut(const struct onnx_window_axis *axis)
{
    return spread(axis) + least(axis->pad_begin, 0) + least(axis->pad_end, 0);
}

/* ---- the image ---- */

static void plan_depth(struct onnx_image *image)
{
    const struct onnx_window_axis *depth = &image->over->axis[0];
    const struct onnx_window_axis *height = height_of(image);
    int64_t rows = padded(height), stride = height->stride;

    image->slices = depth->kernel;
    image->block = (rows + stride - 1) / stride * stride;
    image->shape.dims[0] = image->channels * image->slices;
    image->shape.dims[1] = (depth->output - 1) * image->block + rows;
    image->window.pad_top = 0;
    image->window.pad_bottom = 0;
}

static void plan(struct onnx_image *image)
{
    const struct onnx_window_axis *height = height_of(image), *width = width_of(image);
    struct onnx_window_axis rows = *height, columns = *width;

    rows.pad_begin = -least(-rows.pad_begin, 0);
    rows.pad_end = -least(-rows.pad_end, 0);
    columns.pad_begin = -least(-columns.pad_begin, 0);
    columns.pad_end = -least(-columns.pad_end, 0);
    image->slices = 1;
    image->shape = (struct onnx_shape){
        .rank = 3, .dims = {image->channels, cut(height), cut(width)}};
    image->window = onnx_window_of(&rows, &columns);
    if (has_depth(image))
        plan_depth(image);
}

/* Index of the input's element at a place of the padded input; -1: it is padding, or between. */
static int64_t element_at(const struct onnx_window_axis *axis, int64_t place)
{
    return place < 0 || place % axis->insert != 0 || place / axis->insert >= axis->size
               ? -1
               : place / axis->insert;
}

/* Place of a column, or a row of an image without depth: what is cut in front is not there. */
static int64_t place_of(const struct onnx_window_axis *axis, int64_t at)
{
    return at - least(axis->pad_begin, 0);
}

static int64_t source_of(const void *context, size_t written)
{
    const struct onnx_image *image = context;
    const struct onnx_window_axis *height = height_of(image), *width = width_of(image);
    int64_t columns = image->shape.dims[2], rows = image->shape.dims[1];
    int64_t column = (int64_t)written % columns,
            row = (int64_t)written / columns % rows;
    int64_t channel = (int64_t)written / columns / rows;
    int64_t x = element_at(width, place_of(width, column));
    int64_t y = element_at(height, place_of(height, row));

    if (has_depth(image)) {
        const struct onnx_window_axis *depth = &image->over->axis[0];
        int64_t ins = image->channels / image->groups, slices = image->slices;
        int64_t slice = channel / ins % slices;
        int64_t z = element_at(depth, row / image->block * depth->stride +
                                          slice * depth->dilation - depth->pad_begin);

        y = element_at(height, row % image->block - height->pad_begin);
        channel = channel / (ins * slices) * ins + channel % ins;
        if (z < 0)
            return -1;
        channel = channel * depth->size + z;
    }
    return x < 0 || y < 0 ? -1 : (channel * height->size + y) * width->size + x;
}

/* Whether the input is the image. */
static bool is_image(const struct onnx_image *image)
{
    if (image->over->axes != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        const struct onnx_window_axis *axis = &image->over->axis[i];

        if (axis->insert != 1 || axis->pad_begin < 0 || axis->pad_end < 0)
            return false;
    }
    return true;
}

int onnx_image_give(const struct onnx_node *node, int *input,
                    const struct onnx_window *over, int groups,
                    struct onnx_image *image, struct error *err)
{
    struct network *network = node->graph->network;
    int from = *input;
    struct onnx_value *value;

    *image = (struct onnx_image){
        .over = over, .groups = groups, .channels = network->tensors[from].dims[0]};
    plan(image);
    if (is_image(image))
        return 0;
    if (onnx_view_give_mapped(node, from, &image->shape, 0.f, source_of, image, err) <
            0 ||
        onnx_node_output(node, &value, err) < 0)
        return -1;
    *input = value->tensor;
    free(network->tensors[*input].name);
    network->tensors[*input].name = memory_text(network->tensors[from].name);
    return 0;
}

/* ---- what comes of it ---- */

struct onnx_shape onnx_image_products(const struct onnx_image *image, int64_t outputs)
{
    const struct onnx_window_axis *height = height_of(image);
    int64_t rows = height->output;

    if (has_depth(image))
        rows += (image->over->axis[0].output - 1) * (image->block / height->stride);
    return (struct onnx_shape){.rank = 3,
                               .dims = {outputs, rows, width_of(image)->output}};
}

/* Which row of the products each row of the output is. */
static int64_t product_of(const void *context, size_t written)
{
    const struct onnx_image *image = context;
    const struct onnx_window_axis *height = height_of(image);
    int64_t width = width_of(image)->output, rows = height->output;
    int64_t x = (int64_t)written % width, y = (int64_t)written / width % rows;
    int64_t depths = image->over->axis[0].output;
    int64_t z = (int64_t)written / width / rows % depths;
    int64_t channel = (int64_t)written / width / rows / depths;
    struct onnx_shape products = onnx_image_products(image, 1);

    return (channel * products.dims[1] + z * (image->block / height->stride) + y) *
               width +
           x;
}

static int64_t same_of(const void *context, size_t written)
{
    (void)context;
    return (int64_t)written;
}

int onnx_image_give_back(const struct onnx_node *node, const struct onnx_image *image,
                         int64_t outputs, struct error *err)
{
    const struct onnx_window *over = image->over;
    struct onnx_shape sample = {.rank = 1 + over->axes, .dims = {outputs}};
    struct onnx_value *value;

    if (over->axes == 2)
        return 0;
    if (onnx_node_output(node, &value, err) < 0)
        return -1;
    for (int i = 0; i < over->axes; i++)
        sample.dims[1 + i] = over->axis[i].output;
    return onnx_view_give_mapped(node, value->tensor, &sample, 0.f,
                                 has_depth(image) ? product_of : same_of, image, err);
}
