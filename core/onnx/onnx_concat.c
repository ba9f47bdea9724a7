/* Concat: tensors and constants along any axis but the batch. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_rows.h"
#include "core/onnx/onnx_view.h"

#include <stdlib.h>
#include <string.h>

struct join {
    int axis;                /* as ONNX sees it */
    struct onnx_shape shape; /* of the output */
    struct onnx_batch batch; /* of all tensors */
    int tensor;              /* the first of them; -1: all are constants */
    bool has_constants;
};

/* ---- the shape ---- */

/* The first tensor says where the batch is. */
static int find_tensor(const struct onnx_node *node, struct join *join,
                       struct error *err)
{
    struct onnx_source source;

    join->tensor = -1;
    join->has_constants = false;
    for (int i = 0; i < (int)node->proto->n_input; i++) {
        if (onnx_node_moved(node, i, &source, err) < 0)
            return -1;
        join->has_constants = join->has_constants || source.constant;
        if (source.constant || join->tensor >= 0)
            continue;
        join->tensor = source.tensor;
        join->batch = source.batch;
        join->shape = source.shape;
    }
    if (join->tensor < 0)
        join->shape = source.shape;
    return 0;
}

static int find_axis(const struct onnx_node *node, struct join *join, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t given;

    if (onnx_attribute_integer(node, "axis", 1, &given, err) < 0)
        return -1;
    if (!onnx_shape_axis(given, join->shape.rank, &join->axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)given, onnx_shape_text(&join->shape, text));
    if (onnx_batch_factor(join->shape.dims[join->axis]) > 0)
        return onnx_node_error(node, err, "it would join samples");
    return 0;
}

/* Whether dimension `d` of an input is that of the output: the batch of a constant may be one, where the file
 * is of one sample. */
static bool dim_fits(const struct onnx_node *node, const struct join *join,
                     const struct onnx_source *source, int d)
{
    int64_t dim = source->shape.dims[d], wanted = join->shape.dims[d];

    return dim == wanted || (source->constant && wanted == ONNX_BATCH && dim == 1 &&
                             node->graph->batch == 1);
}

static int add_input(const struct onnx_node *node, struct join *join,
                     const struct onnx_source *source, int64_t *length,
                     struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    bool fits = source->shape.rank == join->shape.rank &&
                (source->constant || onnx_batch_is_same(&source->batch, &join->batch));

    for (int d = 0; fits && d < join->shape.rank; d++)
        fits = d == join->axis || dim_fits(node, join, source, d);
    if (!fits)
        return onnx_node_error(node, err, "the shapes %s and %s do not fit",
                               onnx_shape_text(&join->shape, text),
                               onnx_shape_text(&source->shape, other_text));
    if (onnx_batch_factor(source->shape.dims[join->axis]) > 0)
        return onnx_node_error(node, err, "it would join samples");
    *length += source->shape.dims[join->axis];
    return *length > ONNX_ELEMENTS_MAX
               ? onnx_node_error(node, err, "its output would be too large")
               : 0;
}

static int plan_join(const struct onnx_node *node, struct join *join, struct error *err)
{
    struct onnx_source source;
    int64_t length = 0;

    if (find_tensor(node, join, err) < 0 || find_axis(node, join, err) < 0)
        return -1;
    for (int i = 0; i < (int)node->proto->n_input; i++)
        if (onnx_node_moved(node, i, &source, err) < 0 ||
            add_input(node, join, &source, &length, err) < 0)
            return -1;
    join->shape.dims[join->axis] = length;
    return 0;
}

/* ---- constants ---- */

/* Copies `from` into `to` along `axis`, behind the first `at` entries. */
static void paste(struct onnx_constant *to, const struct onnx_constant *from, int axis,
                  int64_t at)
{
    size_t inner = 1, chunk, row;

    for (int i = axis + 1; i < to->shape.rank; i++)
        inner *= (size_t)to->shape.dims[i];
    chunk = inner * (size_t)from->shape.dims[axis];
    row = inner * (size_t)to->shape.dims[axis];
    for (size_t i = 0; i < from->count; i++)
        onnx_constant_copy(to, i / chunk * row + (size_t)at * inner + i % chunk, from,
                           i);
}

static int join_constants(const struct onnx_node *node, const struct join *join,
                          struct error *err)
{
    const struct onnx_constant *first, *part;
    struct onnx_constant *result;
    int64_t at = 0;

    if (onnx_node_constant(node, 0, &first, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, first->is_integer, &join->shape, err);
    if (!result)
        return -1;
    for (int i = 0; i < (int)node->proto->n_input; i++) {
        if (onnx_node_constant(node, i, &part, err) < 0)
            return -1;
        if (part->is_integer != first->is_integer)
            return onnx_node_error(node, err, "its inputs are of different types");
        paste(result, part, join->axis, at);
        at += part->shape.dims[join->axis];
    }
    return 0;
}

/* ---- tensors ---- */

/* The dimension of a sample that is the axis. */
static int sample_axis(const struct join *join)
{
    return onnx_batch_sample_axis(&join->batch, join->axis) - 1;
}

/* A sample of four dimensions or more has no channels: see layer.h. */
static bool is_of_channels(const struct join *join, const struct onnx_shape *sample)
{
    return !join->has_constants && sample->rank <= 3 &&
           sample_axis(join) == (sample->rank == 3 ? 0 : sample->rank - 1);
}

/* A sample as rows [outer, elements from the axis on], which are joined along their last dimension. */
static struct onnx_shape rows_at(const struct onnx_shape *sample, int axis)
{
    struct onnx_shape rows = {.rank = 2, .dims = {1, 1}};

    for (int i = 0; i < sample->rank; i++)
        rows.dims[i < axis ? 0 : 1] *= sample->dims[i];
    return rows;
}

/* A layer that gives a constant as rows, of the node's name; it waits for the join's tensor. */
static int give_constant_rows(const struct onnx_node *node, const struct join *join,
                              const struct onnx_constant *constant,
                              const struct onnx_shape *rows, int *input,
                              struct error *err)
{
    struct network *network = node->graph->network;
    struct layer *layer;

    if (onnx_node_check_reals(node, constant, err) < 0 ||
        onnx_node_unfold(node, constant->count, err) < 0)
        return -1;
    layer = onnx_node_give_layer(node, LAYER_CONSTANT, &join->tensor, 1, rows, err);
    if (!layer)
        return -1;
    layer->constant = (struct constant){
        .values = memory_copy(constant->reals, constant->count * sizeof(float)),
        .count = constant->count};
    *input = layer->output;
    free(network->tensors[*input].name);
    network->tensors[*input].name = memory_text(constant->name);
    return 0;
}

static int give_rows(const struct onnx_node *node, const struct join *join,
                     int input_number, int *input, struct error *err)
{
    struct onnx_shape sample, rows;
    struct onnx_source source;

    if (onnx_node_moved(node, input_number, &source, err) < 0)
        return -1;
    sample = onnx_batch_sample(&join->batch, &source.shape);
    rows = rows_at(&sample, sample_axis(join));
    *input = source.tensor;
    return source.constant
               ? give_constant_rows(node, join, source.constant, &rows, input, err)
               : onnx_rows_give_as(node, input, &rows, err);
}

static int join_rows(const struct onnx_node *node, const struct join *join,
                     const struct onnx_shape *sample, int *inputs, struct error *err)
{
    struct onnx_shape rows = rows_at(sample, sample_axis(join));
    int count = (int)node->proto->n_input;

    for (int i = 0; i < count; i++)
        if (give_rows(node, join, i, &inputs[i], err) < 0)
            return -1;
    if (!onnx_node_give_layer(node, LAYER_CONCAT, inputs, count, &rows, err))
        return -1;
    return onnx_rows_give_back(node, sample, err);
}

static int join_channels(const struct onnx_node *node, const struct onnx_shape *sample,
                         int *inputs, struct error *err)
{
    int count = (int)node->proto->n_input;
    struct onnx_source source;

    for (int i = 0; i < count; i++) {
        if (onnx_node_moved(node, i, &source, err) < 0)
            return -1;
        inputs[i] = source.tensor;
    }
    return onnx_node_give_layer(node, LAYER_CONCAT, inputs, count, sample, err) ? 0
                                                                                : -1;
}

static int join_tensors(const struct onnx_node *node, const struct join *join,
                        struct error *err)
{
    struct onnx_shape sample = onnx_batch_sample(&join->batch, &join->shape);
    int *inputs = memory_zeroed(node->proto->n_input, sizeof *inputs);
    struct onnx_value *output;
    int status;

    status = is_of_channels(join, &sample)
                 ? join_channels(node, &sample, inputs, err)
                 : join_rows(node, join, &sample, inputs, err);
    free(inputs);
    if (status < 0 || onnx_node_output(node, &output, err) < 0)
        return -1;
    output->batch = join->batch;
    return 0;
}

static int read_concat(const struct onnx_node *node, struct error *err)
{
    struct join join = {.axis = 0};

    if (node->proto->n_input == 0)
        return onnx_node_error(node, err, "input 0 is missing");
    if (node->proto->n_input == 1)
        return onnx_node_give_input(node, 0, err);
    if (plan_join(node, &join, err) < 0)
        return -1;
    return join.tensor < 0 ? join_constants(node, &join, err)
                           : join_tensors(node, &join, err);
}

const struct onnx_operator onnx_concat = {"Concat", SIZE_MAX, ONNX_ON_BATCH,
                                          read_concat, "axis"};
