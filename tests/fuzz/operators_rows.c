/* What is computed with rows of numbers: those that differ in some dimensions only. */
#include "tests/fuzz/operators.h"

#include <math.h>

struct row {
    size_t start, step, length;
};

/* The row of an element, along the dimensions [first, end). */
static struct row row_of(const struct array *array, int first, int end, size_t index)
{
    size_t inner = array_span(array, end, array->rank);
    size_t length = array_span(array, first, end), all = inner * length;

    return (struct row){index / all * all + index % inner, inner, length};
}

static double largest_of(const double *values, const struct row *row)
{
    double largest = -INFINITY;

    for (size_t i = 0; i < row->length; i++)
        largest = fmax(largest, values[row->start + i * row->step]);
    return largest;
}

/* Runtimes compute x - largest in float, and approximate the exponential to within some units. */
static struct array *softmax(const struct trial *trial, const struct node *node,
                             const struct array *x, bool is_log)
{
    bool is_old = trial->opset < 13;
    int axis = array_axis(x, node_integer(node, "axis", is_old ? 1 : -1));
    struct array *result = array_copy(x);

    for (size_t index = 0; index < x->count; index++) {
        struct row row = row_of(x, axis, is_old ? x->rank : axis + 1, index);
        double largest = largest_of(x->values, &row), sum = 0;
        double error = x->errors[index] + largest_of(x->errors, &row);
        double less = x->values[index] - largest, share;

        for (size_t i = 0; i < row.length; i++)
            sum += exp(x->values[row.start + i * row.step] - largest);
        share = exp(less) / sum;
        error +=
            trial->unit * (8 + fabs(largest) + 2 * fabs(less) + (double)row.length);
        result->values[index] = is_log ? less - log(sum) : share;
        result->errors[index] =
            is_log ? error : fmin(1, share * expm1(fmin(error, 1)) + 1e-37);
    }
    return result;
}

struct array *op_softmax(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    return softmax(trial, node, inputs[0], false);
}

struct array *op_log_softmax(struct trial *trial, const struct node *node,
                             const struct array *const *inputs)
{
    return softmax(trial, node, inputs[0], true);
}
