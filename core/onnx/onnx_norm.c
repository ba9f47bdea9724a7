/* Normalisations of inference: of rows, of groups of channels, of neighbours. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/network/rows.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_broadcast.h"

#include <math.h>
#include <stdlib.h>

/* What is read of a node; scale and shift are the caller's until a layer has them. */
struct reading {
    int input;                   /* tensor */
    const struct tensor *tensor; /* borrowed until a layer is given */
    struct norm norm;
};

static int begin(const struct onnx_node *node, enum norm_size size,
                 struct reading *reading, struct error *err)
{
    *reading = (struct reading){.norm = {.size = size, .run = 1, .count = 1}};
    if (onnx_node_tensor(node, 0, &reading->input, err) < 0)
        return -1;
    reading->tensor = &node->graph->network->tensors[reading->input];
    return 0;
}

static int read_epsilon(const struct onnx_node *node, struct norm *norm,
                        struct error *err)
{
    if (onnx_attribute_real(node, "epsilon", 1e-5f, &norm->epsilon, err) < 0)
        return -1;
    return norm->epsilon >= 0 && isfinite(norm->epsilon)
               ? 0
               : onnx_node_error(node, err, "its epsilon %g is impossible",
                                 (double)norm->epsilon);
}

/* The axis as a dimension of the sample. */
static int read_axis(const struct onnx_node *node, const struct tensor *tensor,
                     int64_t absent, int *dim, struct error *err)
{
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t given;
    int axis;

    if (onnx_attribute_integer(node, "axis", absent, &given, err) < 0)
        return -1;
    if (!onnx_node_axis(node, given, shape.rank, &axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)given, onnx_shape_text(&shape, text));
    *dim = axis - 1;
    return axis > 0 ? 0
                    : onnx_node_error(node, err, "axis 0 of %s would mix samples",
                                      onnx_shape_text(&shape, text));
}

static int finish(const struct onnx_node *node, struct reading *reading,
                  struct error *err)
{
    struct layer *layer =
        onnx_node_give_same(node, LAYER_NORM, &reading->input, 1, err);

    if (!layer) {
        free(reading->norm.scale);
        free(reading->norm.shift);
        return -1;
    }
    layer->norm = reading->norm;
    return 0;
}

/* ---- of rows that reach to the last dimension --------------------------------------------- */

/* Element `stored` of a sample, in ONNX's order. */
static size_t written(const struct tensor *tensor, size_t stored)
{
    size_t area = (size_t)tensor->height * (size_t)tensor->width;
    size_t channels = (size_t)tensor->channels;

    return tensor->rank == 3 ? stored % channels * area + stored / channels : stored;
}

/* Values of a constant for the elements of a row, of dimensions `shape`; the caller's, or NULL. */
static float *values_of_row(const struct onnx_node *node, int input,
                            const struct reading *reading,
                            const struct onnx_shape *shape, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    size_t length = rows_length(&reading->norm.rows);
    const struct onnx_constant *constant;
    struct onnx_shape both;
    float *values;

    if (onnx_node_reals(node, input, &constant, err) < 0 ||
        onnx_node_unfold(node, length, err) < 0)
        return NULL;
    if (!onnx_broadcast_shape(shape, &constant->shape, &both) ||
        !onnx_shape_equal(shape, &both)) {
        onnx_node_error(node, err,
                        "its input \"%s\" %s does not fit what is normalised, %s",
                        constant->name, onnx_shape_text(&constant->shape, text),
                        onnx_shape_text(shape, other_text));
        return NULL;
    }
    values = memory_get(length * sizeof *values);
    for (size_t i = 0; i < length; i++) {
        size_t at = written(reading->tensor, rows_element(&reading->norm.rows, i));

        values[i] =
            constant
                ->reals[onnx_broadcast_source(shape, &constant->shape, at % length)];
    }
    return values;
}

/* Rows from dimension `dim` on, with scale and, if there is one, shift. */
static int read_rows(const struct onnx_node *node, int dim, struct reading *reading,
                     struct error *err)
{
    struct onnx_shape shape = {.rank = reading->tensor->rank - dim};
    struct norm *norm = &reading->norm;
    bool is_along[TENSOR_RANK_MAX];

    for (int i = 0; i < reading->tensor->rank; i++)
        is_along[i] = i >= dim;
    for (int i = 0; i < shape.rank; i++)
        shape.dims[i] = reading->tensor->dims[dim + i];
    norm->rows = rows_of(reading->tensor, is_along, true);
    norm->count = norm->value_count = rows_length(&norm->rows);
    norm->scale = values_of_row(node, 1, reading, &shape, err);
    if (!norm->scale)
        return -1;
    norm->shift = onnx_node_has_input(node, 2)
                      ? values_of_row(node, 2, reading, &shape, err)
                      : memory_zeroed(norm->count, sizeof *norm->shift);
    if (norm->shift)
        return 0;
    free(norm->scale);
    return -1;
}

static int read_last_rows(const struct onnx_node *node, enum norm_size size,
                          struct error *err)
{
    struct reading reading;
    int dim;

    if (begin(node, size, &reading, err) < 0 ||
        read_epsilon(node, &reading.norm, err) < 0 ||
        read_axis(node, reading.tensor, -1, &dim, err) < 0)
        return -1;
    if (dim < node->batch.axis)
        return onnx_node_error(node, err,
                               "the batch, dimension %d of its input, is among what "
                               "is normalised: it would mix samples",
                               node->batch.axis);
    if (read_rows(node, dim, &reading, err) < 0)
        return -1;
    return finish(node, &reading, err);
}

static int read_layer_norm(const struct onnx_node *node, struct error *err)
{
    return read_last_rows(node, NORM_DEVIATION, err);
}

static int read_rms_norm(const struct onnx_node *node, struct error *err)
{
    return read_last_rows(node, NORM_ROOT_MEAN_SQUARE, err);
}

/* ---- of channels, or groups of them ------------------------------------------------------- */

/* A value for each channel; where the constant has one for each of `groups`, it is repeated. */
static float *values_of_channels(const struct onnx_node *node, int input, int channels,
                                 int groups, struct error *err)
{
    const struct onnx_constant *constant;
    size_t wanted = (size_t)(groups ? groups : channels);
    float *values;

    if (onnx_node_reals(node, input, &constant, err) < 0 ||
        onnx_node_unfold(node, (size_t)channels, err) < 0)
        return NULL;
    if (constant->count != wanted) {
        onnx_node_error(node, err, "\"%s\" has %zu values for %zu %s", constant->name,
                        constant->count, wanted, groups ? "groups" : "channels");
        return NULL;
    }
    values = memory_get((size_t)channels * sizeof *values);
    for (size_t i = 0; i < (size_t)channels; i++)
        values[i] = constant->reals[i * wanted / (size_t)channels];
    return values;
}

/* Rows of groups of channels; where `per_group`, scale and shift are one a group. */
static int read_channels(const struct onnx_node *node, struct reading *reading,
                         int groups, bool per_group, struct error *err)
{
    int channels = reading->tensor->dims[0], together = channels / groups;
    struct norm *norm = &reading->norm;

    norm->rows = rows_of_groups(reading->tensor, groups);
    norm->per_row = norm->count = (size_t)together;
    norm->run =
        reading->tensor->rank == 3 ? 1 : reading->tensor->count / (size_t)channels;
    norm->value_count = (size_t)channels;
    norm->scale = values_of_channels(node, 1, channels, per_group ? groups : 0, err);
    if (!norm->scale)
        return -1;
    norm->shift = values_of_channels(node, 2, channels, per_group ? groups : 0, err);
    if (norm->shift)
        return 0;
    free(norm->scale);
    return -1;
}

static int begin_channels(const struct onnx_node *node, struct reading *reading,
                          struct error *err)
{
    if (begin(node, NORM_DEVIATION, reading, err) < 0 ||
        read_epsilon(node, &reading->norm, err) < 0)
        return -1;
    return reading->tensor->rank > 0
               ? 0
               : onnx_node_error(node, err, "its input [N] has no channels");
}

static int read_instance_norm(const struct onnx_node *node, struct error *err)
{
    struct reading reading;

    if (begin_channels(node, &reading, err) < 0 ||
        read_channels(node, &reading, reading.tensor->dims[0], false, err) < 0)
        return -1;
    return finish(node, &reading, err);
}

/* Since opset 21 scale and shift are one a channel. */
static int read_group_norm(const struct onnx_node *node, struct error *err)
{
    enum { OPSET_OF_CHANNELS = 21 };
    struct reading reading;
    int64_t groups;

    if (begin_channels(node, &reading, err) < 0 ||
        onnx_attribute_integer(node, "num_groups", 0, &groups, err) < 0)
        return -1;
    if (groups < 1 || reading.tensor->dims[0] % groups != 0)
        return onnx_node_error(node, err, "%lld groups do not divide %d channels",
                               (long long)groups, reading.tensor->dims[0]);
    if (read_channels(node, &reading, (int)groups,
                      node->graph->opset < OPSET_OF_CHANNELS, err) < 0)
        return -1;
    return finish(node, &reading, err);
}

/* ---- without constants -------------------------------------------------------------------- */

static int read_lp_norm(const struct onnx_node *node, struct error *err)
{
    struct reading reading;
    bool is_along[TENSOR_RANK_MAX] = {false};
    int64_t p;
    int dim;

    if (onnx_attribute_integer(node, "p", 2, &p, err) < 0)
        return -1;
    if (p != 1 && p != 2)
        return onnx_node_error(node, err, "its p is %lld; only 1 and 2 are possible",
                               (long long)p);
    if (begin(node, p == 1 ? NORM_MAGNITUDES : NORM_LENGTH, &reading, err) < 0 ||
        read_axis(node, reading.tensor, -1, &dim, err) < 0)
        return -1;
    is_along[dim] = true;
    reading.norm.rows = rows_of(reading.tensor, is_along, true);
    return finish(node, &reading, err);
}

/* Divided by the deviation and 1e-9, which below the root is as good as nothing. */
static int read_mean_variance_norm(const struct onnx_node *node, struct error *err)
{
    static const int64_t of_images[] = {0, 2, 3};
    struct onnx_shape shape;
    struct reading reading;
    bool is_along[ONNX_RANK_MAX] = {false};
    const int64_t *axes;
    size_t count;
    int axis;

    if (begin(node, NORM_DEVIATION, &reading, err) < 0 ||
        onnx_attribute_integers(node, "axes", &axes, &count, err) < 0)
        return -1;
    if (!onnx_attribute_find(node, "axes")) {
        axes = of_images;
        count = 3;
    }
    shape = onnx_shape_of_tensor(reading.tensor);
    for (size_t i = 0; i < count; i++) {
        if (!onnx_node_axis(node, axes[i], shape.rank, &axis))
            return onnx_node_error(node, err, "there is no axis %lld",
                                   (long long)axes[i]);
        is_along[axis] = true;
    }
    if (is_along[0])
        return onnx_node_error(node, err, "axis 0 is the batch: it would mix samples");
    reading.norm.epsilon = 1e-18f;
    reading.norm.rows = rows_of(reading.tensor, is_along + 1, true);
    return finish(node, &reading, err);
}

/* ---- of neighbours ------------------------------------------------------------------------- */

static int read_response(const struct onnx_node *node, struct response_norm *norm,
                         struct error *err)
{
    int64_t size;

    if (onnx_attribute_real(node, "alpha", 1e-4f, &norm->alpha, err) < 0 ||
        onnx_attribute_real(node, "beta", 0.75f, &norm->beta, err) < 0 ||
        onnx_attribute_real(node, "bias", 1, &norm->bias, err) < 0 ||
        onnx_attribute_integer(node, "size", 0, &size, err) < 0)
        return -1;
    if (size < 1 || size > INT16_MAX)
        return onnx_node_error(node, err, "its size is %lld; it must be positive",
                               (long long)size);
    norm->size = (int)size;
    return isfinite(norm->alpha) && isfinite(norm->beta) && isfinite(norm->bias)
               ? 0
               : onnx_node_error(node, err, "its alpha, beta or bias is not finite");
}

static int read_lrn(const struct onnx_node *node, struct error *err)
{
    bool is_along[TENSOR_RANK_MAX] = {false};
    struct response_norm norm;
    struct layer *layer;
    int input, axis;

    if (onnx_node_tensor(node, 0, &input, err) < 0 ||
        read_response(node, &norm, err) < 0)
        return -1;
    if (!onnx_node_axis(node, 1, node->graph->network->tensors[input].rank + 1,
                        &axis) ||
        axis == 0)
        return onnx_node_error(node, err, "dimension 1 of its input is no channels");
    is_along[axis - 1] = true;
    norm.rows = rows_of(&node->graph->network->tensors[input], is_along, true);
    layer = onnx_node_give_same(node, LAYER_RESPONSE_NORM, &input, 1, err);
    if (!layer)
        return -1;
    layer->response_norm = norm;
    return 0;
}

const struct onnx_operator onnx_group_normalization = {"GroupNormalization", 3,
                                                       ONNX_ON_TENSORS, read_group_norm,
                                                       "epsilon num_groups stash_type"};
const struct onnx_operator onnx_instance_normalization = {
    "InstanceNormalization", 3, ONNX_ON_TENSORS, read_instance_norm, "epsilon"};
const struct onnx_operator onnx_layer_normalization = {
    "LayerNormalization", 3, ONNX_ON_ROWS, read_layer_norm, "axis epsilon stash_type"};
const struct onnx_operator onnx_lp_normalization = {"LpNormalization", 1, ONNX_ON_ROWS,
                                                    read_lp_norm, "axis p"};
const struct onnx_operator onnx_lrn = {"LRN", 1, ONNX_ON_ROWS, read_lrn,
                                       "alpha beta bias size"};
const struct onnx_operator onnx_mean_variance_normalization = {
    "MeanVarianceNormalization", 1, ONNX_ON_ROWS, read_mean_variance_norm, "axes"};
const struct onnx_operator onnx_rms_normalization = {
    "RMSNormalization", 2, ONNX_ON_ROWS, read_rms_norm, "axis epsilon stash_type"};
