/* Pad: what is outside the input is a constant, or a mirror image, the edge, or the other end. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_view.h"

#include <math.h>
#include <stdlib.h>

enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP, PAD_MODE_COUNT };

enum { PAD_MOST = INT32_MAX };

struct pad {
    struct onnx_source source;
    struct onnx_view view;
    enum pad_mode mode;
    float fill;
};

static int read_value(const struct onnx_node *node, float *value, struct error *err)
{
    if (onnx_node_has_input(node, 2))
        return onnx_node_scalar(node, 2, value, err);
    if (onnx_attribute_real(node, "value", 0.f, value, err) < 0)
        return -1;
    return isfinite(*value) ? 0 : onnx_node_error(node, err, "its value is not finite");
}

static int read_mode(const struct onnx_node *node, struct pad *pad, struct error *err)
{
    static const char *const modes[] = {"constant", "reflect", "edge", "wrap"};
    int mode;

    pad->fill = 0;
    if (onnx_attribute_choice(node, "mode", modes, PAD_MODE_COUNT, &mode, err) < 0)
        return -1;
    pad->mode = (enum pad_mode)mode;
    return pad->mode == PAD_CONSTANT ? read_value(node, &pad->fill, err) : 0;
}

static int64_t cut(int64_t pad)
{
    return pad < -PAD_MOST ? -PAD_MOST : pad > PAD_MOST ? PAD_MOST : pad;
}

static int pad_axis(const struct onnx_node *node, struct onnx_view *view, int axis,
                    int64_t begin, int64_t end, struct error *err)
{
    if (begin == 0 && end == 0)
        return 0;
    if (onnx_batch_factor(view->shape.dims[axis]) > 0)
        return onnx_node_error(node, err, "it would pad the batch");
    view->start[axis] = -cut(begin);
    view->shape.dims[axis] += cut(begin) + cut(end);
    return 0;
}

static int read_pads(const struct onnx_node *node, struct pad *pad, struct error *err)
{
    int rank = pad->source.shape.rank, axis;
    bool used[ONNX_RANK_MAX];
    const int64_t *pads, *axes;
    size_t pad_count, count;

    if (onnx_attribute_list(node, 1, "pads", &pads, &pad_count, err) < 0 ||
        onnx_attribute_list(node, 3, "axes", &axes, &count, err) < 0 ||
        onnx_node_mark_axes(node, axes, count, rank, used, err) < 0)
        return -1;
    if (count == 0)
        count = (size_t)rank;
    if (pad_count != 2 * count)
        return onnx_node_error(node, err, "%zu pads for %zu dimensions", pad_count,
                               count);
    pad->view = onnx_view_of(&pad->source.shape);
    for (size_t i = 0; i < count; i++) {
        axis = (int)i;
        if (axes)
            onnx_shape_axis(axes[i], rank, &axis);
        if (pad_axis(node, &pad->view, axis, pads[i], pads[i + count], err) < 0)
            return -1;
    }
    return 0;
}

static int64_t remainder_of(int64_t a, int64_t b)
{
    return (a % b + b) % b;
}

/* The index of a dimension of `dim` elements that stands at place `at`, which may be outside. */
static int64_t index_at(enum pad_mode mode, int64_t at, int64_t dim)
{
    int64_t period = 2 * dim - 2;

    if (mode == PAD_WRAP)
        return remainder_of(at, dim);
    if (mode == PAD_EDGE || period == 0)
        return at < 0 ? 0 : at >= dim ? dim - 1 : at;
    at = remainder_of(at, period);
    return at < dim ? at : period - at;
}

static int64_t *list_indices(const struct pad *pad, int axis)
{
    int64_t count = pad->view.shape.dims[axis];
    int64_t *list = memory_get((size_t)count * sizeof *list);

    for (int64_t i = 0; i < count; i++)
        list[i] = index_at(pad->mode, pad->view.start[axis] + i,
                           pad->source.shape.dims[axis]);
    return list;
}

/* Gives the view of which each padded axis has a list of indices. */
static int give_lists(const struct onnx_node *node, struct pad *pad, struct error *err)
{
    int64_t *lists[ONNX_RANK_MAX] = {NULL};
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t count;
    int status;

    if (!onnx_shape_count(&pad->source.shape, &count) || count == 0 ||
        !onnx_shape_count(&pad->view.shape, &count) || count == 0)
        return onnx_node_error(node, err, "its output would have the shape %s",
                               onnx_shape_text(&pad->view.shape, text));
    for (int axis = 0; axis < pad->source.shape.rank; axis++)
        if (pad->view.shape.dims[axis] != pad->source.shape.dims[axis] ||
            pad->view.start[axis] != 0)
            pad->view.list[axis] = lists[axis] = list_indices(pad, axis);
    status = onnx_view_give(node, &pad->source, &pad->view, 0.f, err);
    for (int axis = 0; axis < ONNX_RANK_MAX; axis++)
        free(lists[axis]);
    return status;
}

static int read_pad(const struct onnx_node *node, struct error *err)
{
    struct pad pad;

    if (onnx_node_moved(node, 0, &pad.source, err) < 0 ||
        read_mode(node, &pad, err) < 0 || read_pads(node, &pad, err) < 0)
        return -1;
    if (pad.mode != PAD_CONSTANT)
        return give_lists(node, &pad, err);
    return onnx_view_give(node, &pad.source, &pad.view, pad.fill, err);
}

const struct onnx_operator onnx_pad = {"Pad", 4, ONNX_ON_BATCH, read_pad,
                                       "mode pads value"};
