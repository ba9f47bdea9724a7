/* Resize and Upsample: nearest neighbours, or means of two along each axis. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_rows.h"
#include "core/onnx/onnx_view.h"

#include <math.h>
#include <stdlib.h>

enum {
    OPSET_OF_MODES = 11
}; /* before, coordinates are asymmetric and neighbours simple */

enum { IMAGE, ROI, SCALES, SIZES };

enum coordinates {
    HALF_PIXEL,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    TF_HALF_PIXEL_FOR_NN,
    HALF_PIXEL_SYMMETRIC,
    COORDINATES_COUNT
};

enum neighbour {
    ROUND_PREFER_FLOOR,
    ROUND_PREFER_CEIL,
    FLOOR,
    CEIL,
    NEIGHBOUR_COUNT,
    SIMPLE = NEIGHBOUR_COUNT /* of Upsample: to the front, where it becomes larger */
};

enum mode { NEAREST, LINEAR, MODE_COUNT };

struct resize {
    struct onnx_source source;
    enum mode mode;
    enum coordinates coordinates;
    enum neighbour neighbour;
    struct onnx_shape shape; /* of the output */
    float scales[ONNX_RANK_MAX];
};

/* ---- attributes ---- */

static int read_mode(const struct onnx_node *node, struct resize *resize,
                     struct error *err)
{
    static const char *const modes[] = {"nearest", "linear"};
    int mode;

    if (onnx_attribute_choice(node, "mode", modes, MODE_COUNT, &mode, err) < 0)
        return -1;
    resize->mode = (enum mode)mode;
    return 0;
}

/* What would change more than where pixels lie. */
static int check_rest(const struct onnx_node *node, struct error *err)
{
    static const char *const policies[] = {"stretch"};
    int64_t smooths;
    int policy;

    if (onnx_attribute_integer(node, "antialias", 0, &smooths, err) < 0 ||
        onnx_attribute_choice(node, "keep_aspect_ratio_policy", policies, 1, &policy,
                              err) < 0)
        return -1;
    return smooths ? onnx_node_error(node, err, "antialias is not supported") : 0;
}

static int read_attributes(const struct onnx_node *node, struct resize *resize,
                           struct error *err)
{
    static const char *const coordinates[] = {
        "half_pixel", "pytorch_half_pixel",   "align_corners",
        "asymmetric", "tf_half_pixel_for_nn", "half_pixel_symmetric"};
    static const char *const neighbours[] = {"round_prefer_floor", "round_prefer_ceil",
                                             "floor", "ceil"};
    int at, neighbour;

    if (read_mode(node, resize, err) < 0 || check_rest(node, err) < 0 ||
        onnx_attribute_choice(node, "coordinate_transformation_mode", coordinates,
                              COORDINATES_COUNT, &at, err) < 0 ||
        onnx_attribute_choice(node, "nearest_mode", neighbours, NEIGHBOUR_COUNT,
                              &neighbour, err) < 0)
        return -1;
    resize->coordinates =
        node->graph->opset < OPSET_OF_MODES ? ASYMMETRIC : (enum coordinates)at;
    resize->neighbour =
        node->graph->opset < OPSET_OF_MODES ? SIMPLE : (enum neighbour)neighbour;
    return 0;
}

/* ---- the shape ---- */

/* The axes that scales or sizes are of: all, or those of an attribute. */
static int read_axes(const struct onnx_node *node, const struct resize *resize,
                     int axes[ONNX_RANK_MAX], size_t *count, struct error *err)
{
    int rank = resize->source.shape.rank;
    bool is_marked[ONNX_RANK_MAX];
    const int64_t *given;

    if (onnx_attribute_integers(node, "axes", &given, count, err) < 0 ||
        onnx_node_mark_axes(node, given, *count, rank, is_marked, err) < 0)
        return -1;
    for (size_t i = 0; i < *count; i++)
        onnx_shape_axis(given[i], rank, &axes[i]);
    if (*count > 0)
        return 0;
    *count = (size_t)rank;
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    return 0;
}

static int set_scale(const struct onnx_node *node, struct resize *resize, int axis,
                     float scale, struct error *err)
{
    int64_t dim = resize->source.shape.dims[axis];

    if (onnx_batch_factor(dim) > 0)
        return scale == 1 ? 0 : onnx_node_error(node, err, "it would resize the batch");
    if (!(scale > 0) || scale * (float)dim >= (float)ONNX_ELEMENTS_MAX)
        return onnx_node_error(node, err, "its scale %g is impossible", (double)scale);
    resize->scales[axis] = scale;
    resize->shape.dims[axis] = (int64_t)(scale * (float)dim);
    return 0;
}

static int set_size(const struct onnx_node *node, struct resize *resize, int axis,
                    int64_t size, struct error *err)
{
    int64_t dim = resize->source.shape.dims[axis];

    if (onnx_batch_factor(dim) > 0)
        return size == dim || size == node->graph->batch
                   ? 0
                   : onnx_node_error(node, err, "it would resize the batch");
    if (size < 1 || size > ONNX_ELEMENTS_MAX)
        return onnx_node_error(node, err, "its size %lld is impossible",
                               (long long)size);
    resize->scales[axis] = (float)size / (float)dim;
    resize->shape.dims[axis] = size;
    return 0;
}

static int wrong_count(const struct onnx_node *node, size_t given, size_t axes,
                       struct error *err)
{
    return onnx_node_error(node, err, "%zu scales or sizes for %zu dimensions", given,
                           axes);
}

/* Scales are an attribute of the first Upsample. */
static int read_scales(const struct onnx_node *node, struct resize *resize, int input,
                       struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, "scales");
    const struct onnx_constant *constant = NULL;
    int axes[ONNX_RANK_MAX];
    size_t count, given;

    if (read_axes(node, resize, axes, &count, err) < 0)
        return -1;
    if (!attribute && onnx_node_reals(node, input, &constant, err) < 0)
        return -1;
    given = attribute ? attribute->n_floats : constant->count;
    if (given != count)
        return wrong_count(node, given, count, err);
    for (size_t i = 0; i < count; i++)
        if (set_scale(node, resize, axes[i],
                      attribute ? attribute->floats[i] : constant->reals[i], err) < 0)
            return -1;
    return 0;
}

static int read_sizes(const struct onnx_node *node, struct resize *resize,
                      struct error *err)
{
    const struct onnx_constant *sizes;
    int axes[ONNX_RANK_MAX];
    size_t count;

    if (read_axes(node, resize, axes, &count, err) < 0 ||
        onnx_node_integers(node, SIZES, "sizes", &sizes, err) < 0)
        return -1;
    if (sizes->count != count)
        return wrong_count(node, sizes->count, count, err);
    for (size_t i = 0; i < count; i++)
        if (set_size(node, resize, axes[i], sizes->integers[i], err) < 0)
            return -1;
    return 0;
}

/* ---- places ---- */

/* Where index `i` of the output lies in the input. ONNX Runtime computes it in float, and so it is
 * decided which of two pixels is the nearer. */
static float place_of(const struct resize *resize, int axis, int64_t i)
{
    float scale = resize->scales[axis], at = (float)i;
    int64_t from = resize->source.shape.dims[axis], to = resize->shape.dims[axis];

    switch (resize->coordinates) {
    case PYTORCH_HALF_PIXEL:
        return to > 1 ? (at + 0.5f) / scale - 0.5f : 0;
    case ALIGN_CORNERS:
        return to > 1 ? at * (float)(from - 1) / (float)(to - 1) : 0;
    case ASYMMETRIC:
        return at / scale;
    case TF_HALF_PIXEL_FOR_NN:
        return (at + 0.5f) / scale;
    case HALF_PIXEL_SYMMETRIC:
        return (float)from / 2 * (1 - (float)to / (scale * (float)from)) +
               (at + 0.5f) / scale - 0.5f;
    case HALF_PIXEL:
    case COORDINATES_COUNT:
        break;
    }
    return (at + 0.5f) / scale - 0.5f;
}

static int64_t bounded(int64_t index, int64_t dim)
{
    return index < 0 ? 0 : index >= dim ? dim - 1 : index;
}

static float neighbour_of(const struct resize *resize, int axis, float at)
{
    switch (resize->neighbour) {
    case ROUND_PREFER_FLOOR:
        return at == floorf(at) + 0.5f ? floorf(at) : roundf(at);
    case ROUND_PREFER_CEIL:
        return roundf(at);
    case FLOOR:
        return floorf(at);
    case CEIL:
        return ceilf(at);
    case SIMPLE:
        break;
    }
    return resize->scales[axis] < 1 ? ceilf(at) : truncf(at);
}

static int64_t nearest_of(const struct resize *resize, int axis, int64_t i)
{
    if (resize->scales[axis] == 1)
        return i;
    return bounded((int64_t)neighbour_of(resize, axis, place_of(resize, axis, i)),
                   resize->source.shape.dims[axis]);
}

static struct interpolation interpolation_of(const struct resize *resize, int axis,
                                             int64_t i)
{
    int64_t dim = resize->source.shape.dims[axis];
    float at = place_of(resize, axis, i);
    struct interpolation of;

    at = at < 0 ? 0 : at > (float)(dim - 1) ? (float)(dim - 1) : at;
    of.low = (int32_t)at;
    of.high = (int32_t)bounded(of.low + 1, dim);
    of.high_weight = at - (float)of.low;
    of.low_weight = 1 - of.high_weight;
    return of;
}

/* ---- layers ---- */

static bool is_resized(const struct resize *resize, int axis)
{
    return onnx_batch_factor(resize->source.shape.dims[axis]) == 0 &&
           (resize->scales[axis] != 1 ||
            resize->shape.dims[axis] != resize->source.shape.dims[axis]);
}

static int give_nearest(const struct onnx_node *node, const struct resize *resize,
                        struct error *err)
{
    struct onnx_view view = onnx_view_of(&resize->shape);
    int64_t *lists[ONNX_RANK_MAX] = {NULL};
    int status;

    for (int axis = 0; axis < resize->shape.rank; axis++) {
        int64_t to = resize->shape.dims[axis];

        if (!is_resized(resize, axis))
            continue;
        lists[axis] = memory_get((size_t)to * sizeof *lists[axis]);
        for (int64_t i = 0; i < to; i++)
            lists[axis][i] = nearest_of(resize, axis, i);
        view.list[axis] = lists[axis];
    }
    status = onnx_view_give(node, &resize->source, &view, 0.f, err);
    for (int axis = 0; axis < ONNX_RANK_MAX; axis++)
        free(lists[axis]);
    return status;
}

/* Elements outside and inside of a dimension of a sample, as it is stored: see layer.h. */
static void set_walk(const struct onnx_shape *sample, int dim, struct interpolate *own)
{
    bool is_image = sample->rank == 3;

    own->outer = own->inner = 1;
    for (int i = 0; i < sample->rank; i++) {
        /* Of [C, H, W] the channels are inside of all others. */
        bool is_inside = is_image && dim == 0 ? false
                         : is_image && i == 0 ? i != dim
                                              : i > dim;

        if (i != dim)
            *(is_inside ? &own->inner : &own->outer) *= (size_t)sample->dims[i];
    }
}

/* Adds the layer of one axis: `*tensor` becomes what it gives. */
static int give_axis(const struct onnx_node *node, const struct resize *resize,
                     int axis, int *tensor, struct error *err)
{
    struct onnx_shape sample =
        onnx_shape_of_sample(&node->graph->network->tensors[*tensor]);
    int dim = axis < resize->source.batch.axis ? axis : axis - 1;
    struct interpolate own = {.from = (int)sample.dims[dim],
                              .to = (int)resize->shape.dims[axis]};
    struct layer *layer;

    sample.dims[dim] = own.to;
    if (onnx_node_unfold(node, (size_t)own.to, err) < 0)
        return -1;
    layer = onnx_node_give_layer(node, LAYER_INTERPOLATE, tensor, 1, &sample, err);
    if (!layer)
        return -1;
    set_walk(&sample, dim, &own);
    own.places = memory_get((size_t)own.to * sizeof *own.places);
    for (int i = 0; i < own.to; i++)
        own.places[i] = interpolation_of(resize, axis, i);
    layer->interpolate = own;
    *tensor = layer->output;
    return 0;
}

/* One axis after the other, the first first. */
static int give_linear(const struct onnx_node *node, const struct resize *resize,
                       struct error *err)
{
    int tensor = resize->source.tensor;

    if (onnx_batch_folds(&resize->source.batch) > 0)
        return onnx_node_error(node, err,
                               "its input's batch is folded with other dimensions");
    for (int axis = 0; axis < resize->shape.rank; axis++)
        if (is_resized(resize, axis) && give_axis(node, resize, axis, &tensor, err) < 0)
            return -1;
    if (tensor == resize->source.tensor)
        return onnx_node_give_input(node, IMAGE, err);
    onnx_graph_find(node->graph, node->proto->output[node->output])->batch =
        resize->source.batch;
    return 0;
}

static int check_shape(const struct onnx_node *node, const struct resize *resize,
                       struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t count;

    if (!onnx_shape_count(&resize->shape, &count) || count == 0)
        return onnx_node_error(node, err, "its output would have the shape %s",
                               onnx_shape_text(&resize->shape, text));
    return 0;
}

/* A result of the same shape is the same values, whatever the scales say: ONNX Runtime reads them so. */
static int give_resized(const struct onnx_node *node, const struct resize *resize,
                        struct error *err)
{
    if (check_shape(node, resize, err) < 0)
        return -1;
    if (resize->source.constant)
        return onnx_node_error(node, err, "its input is a constant");
    if (onnx_shape_equal(&resize->shape, &resize->source.shape))
        return onnx_node_give_input(node, IMAGE, err);
    return resize->mode == NEAREST ? give_nearest(node, resize, err)
                                   : give_linear(node, resize, err);
}

static int begin(const struct onnx_node *node, struct resize *resize, struct error *err)
{
    *resize = (struct resize){.mode = NEAREST};
    if (onnx_node_moved(node, IMAGE, &resize->source, err) < 0 ||
        read_attributes(node, resize, err) < 0)
        return -1;
    resize->shape = resize->source.shape;
    for (int i = 0; i < ONNX_RANK_MAX; i++)
        resize->scales[i] = 1;
    return 0;
}

/* An input that is an empty constant is left out. */
static bool is_given(const struct onnx_node *node, int input, struct error *err)
{
    const struct onnx_constant *constant;
    struct onnx_value *value;

    return onnx_node_has_input(node, input) &&
           (onnx_node_value(node, input, &value, err) < 0 ||
            onnx_graph_look(node->graph, value, &constant, err) < 0 || !constant ||
            constant->count > 0);
}

static int read_resize(const struct onnx_node *node, struct error *err)
{
    int scales = node->graph->opset < OPSET_OF_MODES ? 1 : SCALES;
    struct resize resize;

    if (begin(node, &resize, err) < 0)
        return -1;
    if (node->graph->opset >= OPSET_OF_MODES && is_given(node, SIZES, err)
            ? read_sizes(node, &resize, err) < 0
            : read_scales(node, &resize, scales, err) < 0)
        return -1;
    return give_resized(node, &resize, err);
}

static int read_upsample(const struct onnx_node *node, struct error *err)
{
    struct resize resize;

    if (begin(node, &resize, err) < 0 || read_scales(node, &resize, 1, err) < 0)
        return -1;
    resize.coordinates = ASYMMETRIC;
    resize.neighbour = SIMPLE;
    return give_resized(node, &resize, err);
}

const struct onnx_operator onnx_resize = {
    "Resize", 4, ONNX_ON_BATCH, read_resize,
    "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "
    "extrapolation_value keep_aspect_ratio_policy mode nearest_mode"};
const struct onnx_operator onnx_upsample = {"Upsample", 2, ONNX_ON_BATCH, read_upsample,
                                            "mode scales"};
