/* theme_batches.c - operators where the batch is not the first dimension, or folded with others. */
#include "tests/operators/themes.h"

/* s is the input x with the batch elsewhere. */
struct away {
    enum { STEPS_FIRST, FOLDED_IN_FRONT, FOLDED_BEHIND } place;
    struct trial_shape shape; /* of s; its batch is dims[batch_axis] */
    int batch_axis;           /* above 0: [steps, N, ...] */
    int folds;                /* with the batch: [N * folds, ...] or [folds * N, ...] */
};

static void say_order(struct trial *trial, int rank)
{
    int order[TRIAL_RANK_MAX] = {1, 0, 2, 3, 4, 5};

    trial_say_list(trial, "perm", order, rank);
}

/* Reshape to [-1, dims ...], behind `first` where that is above 0. */
static void say_reshape(struct trial *trial, const char *name, int first,
                        const int *dims, int count)
{
    int wanted[TRIAL_RANK_MAX], used = 0;

    if (first > 0)
        wanted[used++] = first;
    wanted[used++] = -1;
    for (int i = 0; i < count; i++)
        wanted[used++] = dims[i];
    trial_integers(trial, name, wanted, used);
}

/* Draws x of [N, rows, ...], of at least `rank_low` dimensions. */
static struct away begin(struct trial *trial, int rank_low)
{
    struct trial_shape shape = trial_shape(trial, rank_low, 5);
    struct away away = {.place = trial_between(trial, 0, 2), .shape = shape};
    int rows = shape.dims[1];

    trial_input(trial, "x", &shape);
    if (away.place == STEPS_FIRST) {
        trial_say(trial, "node Transpose x -> s");
        say_order(trial, shape.rank);
        away.shape.dims[0] = rows;
        away.shape.dims[1] = shape.dims[0];
        away.batch_axis = 1;
    } else {
        if (away.place == FOLDED_BEHIND) {
            trial_say(trial, "node Transpose x -> t");
            say_order(trial, shape.rank);
            trial_say(trial, "\n");
        }
        say_reshape(trial, "folded", 0, shape.dims + 2, shape.rank - 2);
        trial_say(trial, "node Reshape %s folded -> s",
                  away.place == FOLDED_BEHIND ? "t" : "x");
        away.folds = rows;
        away.shape = trial_dims(shape.rank - 1, shape.dims + 1);
        away.shape.dims[0] = shape.dims[0] * rows;
    }
    trial_say(trial, "\n");
    return away;
}

/* y is what was made of s, twice, with the batch in front. */
static void end(struct trial *trial, const struct away *away)
{
    const struct trial_shape *shape = &away->shape;
    int dims[TRIAL_RANK_MAX] = {away->folds};

    trial_say(trial, "\nnode Add made made -> twice\n");
    if (away->folds > 0) {
        for (int i = 1; i < shape->rank; i++)
            dims[i] = shape->dims[i];
        if (away->place == FOLDED_IN_FRONT)
            say_reshape(trial, "back", 0, dims, shape->rank);
        else
            say_reshape(trial, "back", away->folds, dims + 1, shape->rank - 1);
        trial_say(trial, "node Reshape twice back -> %s",
                  away->place == FOLDED_IN_FRONT ? "y" : "apart\n");
    }
    if (away->place == FOLDED_BEHIND || away->batch_axis > 0) {
        trial_say(trial, "node Transpose %s -> y", away->folds ? "apart" : "twice");
        say_order(trial, shape->rank + (away->folds > 0));
    } else if (away->folds == 0) {
        trial_say(trial, "node Identity twice -> y");
    }
}

/* An axis behind the batch. */
static int draw_axis_behind(struct trial *trial, const struct away *away)
{
    return trial_between(trial, away->batch_axis + 1, away->shape.rank - 1);
}

static void say_axis(struct trial *trial, const struct away *away, int axis)
{
    trial_say(trial, " axis=%d", trial_is(trial, 40) ? axis - away->shape.rank : axis);
}

static void make_curve(struct trial *trial)
{
    static const char *const curves[] = {"Tanh", "Sigmoid", "LeakyRelu", "Abs", "Exp"};
    struct away away = begin(trial, 3);

    trial_say(trial, "node %s s -> made", curves[trial_between(trial, 0, 4)]);
    end(trial, &away);
}

static void make_softmax_like(struct trial *trial, const char *operator)
{
    struct away away = begin(trial, 3);
    int axis = draw_axis_behind(trial, &away);

    trial_say(trial, "node %s s -> made", operator);
    say_axis(trial, &away, axis);
    end(trial, &away);
}

static void make_softmax(struct trial *trial)
{
    make_softmax_like(trial, "Softmax");
}
static void make_log_softmax(struct trial *trial)
{
    make_softmax_like(trial, "LogSoftmax");
}

static void make_last_rows(struct trial *trial, const char *operator, bool may_shift)
{
    struct away away = begin(trial, 3);
    int axis = draw_axis_behind(trial, &away);
    struct trial_shape rows =
        trial_dims(away.shape.rank - axis, away.shape.dims + axis);

    trial_floats(trial, "scale", &rows);
    if (may_shift && trial_is(trial, 60)) {
        trial_floats(trial, "shift", &rows);
        trial_say(trial, "node %s s scale shift -> made", operator);
    } else {
        trial_say(trial, "node %s s scale -> made", operator);
    }
    say_axis(trial, &away, axis);
    end(trial, &away);
}

static void make_layer_norm(struct trial *trial)
{
    make_last_rows(trial, "LayerNormalization", true);
}
static void make_rms_norm(struct trial *trial)
{
    make_last_rows(trial, "RMSNormalization", false);
}

/* Before opset 17 it is nodes. */
static void make_layer_norm_in_parts(struct trial *trial)
{
    struct away away = begin(trial, 3);
    struct trial_shape row = trial_dims(1, &away.shape.dims[away.shape.rank - 1]);
    struct trial_shape one = {.rank = 0};
    bool is_input = trial->opset >= 18;

    trial_integers(trial, "last", (int[]){-1}, 1);
    trial_floats(trial, "scale", &row);
    trial_floats(trial, "shift", &row);
    trial_floats_in(trial, "epsilon", &one, 0.001, 0.1);
    trial_floats_in(trial, "two", &one, 2, 2);
    trial_say(trial, "node ReduceMean s%s -> mean%s\nnode Sub s mean -> away\n",
              is_input ? " last" : "", is_input ? "" : " axes=-1,");
    trial_say(trial,
              "node Pow away two -> squares\n"
              "node ReduceMean squares%s -> variance%s\n",
              is_input ? " last" : "", is_input ? "" : " axes=-1,");
    trial_say(trial, "node Add variance epsilon -> sum\nnode Sqrt sum -> root\n"
                     "node Div away root -> norm\nnode Mul norm scale -> scaled\n"
                     "node Add scaled shift -> made");
    end(trial, &away);
}

/* Along any axis but the batch. */
static int draw_axis(struct trial *trial, const struct away *away)
{
    int axis = draw_axis_behind(trial, away);

    return away->batch_axis > 0 && trial_is(trial, 30) ? 0 : axis;
}

static void make_lp_norm(struct trial *trial)
{
    struct away away = begin(trial, 3);

    trial_say(trial, "node LpNormalization s -> made p=%d", trial_between(trial, 1, 2));
    say_axis(trial, &away, draw_axis(trial, &away));
    end(trial, &away);
}

static void make_lrn(struct trial *trial)
{
    struct away away = begin(trial, 5);

    if (away.batch_axis > 0) /* ONNX Runtime has it of images alone: [N, C, H, W] */
        trial_say(trial, "node Mul s s -> made");
    else
        trial_say(trial, "node LRN s -> made size=3");
    end(trial, &away);
}

static void drop_axis(struct away *away, int axis)
{
    for (int i = axis; i + 1 < away->shape.rank; i++)
        away->shape.dims[i] = away->shape.dims[i + 1];
    away->shape.rank--;
    away->batch_axis -= axis < away->batch_axis;
}

/* ReduceSum has its axes as an input since opset 13, the others since 18. */
static void make_reduction(struct trial *trial)
{
    static const char *const reductions[] = {"ReduceMean", "ReduceMax", "ReduceSum",
                                             "ReduceL2", "ReduceMin"};
    struct away away = begin(trial, 3);
    int operator= trial_between(trial, 0, 4), axis = draw_axis(trial, &away);
    int given = trial_is(trial, 40) ? axis - away.shape.rank : axis;
    bool keeps_dims = trial_is(trial, 50);

    if (trial->opset >= (operator== 2 ? 13 : 18)) {
        trial_integers(trial, "along", &given, 1);
        trial_say(trial, "node %s s along -> made", reductions[operator]);
    } else {
        trial_say(trial, "node %s s -> made", reductions[operator]);
        trial_say_list(trial, "axes", &given, 1);
    }
    trial_say(trial, " keepdims=%d", keeps_dims);
    if (keeps_dims)
        away.shape.dims[axis] = 1;
    else
        drop_axis(&away, axis);
    end(trial, &away);
}

/* Rows are folded with the batch, as in recurrent networks with norms. */
static void make_batch_norm(struct trial *trial)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    struct trial_shape shape = trial_shape(trial, 3, 5), channels;
    int width = shape.dims[shape.rank - 1];
    bool multiplies = trial_is(trial, 50);

    channels = trial_dims(1, &width);
    trial_input(trial, "x", &shape);
    if (multiplies)
        trial_floats(trial, "w", &(struct trial_shape){2, {width, width}});
    trial_integers(trial, "rows", (int[]){-1, width}, 2);
    for (int i = 0; i < 4; i++)
        trial_floats_in(trial, names[i], &channels, i == 3 ? 0.2 : -1, 2);
    say_reshape(trial, "back", 0, shape.dims + 1, shape.rank - 1);
    trial_say(trial, "node Reshape x rows -> %s\n",
              multiplies ? "r\nnode MatMul r w -> s" : "s");
    trial_say(trial, "node BatchNormalization s gamma beta mean variance -> made\n"
                     "node Reshape made back -> y");
}

const struct operator_trial batches_trials[] = {
    {"Curves-batch", 7, make_curve},
    {"Softmax-batch", 7, make_softmax},
    {"LogSoftmax-batch", 7, make_log_softmax},
    {"LayerNormalization-batch", 17, make_layer_norm},
    {"LayerNormalization-parts-batch", 7, make_layer_norm_in_parts},
    {"RMSNormalization-batch", 23, make_rms_norm},
    {"LpNormalization-batch", 7, make_lp_norm},
    {"LRN-batch", 7, make_lrn},
    {"Reductions-batch", 7, make_reduction},
    {"BatchNormalization-batch", 7, make_batch_norm},
    {NULL, 0, NULL}};
