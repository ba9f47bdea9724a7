/* theme_moves.c - what only moves values: shapes, orders, parts, borders. */
#include "tests/operators/themes.h"

static void make_flatten(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node Flatten x -> y%s", trial_is(trial, 50) ? " axis=1" : "");
}

/* Two neighbours become one dimension, or one becomes two; 0 copies, -1 is what remains. */
static void make_reshape(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);
    int joined = trial_between(trial, 1, shape.rank - 2), dims[TRIAL_RANK_MAX],
        count = 0;

    trial_input(trial, "x", &shape);
    for (int i = 0; i < shape.rank; i++) {
        dims[count] = i == 0        ? 0
                      : i == joined ? shape.dims[i] * shape.dims[i + 1]
                                    : shape.dims[i];
        i += i == joined;
        count++;
    }
    if (trial_is(trial, 50))
        dims[trial_between(trial, 1, count - 1)] = -1;
    else if (trial_is(trial, 50))
        dims[count++] = 1;
    trial_integers(trial, "shape", dims, count);
    trial_say(trial, "node Reshape x shape -> y");
}

/* The batch stays in front. */
static void make_transpose(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int order[TRIAL_RANK_MAX];

    for (int i = 0; i < shape.rank; i++)
        order[i] = i;
    for (int i = 1; i < shape.rank; i++) {
        int other = trial_between(trial, i, shape.rank - 1), kept = order[i];

        order[i] = order[other];
        order[other] = kept;
    }
    trial_input(trial, "x", &shape);
    trial_say(trial, "node Transpose x -> y");
    trial_say_list(trial, "perm", order, shape.rank);
}

/* Dimensions of one, other than the batch. */
static void make_squeeze(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);
    int axes[TRIAL_RANK_MAX], count = 0;

    for (int i = 1; i < shape.rank; i++)
        if (trial_is(trial, 40) || i == shape.rank - 1) {
            shape.dims[i] = 1;
            axes[count++] = trial_is(trial, 30) ? i - shape.rank : i;
        }
    trial_input(trial, "x", &shape);
    trial_say_with_axes(trial, "Squeeze", 13, axes, count);
}

static void make_unsqueeze(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);
    int axes[2], count = trial_between(trial, 1, 2), rank = shape.rank + count;

    axes[0] = trial_between(trial, 1, rank - count);
    axes[1] =
        trial_between(trial, axes[0] + 1, rank - 1 > axes[0] ? rank - 1 : axes[0] + 1);
    for (int i = 0; i < count; i++)
        if (trial->opset >= 11 && trial_is(trial, 30))
            axes[i] -= rank;
    trial_input(trial, "x", &shape);
    trial_say_with_axes(trial, "Unsqueeze", 13, axes, count);
}

/* ---- parts and borders ---- */

struct drawn_slice {
    int starts[TRIAL_RANK_MAX], ends[TRIAL_RANK_MAX], axes[TRIAL_RANK_MAX];
    int steps[TRIAL_RANK_MAX], count;
};

/* Along some axes other than the batch; forwards with any step, backwards from opset 10 on. */
static struct drawn_slice draw_slice(struct trial *trial,
                                     const struct trial_shape *shape)
{
    struct drawn_slice slice = {.count = 0};

    for (int i = 1; i < shape->rank; i++) {
        int at = slice.count, size = shape->dims[i];
        int first = trial_between(trial, 0, size - 1);
        int last = trial_between(trial, first, size - 1);
        bool is_back = trial->opset >= 10 && trial_is(trial, 25);

        if (trial_is(trial, 40) && (i > 1 || shape->rank > 2))
            continue;
        slice.axes[at] = trial_is(trial, 30) ? i - shape->rank : i;
        slice.starts[at] = is_back ? last : trial_is(trial, 30) ? first - size : first;
        slice.ends[at] = is_back ? first == 0 ? -size - 1 : first - 1 : last + 1;
        if (!is_back && last == size - 1 && trial_is(trial, 50))
            slice.ends[at] = 2147483647;
        slice.steps[at] = trial->opset < 10 ? 1 : trial_between(trial, 1, 3);
        slice.steps[at] *= is_back ? -1 : 1;
        slice.count++;
    }
    return slice;
}

static void make_slice(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    struct drawn_slice slice = draw_slice(trial, &shape);

    trial_input(trial, "x", &shape);
    if (slice.count == 0) {
        trial_say(trial, "node Identity x -> y");
    } else if (trial->opset < 10) {
        trial_say(trial, "node Slice x -> y");
        trial_say_list(trial, "starts", slice.starts, slice.count);
        trial_say_list(trial, "ends", slice.ends, slice.count);
        trial_say_list(trial, "axes", slice.axes, slice.count);
    } else {
        trial_integers(trial, "starts", slice.starts, slice.count);
        trial_integers(trial, "ends", slice.ends, slice.count);
        trial_integers(trial, "axes", slice.axes, slice.count);
        trial_integers(trial, "steps", slice.steps, slice.count);
        trial_say(trial, "node Slice x starts ends axes steps -> y");
    }
}

/* With a constant; pads are an input from opset 11 on, and may cut from opset 7 on. */
static void make_pad(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5), scalar = {.rank = 0};
    int pads[2 * TRIAL_RANK_MAX] = {0};

    for (int i = 1; i < shape.rank; i++)
        for (int end = 0; end < 2; end++)
            pads[i + end * shape.rank] = trial_between(trial, 0, 2);
    trial_input(trial, "x", &shape);
    if (trial->opset < 11) {
        trial_say(trial, "node Pad x -> y value=%.6f", trial_real(trial, -2, 2));
        trial_say_list(trial, "pads", pads, 2 * shape.rank);
        return;
    }
    trial_integers(trial, "pads", pads, 2 * shape.rank);
    trial_floats_in(trial, "value", &scalar, -2, 2);
    trial_say(trial, "node Pad x pads %s -> y%s", trial_is(trial, 50) ? "value" : "",
              trial_is(trial, 50) ? " mode=constant" : "");
}

const struct operator_trial moves_trials[] = {
    {"Flatten", 7, make_flatten},     {"Pad", 7, make_pad},
    {"Reshape", 7, make_reshape},     {"Slice", 7, make_slice},
    {"Squeeze", 7, make_squeeze},     {"Transpose", 7, make_transpose},
    {"Unsqueeze", 7, make_unsqueeze}, {NULL, 0, NULL}};
