/* What is computed with rows of numbers: those that differ in some dimensions only. */
#include "tests/fuzz/operators.h"

#include "core/base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* findings/onnxruntime-softmax-one-too-low.sh */
struct array *op_softmax(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    if (trial->makes_tables && inputs[0]->step > 0)
        trial->is_near = true;
    return softmax(trial, node, inputs[0], false);
}

struct array *op_log_softmax(struct trial *trial, const struct node *node,
                             const struct array *const *inputs)
{
    return softmax(trial, node, inputs[0], true);
}

/* ---- an element for each row -------------------------------------------------------------------- */

/* What is seen of a row, and how far off that may be. */
struct seen {
    double count, sum, size, squares, square_error, most, least;
    double error, largest_error; /* all of them; the largest */
    double exponentials;         /* sum of exp(x - most) */
};

/* Exponentials of numbers themselves are more than a double holds. */
static void see_exponential(struct seen *seen, double x)
{
    if (seen->count == 0)
        seen->exponentials = 0;
    else if (x > seen->most)
        seen->exponentials *= exp(seen->most - x);
    seen->exponentials += exp(fmin(0, seen->count == 0 ? 0 : x - seen->most));
}

static void see(struct seen *seen, double x, double error)
{
    see_exponential(seen, x);
    seen->most = seen->count == 0 ? x : fmax(seen->most, x);
    seen->least = seen->count == 0 ? x : fmin(seen->least, x);
    seen->count++;
    seen->sum += x;
    seen->size += fabs(x);
    seen->squares += x * x;
    seen->square_error += (2 * fabs(x) + error) * error;
    seen->error += error;
    seen->largest_error = fmax(seen->largest_error, error);
}

typedef void tell_fn(const struct seen *seen, double unit, double *value,
                     double *error);

/* Runtimes add up in float, in any order. */
static void tell_sum(const struct seen *seen, double unit, double *value, double *error)
{
    *value = seen->sum;
    *error = seen->error + unit * (seen->count + 2) * seen->size;
}

static void tell_mean(const struct seen *seen, double unit, double *value,
                      double *error)
{
    tell_sum(seen, unit, value, error);
    *value /= seen->count;
    *error = *error / seen->count + unit * fabs(*value);
}

static void tell_max(const struct seen *seen, double unit, double *value, double *error)
{
    (void)unit;
    *value = seen->most;
    *error = seen->largest_error;
}

static void tell_min(const struct seen *seen, double unit, double *value, double *error)
{
    (void)unit;
    *value = seen->least;
    *error = seen->largest_error;
}

static void tell_l1(const struct seen *seen, double unit, double *value, double *error)
{
    *value = seen->size;
    *error = seen->error + unit * (seen->count + 2) * seen->size;
}

static void tell_squares(const struct seen *seen, double unit, double *value,
                         double *error)
{
    *value = seen->squares;
    *error = seen->square_error + unit * (seen->count + 4) * seen->squares;
}

/* The root is steep where the squares are not far from zero. */
static void tell_l2(const struct seen *seen, double unit, double *value, double *error)
{
    double squares, off;

    tell_squares(seen, unit, &squares, &off);
    *value = sqrt(squares);
    *error = fmax(sqrt(squares + off) - *value, *value - sqrt(fmax(squares - off, 0))) +
             unit * *value;
}

/* Nobody knows whether a runtime takes off the largest first; if not, the sum is off by units. */
static void tell_log_sum_exp(const struct seen *seen, double unit, double *value,
                             double *error)
{
    *value = seen->most + log(seen->exponentials);
    *error = seen->largest_error +
             unit * (seen->count + 8 + 2 * fabs(seen->most) + 2 * fabs(*value));
}

static tell_fn *teller_of(const char *op)
{
    static const struct {
        const char *op;
        tell_fn *tell;
    } tellers[] = {
        {"ReduceL1", tell_l1},     {"ReduceL2", tell_l2},
        {"ReduceMax", tell_max},   {"ReduceLogSumExp", tell_log_sum_exp},
        {"ReduceMean", tell_mean}, {"ReduceMin", tell_min},
        {"ReduceSum", tell_sum},   {"ReduceSumSquare", tell_squares},
    };

    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        if (strcmp(tellers[i].op, op) == 0)
            return tellers[i].tell;
    give_up("no reduction", op);
}

/* The result with all dimensions kept, as it is until those that were reduced are left out. */
static struct array *reduced_like(const struct array *x, const bool *is_along)
{
    int64_t dims[ARRAY_RANK_MAX];

    for (int i = 0; i < x->rank; i++)
        dims[i] = is_along[i] ? 1 : x->dims[i];
    return array_create(x->type, x->rank, dims);
}

static void drop_dims(struct array *result, const bool *is_along)
{
    int rank = 0;

    for (int i = 0; i < result->rank; i++)
        if (!is_along[i])
            result->dims[rank++] = result->dims[i];
    result->rank = rank;
}

struct array *op_reduce(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    int64_t axes[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, 1, "axes", axes);
    bool is_along[ARRAY_RANK_MAX] = {false};
    const struct array *x = inputs[0];
    tell_fn *tell = teller_of(node->op);
    struct array *result;
    struct seen *seen;

    for (int i = 0; i < count; i++)
        is_along[array_axis(x, axes[i])] = true;
    result = reduced_like(x, is_along);
    seen = memory_zeroed(result->count, sizeof *seen);
    for (size_t i = 0; i < x->count; i++)
        see(&seen[array_stretched_index(result, x, i)], x->values[i], x->errors[i]);
    for (size_t i = 0; i < result->count; i++) {
        tell(&seen[i], trial->unit, &result->values[i], &result->errors[i]);
        trial->is_near |= tell == tell_l2 && seen[i].squares > most_of_float;
    }
    free(seen);
    if (!node_integer(node, "keepdims", 1))
        drop_dims(result, is_along);
    return result;
}

/* ---- norms -------------------------------------------------------------------------------------- */

enum size { DEVIATION, ROOT_OF_SQUARES, MAGNITUDES };

/* An element less its row's mean, divided by the row's size. Runtimes find the deviation of squares less a
 * square, in float; where that is mostly rounding nobody knows what they find. */
static void norm_element(struct trial *trial, const struct array *x,
                         const struct row *row, size_t index, enum size size,
                         double epsilon, double *value, double *error)
{
    double length = (double)row->length, unit = trial->unit;
    double mean = 0, mean_error = 0, sum = 0, sum_error = 0, off, squares = 0;

    for (size_t i = 0; size == DEVIATION && i < row->length; i++) {
        size_t at = row->start + i * row->step;

        mean += x->values[at] / length;
        mean_error += (x->errors[at] + unit * length * fabs(x->values[at])) / length;
    }
    for (size_t i = 0; i < row->length; i++) {
        size_t at = row->start + i * row->step;
        double apart = fabs(x->values[at] - mean), number = x->values[at];
        double apart_error = x->errors[at] + mean_error;

        squares += number * number;
        sum += size == MAGNITUDES ? apart : apart * apart;
        sum_error += size == MAGNITUDES ? apart_error + unit * length * apart
                                        : (2 * apart + apart_error) * apart_error +
                                              unit * (length + 8) * number * number;
    }
    if (size == DEVIATION) {
        sum = sum / length + epsilon;
        sum_error /= length;
    }
    off = sum > 0 ? sum_error / sum : sum_error > 0 ? INFINITY : 0;
    if (off > .2 || (size != MAGNITUDES && squares > most_of_float))
        trial->is_near = true;
    if (size != MAGNITUDES)
        sum = sqrt(sum);
    *value = sum > 0 ? (x->values[index] - mean) / sum : 0;
    *error = sum > 0 ? (x->errors[index] + mean_error +
                        unit * (fabs(x->values[index]) + fabs(mean))) /
                           sum * (1 + 2 * off)
                     : 0;
    *error += fabs(*value) * (2 * off + 6 * unit);
}

static void scale_element(const struct trial *trial, double scale, double shift,
                          double *value, double *error)
{
    double product = *value * scale;

    *value = product + shift;
    *error = *error * fabs(scale) + trial->unit * (2 * fabs(product) + fabs(shift));
}

struct array *op_layer_normalization(struct trial *trial, const struct node *node,
                                     const struct array *const *inputs)
{
    const struct array *x = inputs[0];
    struct array *result = array_copy(x);
    int axis = array_axis(x, node_integer(node, "axis", -1));

    for (size_t i = 0; i < x->count; i++) {
        struct row row = row_of(x, axis, x->rank, i);
        size_t at = i % row.length;
        bool has_shift = node->input_count > 2 && inputs[2];

        norm_element(trial, x, &row, i, DEVIATION, node_real(node, "epsilon", 1e-5f),
                     &result->values[i], &result->errors[i]);
        scale_element(trial, inputs[1]->values[at],
                      has_shift ? inputs[2]->values[at] : 0, &result->values[i],
                      &result->errors[i]);
    }
    return result;
}

/* Of groups of channels; InstanceNormalization has one for each. */
struct array *op_group_normalization(struct trial *trial, const struct node *node,
                                     const struct array *const *inputs)
{
    const struct array *x = inputs[0];
    struct array *result = array_copy(x);
    size_t channels = (size_t)x->dims[1], area = array_span(x, 2, x->rank);
    size_t groups = (size_t)node_integer(node, "num_groups", (int64_t)channels);
    size_t length = channels / groups * area;

    for (size_t i = 0; i < x->count; i++) {
        struct row row = {i / length * length, 1, length};
        size_t at = i / area % channels * inputs[1]->count / channels;

        norm_element(trial, x, &row, i, DEVIATION, node_real(node, "epsilon", 1e-5f),
                     &result->values[i], &result->errors[i]);
        scale_element(trial, inputs[1]->values[at], inputs[2]->values[at],
                      &result->values[i], &result->errors[i]);
    }
    return result;
}

struct array *op_lp_normalization(struct trial *trial, const struct node *node,
                                  const struct array *const *inputs)
{
    const struct array *x = inputs[0];
    struct array *result = array_copy(x);
    int axis = array_axis(x, node_integer(node, "axis", -1));
    enum size size = node_integer(node, "p", 2) == 1 ? MAGNITUDES : ROOT_OF_SQUARES;

    for (size_t i = 0; i < x->count; i++) {
        struct row row = row_of(x, axis, axis + 1, i);

        norm_element(trial, x, &row, i, size, 0, &result->values[i],
                     &result->errors[i]);
    }
    return result;
}

/* What one LRN adds to its bias at most, at the place of an element. */
static double largest_sum(const struct array *x, size_t at, double weight, int64_t size)
{
    int64_t area = (int64_t)array_span(x, 2, x->rank), channels = x->dims[1];
    int64_t first = (int64_t)at - (int64_t)at / area % channels * area;
    double largest = 0;

    for (int64_t c = 0; c < channels; c++) {
        double number = x->values[first + c * area];

        largest = fmax(largest, number * number);
    }
    return weight * (double)size * largest;
}

struct array *op_lrn(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    double alpha = node_real(node, "alpha", 1e-4f),
           beta = node_real(node, "beta", .75f);
    double bias = node_real(node, "bias", 1);
    int64_t size = node_integer(node, "size", 1);
    const struct array *x = inputs[0];
    struct array *result = array_copy(x);
    int64_t area = (int64_t)array_span(x, 2, x->rank);

    for (size_t i = 0; i < x->count; i++) {
        int64_t channel = (int64_t)i / area % x->dims[1];
        double base = bias, off = 0, power, squares = 0;

        for (int64_t c = channel - (size - 1) / 2; c <= channel + size / 2; c++)
            if (c >= 0 && c < x->dims[1]) {
                size_t at = (size_t)((int64_t)i + (c - channel) * area);
                double number = fabs(x->values[at]), error = x->errors[at];

                squares += number * number;
                base += alpha / (double)size * number * number;
                off += alpha / (double)size * (2 * number + error) * error;
            }
        if (trial->carries_bases)
            off += (double)x->dims[1] * FLT_EPSILON *
                   (bias + largest_sum(x, i, alpha / (double)size, size));
        off = off / base + 8 * trial->unit;
        power = pow(base, -beta);
        result->values[i] *= power;
        result->errors[i] = (x->errors[i] + fabs(x->values[i]) *
                                                (1.5 * beta * off + 10 * trial->unit)) *
                            power;
        if (off > .2 || squares > most_of_float)
            trial->is_near = true;
    }
    return result;
}
