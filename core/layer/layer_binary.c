/* layer_binary.c - an operation of two operands, element by element; dimensions of one repeat. */
#include "core/layer/binary_operation.h"
#include "core/layer/layer_run.h"

#include <stdlib.h>
#include <string.h>

/* Computes a sample's dimensions from number `dim` on; returns where the next elements belong. */
static float *run_dimension(const struct binary *binary, int dim, const float *left,
                            const float *right, float *out)
{
    size_t count = (size_t)binary->dims[dim];
    size_t strides[2] = {(size_t)binary->strides[0][dim],
                         (size_t)binary->strides[1][dim]};

    if (dim == binary->rank - 1) {
        const struct binary_row row = {
            {left, right}, {strides[0] > 0, strides[1] > 0}, count};

        binary_operation_of(binary->operation)->compute(&row, out);
        return out + count;
    }
    for (size_t i = 0; i < count; i++)
        out = run_dimension(binary, dim + 1, left + i * strides[0],
                            right + i * strides[1], out);
    return out;
}

/* An operand: floats, and how many there are of a sample; none of a constant. */
struct operand {
    const float *values;
    size_t count;
};

static struct operand operand_of(const struct layer_task *task, int which)
{
    const struct binary *binary = &task->layer->binary;
    int input = task->layer->input_count == 2 ? which : 0;

    if (binary->constant && binary->constant_at == which)
        return (struct operand){binary->constant, 0};
    return (struct operand){value_as_floats(task->inputs[input], task->samples,
                                            task->scratch->floats[which]),
                            layer_task_input(task, input)->count};
}

static void run_binary(const struct layer_task *task)
{
    const struct operand left = operand_of(task, 0), right = operand_of(task, 1);
    float *out = task->out;

    for (size_t sample = 0; sample < (size_t)task->samples; sample++)
        out = run_dimension(&task->layer->binary, 0, left.values + sample * left.count,
                            right.values + sample * right.count, out);
}

static bool is_square(const struct layer *layer)
{
    return layer->binary.operation == BINARY_MUL && layer->input_count == 2 &&
           layer->inputs[0] == layer->inputs[1];
}

static bool operand_is_nonnegative(const struct binary *binary, int which,
                                   bool inputs_are)
{
    if (!binary->constant || binary->constant_at != which)
        return inputs_are;
    for (size_t i = 0; i < binary->constant_count; i++)
        if (!(binary->constant[i] >= 0))
            return false;
    return true;
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    const struct binary *binary = &layer->binary;

    return is_square(layer) ||
           binary_operation_of(binary->operation)
               ->is_nonnegative(binary, operand_is_nonnegative(binary, 0, inputs_are),
                                operand_is_nonnegative(binary, 1, inputs_are));
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct binary *a = &ours->binary, *b = &theirs->binary;

    return a->operation == b->operation && a->rank == b->rank &&
           a->constant_count == b->constant_count && a->constant_at == b->constant_at &&
           memcmp(a->dims, b->dims, sizeof a->dims) == 0 &&
           memcmp(a->strides, b->strides, sizeof a->strides) == 0;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    (void)network;
    return layer_kind_same_floats(ours->binary.constant, theirs->binary.constant,
                                  ours->binary.constant_count)
               ? NULL
               : "constant";
}

static const char *variant(const struct layer *layer)
{
    return binary_operation_of(layer->binary.operation)->name;
}

static void clear(struct layer *layer)
{
    free(layer->binary.constant);
}

const struct layer_kind_row layer_binary = {
    .name = "binary",
    .variant = variant,
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .run = run_binary,
    .clear = clear,
};
