/* layer_norm.c - each row less its mean, divided by its size, with a scale and a shift.
 *
 * Statistics are made in double (lane_sums.h); a result is rounded once.
 */
#include "core/kernel/vector_clones.h"
#include "core/layer/lane_sums.h"
#include "core/layer/row_walk.h"
#include "core/network/rows.h"

#include <math.h>
#include <stdlib.h>

/* What is taken off a row, and by what it is multiplied then. */
struct statistics {
    double middle, factor;
};

static double size_of(const struct norm *norm, const float *x, size_t length,
                      double middle)
{
    double squares;

    if (norm->size == NORM_MAGNITUDES)
        return lane_sum_of_magnitudes(x, length);
    squares = lane_sum_of_squares(x, length, middle);
    if (norm->size != NORM_LENGTH)
        squares /= (double)length;
    return sqrt(squares + (double)norm->epsilon);
}

/* A row of no size becomes zeros, if not by its epsilon, as ONNX Runtime has it of L1 and L2. */
static struct statistics statistics_of(const struct norm *norm, const float *x,
                                       size_t length)
{
    bool is_centred = norm->size == NORM_DEVIATION;
    double middle = is_centred ? lane_sum(x, length) / (double)length : 0;
    double size = size_of(norm, x, length, middle);

    return (struct statistics){middle, size == 0 ? 0 : 1 / size};
}

VECTOR_CLONES
static void normalise(const float *restrict x, size_t count, struct statistics of,
                      double scale, double shift, float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)(((double)x[i] - of.middle) * of.factor * scale + shift);
}

/* A scale and a shift for each element. */
VECTOR_CLONES
static void normalise_each(const float *restrict x, size_t count, struct statistics of,
                           const float *restrict scale, const float *restrict shift,
                           float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (float)(((double)x[i] - of.middle) * of.factor * (double)scale[i] +
                       (double)shift[i]);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void norm_row(const struct layer *layer, size_t row, const float *x,
                     size_t length, float *y)
{
    const struct norm *norm = &layer->norm;
    struct statistics of = statistics_of(norm, x, length);
    size_t first = row * norm->per_row;

    if (!norm->scale) {
        normalise(x, length, of, 1, 0, y);
        return;
    }
    for (size_t i = 0; norm->run == 1 && i < length; i += norm->count)
        normalise_each(x + i, smaller(norm->count, length - i), of, norm->scale + first,
                       norm->shift + first, y + i);
    for (size_t i = 0; norm->run > 1 && i < length; i += norm->run) {
        size_t at = first + i / norm->run % norm->count;

        normalise(x + i, smaller(norm->run, length - i), of, (double)norm->scale[at],
                  (double)norm->shift[at], y + i);
    }
}

static void run_norm(const struct layer_task *task)
{
    row_walk(task, &task->layer->norm.rows, norm_row);
}

static const char *variant(const struct layer *layer)
{
    static const char *const names[NORM_SIZE_COUNT] = {"layer norm", "RMS norm",
                                                       "L2 normalise", "L1 normalise"};

    return names[layer->norm.size];
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    const struct norm *norm = &layer->norm;

    for (size_t i = 0; norm->scale && i < norm->value_count; i++)
        if (!(norm->scale[i] >= 0 && norm->shift[i] >= 0))
            return false;
    return norm->size != NORM_DEVIATION && inputs_are;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct norm *a = &ours->norm, *b = &theirs->norm;

    return a->size == b->size && rows_are_equal(&a->rows, &b->rows) &&
           a->value_count == b->value_count && a->per_row == b->per_row &&
           a->run == b->run && a->count == b->count;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct norm *a = &ours->norm, *b = &theirs->norm;

    (void)network;
    return a->epsilon == b->epsilon &&
                   layer_kind_same_floats(a->scale, b->scale, a->value_count) &&
                   layer_kind_same_floats(a->shift, b->shift, a->value_count)
               ? NULL
               : "epsilon, scale or shift";
}

static void clear(struct layer *layer)
{
    free(layer->norm.scale);
    free(layer->norm.shift);
}

const struct layer_kind_row layer_norm = {
    .name = "norm",
    .variant = variant,
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .run = run_norm,
    .clear = clear,
};
