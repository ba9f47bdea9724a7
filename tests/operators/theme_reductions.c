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
    {"Softmax", 7, make_softmax},
    {NULL, 0, NULL}};
