/* layer_response_norm.c - local response normalisation: each element divided by a power of what the
 * squares of its neighbours along a row come to. Krizhevsky et al. 2012, section 3.3. */
#include "core/layer/logarithm.h"
#include "core/layer/row_walk.h"
#include "core/network/rows.h"

/* The squares of `size` neighbours, as many of them as there are, in their order. */
static double sum_around(const float *x, size_t length, size_t index, size_t size)
{
    size_t before = (size - 1) / 2, after = size - 1 - before;
    size_t first = index > before ? index - before : 0;
    size_t end = index + after < length ? index + after + 1 : length;
    double sum = 0;

    for (size_t i = first; i < end; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void response_norm_row(const struct layer *layer, size_t row, const float *x,
                              size_t length, float *y)
{
    const struct response_norm *norm = &layer->response_norm;
    double share = (double)norm->alpha / norm->size;

    (void)row;
    for (size_t i = 0; i < length; i++) {
        double sum = sum_around(x, length, i, (size_t)norm->size);

        y[i] = (float)((double)x[i] *
                       raised((double)norm->bias + share * sum, -(double)norm->beta));
    }
}

static void run_response_norm(const struct layer_task *task)
{
    row_walk(task, &task->layer->response_norm.rows, response_norm_row);
}

/* A power of what may be below zero is none. */
static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    const struct response_norm *norm = &layer->response_norm;

    return inputs_are && norm->alpha >= 0 && norm->bias >= 0;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct response_norm *a = &ours->response_norm, *b = &theirs->response_norm;

    return a->size == b->size && rows_are_equal(&a->rows, &b->rows);
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct response_norm *a = &ours->response_norm, *b = &theirs->response_norm;

    (void)network;
    return a->alpha == b->alpha && a->beta == b->beta && a->bias == b->bias
               ? NULL
               : "alpha, beta or bias";
}

const struct layer_kind_row layer_response_norm = {
    .name = "response norm",
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .run = run_response_norm,
};
