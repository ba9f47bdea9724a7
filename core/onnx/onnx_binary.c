#include "core/onnx/onnx_binary.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_broadcast.h"

#include <string.h>

static int misfit(const struct onnx_node *node, const struct onnx_source *left,
                  const struct onnx_source *right, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];

    return onnx_node_error(node, err, "the shapes %s and %s do not fit each other",
                           onnx_shape_text(&left->shape, text),
                           onnx_shape_text(&right->shape, other_text));
}

/* What an operand holds of one sample, with `rank` dimensions. False where it has more, or differs from
 * sample to sample without being computed. */
static bool sample_of(const struct onnx_source *source, int rank,
                      struct onnx_shape *sample)
{
    const struct onnx_shape *shape = &source->shape;
    bool has_batch = shape->rank == rank + 1;
    int missing = rank + has_batch - shape->rank;

    *sample = (struct onnx_shape){.rank = rank};
    if (missing < 0 || (!source->constant && !has_batch) ||
        (source->constant && has_batch && shape->dims[0] != 1))
        return false;
    for (int i = 0; i < rank; i++)
        sample->dims[i] = i < missing ? 1 : shape->dims[i - missing + has_batch];
    return true;
}

/* Dimensions in the order in which they are stored: see layer.h. */
static void to_stored(struct onnx_shape *shape)
{
    int64_t channels = shape->dims[0];

    if (shape->rank != 3)
        return;
    shape->dims[0] = shape->dims[1];
    shape->dims[1] = shape->dims[2];
    shape->dims[2] = channels;
}

/* Copies a constant whose shape is that of a sample, as it is stored. */
static float *stored_values(const struct onnx_constant *constant,
                            const struct onnx_shape *sample)
{
    size_t channels = sample->rank == 3 ? (size_t)sample->dims[0] : 1;
    size_t pixels = constant->count / channels;
    float *values = memory_get(constant->count * sizeof *values);

    for (size_t channel = 0; channel < channels; channel++)
        for (size_t pixel = 0; pixel < pixels; pixel++)
            values[pixel * channels + channel] =
                constant->reals[channel * pixels + pixel];
    return values;
}

/* Whether an outer dimension goes on where the one inside of it ends, for both operands. */
static bool goes_on(const struct binary *binary, int inside, const int strides[2])
{
    for (int operand = 0; operand < 2; operand++)
        if (strides[operand] != binary->strides[operand][inside] * binary->dims[inside])
            return false;
    return true;
}

/* Adds a dimension of the output, from the last to the first. */
static void add_dimension(struct binary *binary, int size, const int strides[2])
{
    int dim = binary->rank;

    if (dim > 0 && goes_on(binary, dim - 1, strides)) {
        binary->dims[dim - 1] *= size;
        return;
    }
    binary->dims[dim] = size;
    for (int operand = 0; operand < 2; operand++)
        binary->strides[operand][dim] = strides[operand];
    binary->rank++;
}

static void swap(int *a, int *b)
{
    int was = *a;

    *a = *b;
    *b = was;
}

static void turn_round(struct binary *binary)
{
    for (int i = 0, j = binary->rank - 1; i < j; i++, j--) {
        swap(&binary->dims[i], &binary->dims[j]);
        swap(&binary->strides[0][i], &binary->strides[0][j]);
        swap(&binary->strides[1][i], &binary->strides[1][j]);
    }
}

/* How the operands are walked over; all shapes are of a sample, of one rank, as they are stored. */
static void set_walk(struct binary *binary, const struct onnx_shape *output,
                     const struct onnx_shape operands[2])
{
    static const int one_by_one[2] = {1, 1};
    int pitch[2] = {1, 1};

    for (int dim = output->rank - 1; dim >= 0; dim--) {
        int strides[2];

        for (int operand = 0; operand < 2; operand++) {
            int size = (int)operands[operand].dims[dim];

            strides[operand] = size == 1 ? 0 : pitch[operand];
            pitch[operand] *= size;
        }
        if (output->dims[dim] != 1)
            add_dimension(binary, (int)output->dims[dim], strides);
    }
    if (binary->rank == 0)
        add_dimension(binary, 1, one_by_one);
    turn_round(binary);
}

static int rank_of(const struct onnx_source *left, const struct onnx_source *right)
{
    return left->constant ? right->shape.rank - 1 : left->shape.rank - 1;
}

/* The layer of two operands with the shapes `samples`, its constant still missing. */
static struct layer *give_layer(const struct onnx_node *node,
                                const struct onnx_source *const operands[2],
                                struct onnx_shape samples[2], struct error *err)
{
    int inputs[2], input_count = 0;
    struct onnx_shape output;
    struct layer *layer;

    if (!onnx_broadcast_shape(&samples[0], &samples[1], &output)) {
        misfit(node, operands[0], operands[1], err);
        return NULL;
    }
    for (int operand = 0; operand < 2; operand++)
        if (!operands[operand]->constant)
            inputs[input_count++] = operands[operand]->tensor;
    layer = onnx_node_give_layer(node, LAYER_BINARY, inputs, input_count, &output, err);
    if (!layer)
        return NULL;
    to_stored(&output);
    to_stored(&samples[0]);
    to_stored(&samples[1]);
    set_walk(&layer->binary, &output, samples);
    return layer;
}

struct layer *onnx_binary_give(const struct onnx_node *node,
                               enum binary_operation operation,
                               const struct onnx_source *left,
                               const struct onnx_source *right, struct error *err)
{
    const struct onnx_source *const operands[2] = {left, right};
    int rank = rank_of(left, right), constant_at = left->constant ? 0 : 1;
    const struct onnx_constant *constant = operands[constant_at]->constant;
    struct onnx_shape samples[2], written;
    struct layer *layer;

    if (!sample_of(left, rank, &samples[0]) || !sample_of(right, rank, &samples[1])) {
        misfit(node, left, right, err);
        return NULL;
    }
    written = samples[constant_at];
    if (constant && onnx_node_unfold(node, constant->count, err) < 0)
        return NULL;
    layer = give_layer(node, operands, samples, err);
    if (!layer)
        return NULL;
    layer->binary.operation = operation;
    if (constant) {
        layer->binary.constant = stored_values(constant, &written);
        layer->binary.constant_count = constant->count;
        layer->binary.constant_at = constant_at;
    }
    return layer;
}
