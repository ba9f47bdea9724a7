/* DepthToSpace and SpaceToDepth: channels become blocks of pixels, and back. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_view.h"

enum { PARTS = 5 }; /* dimensions of an image whose blocks are apart */

struct blocks {
    int input;
    int64_t size;                 /* of a block's side */
    int64_t depth, height, width; /* of the input */
};

static int read_blocks(const struct onnx_node *node, struct blocks *blocks,
                       struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    const struct tensor *image;
    struct onnx_shape shape;

    if (onnx_node_tensor(node, 0, &blocks->input, err) < 0 ||
        onnx_attribute_integer(node, "blocksize", 0, &blocks->size, err) < 0)
        return -1;
    image = &node->graph->network->tensors[blocks->input];
    shape = onnx_shape_of_tensor(image);
    if (image->rank != 3)
        return onnx_node_error(node, err, "its input must be [N, C, H, W], but is %s",
                               onnx_shape_text(&shape, text));
    blocks->depth = image->dims[0];
    blocks->height = image->dims[1];
    blocks->width = image->dims[2];
    if (blocks->size < 1 || blocks->size > INT16_MAX)
        return onnx_node_error(node, err, "its blocksize %lld is impossible",
                               (long long)blocks->size);
    return 0;
}

static int misfit(const struct onnx_node *node, const struct blocks *blocks,
                  struct error *err)
{
    return onnx_node_error(node, err, "blocks of %lld do not divide [%lld, %lld, %lld]",
                           (long long)blocks->size, (long long)blocks->depth,
                           (long long)blocks->height, (long long)blocks->width);
}

/* The image as `apart` [PARTS], its dimensions in another order, as `to`. */
static int give(const struct onnx_node *node, int input, const int64_t *apart,
                const int *order, const struct onnx_shape *to, struct error *err)
{
    struct onnx_shape from = {.rank = PARTS}, shape = {.rank = PARTS};
    struct onnx_view view;

    for (int i = 0; i < PARTS; i++) {
        from.dims[i] = apart[i];
        shape.dims[i] = apart[order[i]];
    }
    view = onnx_view_of(&shape);
    for (int i = 0; i < PARTS; i++)
        view.axis[i] = order[i];
    return onnx_view_give_sample(node, input, &from, &view, to, 0.f, err);
}

/* The channels are [block row, block column, depth] (DCR) or [depth, block row, block column] (CRD). */
static int read_depth_to_space(const struct onnx_node *node, struct error *err)
{
    static const char *const modes[] = {"DCR", "CRD"};
    static const int orders[][PARTS] = {{2, 3, 0, 4, 1}, {0, 3, 1, 4, 2}};
    struct blocks of;
    struct onnx_shape to = {.rank = 3};
    int64_t size, depth;
    int mode;

    if (read_blocks(node, &of, err) < 0 ||
        onnx_attribute_choice(node, "mode", modes, 2, &mode, err) < 0)
        return -1;
    size = of.size;
    if (of.depth % (size * size) != 0)
        return misfit(node, &of, err);
    depth = of.depth / (size * size);
    to.dims[0] = depth;
    to.dims[1] = of.height * size;
    to.dims[2] = of.width * size;
    return give(node, of.input,
                mode == 0 ? (int64_t[]){size, size, depth, of.height, of.width}
                          : (int64_t[]){depth, size, size, of.height, of.width},
                orders[mode], &to, err);
}

static int read_space_to_depth(const struct onnx_node *node, struct error *err)
{
    static const int order[] = {2, 4, 0, 1, 3};
    struct onnx_shape to = {.rank = 3};
    struct blocks of;
    int64_t size;

    if (read_blocks(node, &of, err) < 0)
        return -1;
    size = of.size;
    if (of.height % size != 0 || of.width % size != 0)
        return misfit(node, &of, err);
    to.dims[0] = of.depth * size * size;
    to.dims[1] = of.height / size;
    to.dims[2] = of.width / size;
    return give(node, of.input,
                (int64_t[]){of.depth, to.dims[1], size, to.dims[2], size}, order, &to,
                err);
}

const struct onnx_operator onnx_depth_to_space = {
    "DepthToSpace", 1, ONNX_ON_TENSORS, read_depth_to_space, "blocksize mode"};
const struct onnx_operator onnx_space_to_depth = {"SpaceToDepth", 1, ONNX_ON_TENSORS,
                                                  read_space_to_depth, "blocksize"};
