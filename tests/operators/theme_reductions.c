/* theme_reductions.c - many values in, one out. */
#include "tests/operators/themes.h"

/* Axes in ascending order, without the batch; at least one. */
static int draw_axes(struct trial *trial, const struct trial_shape *shape, int *axes)
{
    int count = 0;

    for (int i = 1; i < shape->rank; i++)
        if (trial_is(trial, 50))
            axes[count++] = i;
    if (count == 0)
        axes[count++] = trial_between(trial, 1, shape->rank - 1);
    for (int i = 0; i < count; i++)
        if (trial_is(trial, 30))
            axes[i] -= shape->rank;
    return count;
}

/* Axes are an input from opset `input_since` on. */
static void make_reduction(struct trial *trial, const char *operator, int input_since)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axes[TRIAL_RANK_MAX], count = draw_axes(trial, &shape, axes);

    if (trial_is(trial, 10)) /* the rarer ends of a product, a root and a logarithm */
        trial_input_in(trial, "x", &shape, 0.5, 1.5);
    else
        trial_input(trial, "x", &shape);
    if (trial->opset >= input_since && trial_is(trial, 10))
        trial_say(trial, "node %s x -> y noop_with_empty_axes=1", operator);
    else
        trial_say_with_axes(trial, operator, input_since, axes, count);
    if (trial_is(trial, 60))
        trial_say(trial, " keepdims=%d", trial_between(trial, 0, 1));
}

static void make_reduce_l1(struct trial *trial)
{
    make_reduction(trial, "ReduceL1", 18);
}
static void make_reduce_l2(struct trial *trial)
{
    make_reduction(trial, "ReduceL2", 18);
}
static void make_reduce_log_sum_exp(struct trial *trial)
{
    make_reduction(trial, "ReduceLogSumExp", 18);
}
static void make_reduce_max(struct trial *trial)
{
    make_reduction(trial, "ReduceMax", 18);
}
static void make_reduce_mean(struct trial *trial)
{
    make_reduction(trial, "ReduceMean", 18);
}
static void make_reduce_min(struct trial *trial)
{
    make_reduction(trial, "ReduceMin", 18);
}
static void make_reduce_prod(struct trial *trial)
{
    make_reduction(trial, "ReduceProd", 18);
}
static void make_reduce_sum(struct trial *trial)
{
    make_reduction(trial, "ReduceSum", 13);
}
static void make_reduce_sum_square(struct trial *trial)
{
    make_reduction(trial, "ReduceSumSquare", 18);
}

/* Of sums that have a logarithm. */
static void make_reduce_log_sum(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axes[TRIAL_RANK_MAX], count = draw_axes(trial, &shape, axes);

    trial_input_in(trial, "x", &shape, 0.1, 3);
    trial_say_with_axes(trial, "ReduceLogSum", 18, axes, count);
}

/* Before opset 13 over all axes from the given one on. */
static void make_softmax_like(struct trial *trial, const char *operator)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axis = trial_between(trial, 1, shape.rank - 1);

    trial_input_in(trial, "x", &shape, -6, 6);
    trial_say(trial, "node %s x -> shares", operator);
    if (trial_is(trial, 80))
        trial_say(trial, " axis=%d", trial_is(trial, 30) ? axis - shape.rank : axis);
    trial_say_twice(trial, "shares");
}

static void make_softmax(struct trial *trial)
{
    make_softmax_like(trial, "Softmax");
}
static void make_log_softmax(struct trial *trial)
{
    make_softmax_like(trial, "LogSoftmax");
}

/* ---- norms ---- */

/* The shape that a scale has which belongs to the dimensions from an axis on. */
static struct trial_shape shape_from(const struct trial_shape *shape, int axis)
{
    return trial_dims(shape->rank - axis, shape->dims + axis);
}

static void make_last_rows(struct trial *trial, const char *operator, bool may_shift)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    bool has_axis = trial_is(trial, 70);
    int axis = has_axis ? trial_between(trial, 1, shape.rank - 1) : shape.rank - 1;
    struct trial_shape rows = shape_from(&shape, axis);

    trial_input(trial, "x", &shape);
    trial_floats(trial, "scale", &rows);
    if (may_shift && trial_is(trial, 70)) {
        trial_floats(trial, "shift", &rows);
        trial_say(trial, "node %s x scale shift -> y", operator);
    } else {
        trial_say(trial, "node %s x scale -> y", operator);
    }
    if (has_axis)
        trial_say(trial, " axis=%d", trial_is(trial, 40) ? axis - shape.rank : axis);
    if (trial_is(trial, 70))
        trial_say(trial, " epsilon=%.6f", trial_real(trial, 0.00001, 0.1));
}

static void make_layer_norm(struct trial *trial)
{
    make_last_rows(trial, "LayerNormalization", true);
}
static void make_rms_norm(struct trial *trial)
{
    make_last_rows(trial, "RMSNormalization", false);
}

/* Of the last axis; since opset 18 that is a constant. */
static void say_mean(struct trial *trial, const char *from, const char *to)
{
    trial_say(trial,
              trial->opset < 18 ? "node ReduceMean %s -> %s axes=-1,\n"
                                : "node ReduceMean %s last -> %s\n",
              from, to);
}

/* As exporters before opset 17 write a norm of what is named `from`. */
static void say_norm_in_parts(struct trial *trial, const char *from,
                              const struct trial_shape *shape)
{
    struct trial_shape row = shape_from(shape, shape->rank - 1), one = {.rank = 0};

    trial_floats_in(trial, "epsilon", &one, 0.001, 0.1);
    trial_floats(trial, "scale", &row);
    if (trial_is(trial, 50)) {
        trial_floats_in(trial, "two", &one, 2, 2);
        trial_say(trial, "node Pow %s two -> squares\n", from);
    } else {
        trial_say(trial, "node Mul %s %s -> squares\n", from, from);
    }
    say_mean(trial, "squares", "variance");
    trial_say(trial, "node Add variance epsilon -> sum\nnode Sqrt sum -> root\n");
    if (trial_is(trial, 50))
        trial_say(trial, "node Div %s root -> norm\n", from);
    else
        trial_say(trial, "node Reciprocal root -> share\nnode Mul %s share -> norm\n",
                  from);
}

static void make_layer_norm_in_parts(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    struct trial_shape row = shape_from(&shape, shape.rank - 1);
    const int last = -1;

    trial_input(trial, "x", &shape);
    trial_integers(trial, "last", &last, 1);
    trial_floats(trial, "shift", &row);
    say_mean(trial, "x", "mean");
    trial_say(trial, "node Sub x mean -> apart\n");
    say_norm_in_parts(trial, "apart", &shape);
    trial_say(trial, "node Mul norm scale -> scaled\nnode Add scaled shift -> y");
}

static void make_rms_norm_in_parts(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    const int last = -1;

    trial_input(trial, "x", &shape);
    trial_integers(trial, "last", &last, 1);
    say_norm_in_parts(trial, "x", &shape);
    trial_say(trial, "node Mul scale norm -> y");
}

static void make_instance_norm(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);
    struct trial_shape channels = trial_dims(1, shape.dims + 1);

    trial_input(trial, "x", &shape);
    trial_floats(trial, "scale", &channels);
    trial_floats(trial, "shift", &channels);
    trial_say(trial, "node InstanceNormalization x scale shift -> y");
    if (trial_is(trial, 70))
        trial_say(trial, " epsilon=%.6f", trial_real(trial, 0.00001, 0.1));
}

/* Before opset 21 a scale is a group's. */
static void make_group_norm(struct trial *trial)
{
    int groups = trial_between(trial, 1, 4), together = trial_between(trial, 1, 4);
    struct trial_shape shape = trial_shape(trial, 3, 5), scales;

    shape.dims[1] = groups * together;
    scales = trial->opset < 21 ? trial_dims(1, &groups) : trial_dims(1, shape.dims + 1);
    trial_input(trial, "x", &shape);
    trial_floats(trial, "scale", &scales);
    trial_floats(trial, "shift", &scales);
    trial_say(trial, "node GroupNormalization x scale shift -> y num_groups=%d",
              groups);
    if (trial_is(trial, 70))
        trial_say(trial, " epsilon=%.6f", trial_real(trial, 0.00001, 0.1));
}

static void make_lp_norm(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node LpNormalization x -> y");
    if (trial_is(trial, 70))
        trial_say(trial, " axis=%d", trial_between(trial, 1, shape.rank - 1));
    if (trial_is(trial, 70))
        trial_say(trial, " p=%d", trial_between(trial, 1, 2));
}

/* Of more than one number: ONNX Runtime divides what rounding leaves of one by nothing. */
static void make_mean_variance_norm(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axes[TRIAL_RANK_MAX], count = draw_axes(trial, &shape, axes);

    shape.dims[(axes[0] + shape.rank) % shape.rank] += 2;
    trial_input(trial, "x", &shape);
    trial_say(trial, "node MeanVarianceNormalization x -> y");
    trial_say_list(trial, "axes", axes, count);
}

static void make_lrn(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 4, 4);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node LRN x -> y size=%d", 2 * trial_between(trial, 0, 3) + 1);
    if (trial_is(trial, 70))
        trial_say(trial, " alpha=%.6f", trial_real(trial, 0.0001, 2));
    if (trial_is(trial, 70))
        trial_say(trial, " beta=%.6f", trial_real(trial, 0.1, 1.5));
    if (trial_is(trial, 70))
        trial_say(trial, " bias=%.6f", trial_real(trial, 0.5, 2));
}

const struct operator_trial reductions_trials[] = {
    {"LogSoftmax", 7, make_log_softmax},

    {"ReduceL1", 7, make_reduce_l1},
    {"ReduceL2", 7, make_reduce_l2},
    {"ReduceLogSumExp", 7, make_reduce_log_sum_exp},
    {"ReduceMax", 7, make_reduce_max},
    {"ReduceMean", 7, make_reduce_mean},
    {"ReduceMin", 7, make_reduce_min},
    {"ReduceProd", 7, make_reduce_prod},
    {"ReduceSum", 7, make_reduce_sum},
    {"ReduceSumSquare", 7, make_reduce_sum_square},
    {"ReduceLogSum", 7, make_reduce_log_sum},
    {"GroupNormalization", 18, make_group_norm},
    {"InstanceNormalization", 7, make_instance_norm},
    {"LayerNormalization", 17, make_layer_norm},
    {"LayerNormalization-parts", 7, make_layer_norm_in_parts},
    {"RMSNormalization-parts", 7, make_rms_norm_in_parts},
    {"LpNormalization", 7, make_lp_norm},
    {"LRN", 7, make_lrn},
    {"MeanVarianceNormalization", 9, make_mean_variance_norm},
    {"RMSNormalization", 23, make_rms_norm},
    {"Softmax", 7, make_softmax},
    {NULL, 0, NULL}};
