/* layer_softmax.c - exp(x) / sum of exp(x) over each row, or its logarithm. */
#include "core/kernel/vector_clones.h"
#include "core/layer/float_curves.h"
#include "core/layer/lane_sums.h"
#include "core/layer/logarithm.h"
#include "core/layer/row_walk.h"
#include "core/network/rows.h"

#include <string.h>

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

/* ---- rows beside each other ----------------------------------------------------------------- */

/* Of rows whose elements lie beside each other, as those of the heads of attention do, a vector takes
 * several; LANE_COUNT elements of each are what a sum over one row takes at once. */
enum { ROWS_BESIDE_MOST = 64, CHUNK_MOST = LANE_COUNT * ROWS_BESIDE_MOST };

/* What is known of each element's row, over a chunk. */
struct of_rows {
    float largest[CHUNK_MOST];
    double sums[CHUNK_MOST]; /* then what is multiplied with, or subtracted */
};

VECTOR_CLONES
static void take_largest(const float *restrict x, size_t count, float *restrict largest)
{
    for (size_t i = 0; i < count; i++)
        largest[i] = x[i] > largest[i] ? x[i] : largest[i];
}

VECTOR_CLONES
static void take_exponentials(const float *restrict x, size_t count,
                              const float *restrict largest, double *restrict sums,
                              float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = float_exponential_below(x[i], largest[i]);
    for (size_t i = 0; i < count; i++)
        sums[i] += (double)y[i];
}

VECTOR_CLONES
static void multiply_each(const double *restrict factors, size_t count,
                          float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)((double)y[i] * factors[i]);
}

VECTOR_CLONES
static void subtract_each(const float *restrict x, const double *restrict less,
                          size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)((double)x[i] - less[i]);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Each row's largest element, in all places of the chunk. */
static void spread_largest(size_t beside, float *largest)
{
    for (size_t lane = 1; lane < LANE_COUNT; lane++)
        take_largest(largest + lane * beside, beside, largest);
    for (size_t lane = 1; lane < LANE_COUNT; lane++)
        memcpy(largest + lane * beside, largest, beside * sizeof *largest);
}

/* What makes a row's results of its exponentials, or, where `is_log`, of its elements. */
static void spread_sums(bool is_log, size_t beside, struct of_rows *of)
{
    for (size_t row = 0; row < beside; row++) {
        double sum = lanes_total(of->sums + row, beside);

        of->sums[row] = is_log ? (double)of->largest[row] + logarithm(sum) : 1 / sum;
    }
    for (size_t lane = 1; lane < LANE_COUNT; lane++)
        memcpy(of->sums + lane * beside, of->sums, beside * sizeof *of->sums);
}

/* `beside` rows of `length` elements, the bits of softmax_row(). */
static void softmax_beside(bool is_log, const float *x, size_t length, size_t beside,
                           float *y)
{
    size_t all = length * beside, chunk = LANE_COUNT * beside;
    struct of_rows of;

    for (size_t i = 0; i < chunk; i++) {
        of.largest[i] = -INFINITY;
        of.sums[i] = 0;
    }
    for (size_t at = 0; at < all; at += chunk)
        take_largest(x + at, smaller(chunk, all - at), of.largest);
    spread_largest(beside, of.largest);
    for (size_t at = 0; at < all; at += chunk)
        take_exponentials(x + at, smaller(chunk, all - at), of.largest, of.sums,
                          y + at);
    spread_sums(is_log, beside, &of);
    for (size_t at = 0; at < all; at += chunk)
        if (is_log)
            subtract_each(x + at, of.sums, smaller(chunk, all - at), y + at);
        else
            multiply_each(of.sums, smaller(chunk, all - at), y + at);
}

/* How many rows lie beside each other and nothing else with them; 0: it is otherwise. */
static size_t rows_beside(const struct rows *rows)
{
    const struct row_dim *last;

    if (rows->along_count != 1 || rows->between_count == 0)
        return 0;
    last = &rows->between[rows->between_count - 1];
    return last->stride == 1 && last->count > 1 && last->count <= ROWS_BESIDE_MOST &&
                   rows->along[0].stride == last->count
               ? last->count
               : 0;
}

static void run_beside(const struct layer_task *task, size_t beside)
{
    const struct softmax *softmax = &task->layer->softmax;
    size_t length = rows_length(&softmax->rows), count = rows_count(&softmax->rows);
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++) {
        for (size_t row = 0; row < count; row += beside) {
            size_t first = rows_first(&softmax->rows, row);

            softmax_beside(softmax->is_log, x + first, length, beside, y + first);
        }
        x += layer_task_output(task)->count;
        y += layer_task_output(task)->count;
    }
}

static void run_softmax(const struct layer_task *task)
{
    size_t beside = rows_beside(&task->layer->softmax.rows);

    if (beside > 0)
        run_beside(task, beside);
    else
        row_walk(task, &task->layer->softmax.rows, softmax_row);
}

/* ---- what it is ----------------------------------------------------------------------------- */

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
