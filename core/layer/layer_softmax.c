/* layer_softmax.c - exp(x) / sum of exp(x) over each row, or its logarithm. */
#include "core/kernel/vector_clones.h"
#include "core/layer/float_curves.h"
#include "core/layer/lane_sums.h"
#include "core/layer/logarithm.h"
#include "core/layer/row_walk.h"
#include "core/network/rows.h"

/* exp(x - largest): 0 of -infinity. A row of nothing but -infinity has no numbers: as 0 / 0, it is NaN,
 * as in PyTorch and ONNX Runtime (1.30). */
VECTOR_CLONES
static void exponentials(const float *restrict x, size_t count, float largest,
                         float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = float_exponential_below(x[i], largest);
}

VECTOR_CLONES
static void multiply(double factor, size_t count, float *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)((double)y[i] * factor);
}

VECTOR_CLONES
static void subtract(const float *restrict x, double less, size_t count,
                     float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)((double)x[i] - less);
}

static void softmax_row(const struct layer *layer, size_t row, const float *x,
                        size_t length, float *y)
{
    float largest = lane_largest(x, length);
    double sum;

    (void)row;
    exponentials(x, length, largest, y);
    sum = lane_sum(y, length);
    if (layer->softmax.is_log)
        subtract(x, (double)largest + logarithm(sum), length, y);
    else
        multiply(1 / sum, length, y);
}

static void run_softmax(const struct layer_task *task)
{
    row_walk(task, &task->layer->softmax.rows, softmax_row);
}

static const char *variant(const struct layer *layer)
{
    return layer->softmax.is_log ? "log softmax" : "softmax";
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    (void)inputs_are;
    return !layer->softmax.is_log;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return ours->softmax.is_log == theirs->softmax.is_log &&
           rows_are_equal(&ours->softmax.rows, &theirs->softmax.rows);
}

const struct layer_kind_row layer_softmax = {
    .name = "softmax",
    .variant = variant,
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_softmax,
};
