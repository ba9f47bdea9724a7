/* layer_reduction.c - one element for each row: the sum of its elements, their mean, the largest ...
 *
 * Sums are made in double (lane_sums.h) and rounded once.
 */
#include "core/layer/reduction.h"

#include "core/layer/lane_sums.h"
#include "core/layer/logarithm.h"
#include "core/layer/row_walk.h"
#include "core/network/rows.h"

#include <math.h>

static float mean(const float *x, size_t length)
{
    return (float)(lane_sum(x, length) / (double)length);
}

static float sum(const float *x, size_t length)
{
    return (float)lane_sum(x, length);
}

static float largest(const float *x, size_t length)
{
    return lane_largest(x, length);
}

static float smallest(const float *x, size_t length)
{
    float found = INFINITY;

    for (size_t i = 0; i < length; i++)
        found = x[i] < found ? x[i] : found;
    return found;
}

static float product(const float *x, size_t length)
{
    double found = 1;

    for (size_t i = 0; i < length; i++)
        found *= (double)x[i];
    return (float)found;
}

static float magnitudes(const float *x, size_t length)
{
    return (float)lane_sum_of_magnitudes(x, length);
}

static float squares(const float *x, size_t length)
{
    return (float)lane_sum_of_squares(x, length, 0);
}

static float norm(const float *x, size_t length)
{
    return (float)sqrt(lane_sum_of_squares(x, length, 0));
}

static float log_sum(const float *x, size_t length)
{
    return (float)logarithm(lane_sum(x, length));
}

/* Of a row of nothing but -infinity, that; where infinity is in it, infinity. */
static float log_sum_exp(const float *x, size_t length)
{
    double most = (double)lane_largest(x, length);

    if (!isfinite(most))
        return (float)most;
    return (float)(most + logarithm(lane_sum_of_exponentials(x, length, most)));
}

static const struct operation {
    const char *name; /* short word for a listing */
    float (*of_row)(const float *x, size_t length);
    bool (*is_nonnegative)(const struct layer *layer, bool inputs_are);
} operations[REDUCTION_OPERATION_COUNT] = {
    [REDUCTION_MEAN] = {"mean", mean, layer_kind_as_inputs},
    [REDUCTION_SUM] = {"sum", sum, layer_kind_as_inputs},
    [REDUCTION_MAX] = {"maximum", largest, layer_kind_as_inputs},
    [REDUCTION_MIN] = {"minimum", smallest, layer_kind_as_inputs},
    [REDUCTION_PRODUCT] = {"product", product, layer_kind_as_inputs},
    [REDUCTION_MAGNITUDES] = {"L1 norm", magnitudes, layer_kind_no_sign},
    [REDUCTION_NORM] = {"L2 norm", norm, layer_kind_no_sign},
    [REDUCTION_SQUARES] = {"square sum", squares, layer_kind_no_sign},
    [REDUCTION_LOG] = {"log sum", log_sum, layer_kind_any_sign},
    [REDUCTION_LOG_SUM_EXP] = {"log sum exp", log_sum_exp, layer_kind_any_sign},
};

float reduction_of(enum reduction_operation operation, const float *x, size_t length)
{
    return operations[operation].of_row(x, length);
}

static void reduce_row(const struct layer *layer, size_t row, const float *x,
                       size_t length, float *y)
{
    (void)row;
    *y = reduction_of(layer->reduction.operation, x, length);
}

static void run_reduction(const struct layer_task *task)
{
    row_walk_to_elements(task, &task->layer->reduction.rows, reduce_row);
}

static const char *variant(const struct layer *layer)
{
    return operations[layer->reduction.operation].name;
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    return operations[layer->reduction.operation].is_nonnegative(layer, inputs_are);
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return ours->reduction.operation == theirs->reduction.operation &&
           rows_are_equal(&ours->reduction.rows, &theirs->reduction.rows);
}

const struct layer_kind_row layer_reduction = {
    .name = "reduction",
    .variant = variant,
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_reduction,
};
