/* theme_shapes.c - what is computed of shapes and constants, as exporters write it. */
#include "tests/operators/themes.h"

/* y = x + c, of a constant c that broadcasts to the last dimension. */
static void say_sum(struct trial *trial)
{
    trial_say(trial, "\nnode Add x c -> y");
}

static struct trial_shape make_input(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);

    trial_input(trial, "x", &shape);
    return shape;
}

/* [N, C, ...] to [N, rest] by Shape, Gather, Unsqueeze and Concat. */
static void make_shape(struct trial *trial)
{
    make_input(trial);
    trial_integer(trial, "zero", 0);
    trial_integers(trial, "minus", (int[]){-1}, 1);
    trial_say(trial, "node Shape x -> dims\nnode Gather dims zero -> batch axis=0\n");
    if (trial->opset >= 13) {
        trial_integers(trial, "first", (int[]){0}, 1);
        trial_say(trial, "node Unsqueeze batch first -> batches\n");
    } else {
        trial_say(trial, "node Unsqueeze batch -> batches axes=0,\n");
    }
    trial_say(trial, "node Concat batches minus -> shape axis=0\n"
                     "node Reshape x shape -> y");
}

static void make_constant(struct trial *trial)
{
    struct trial_shape shape = make_input(trial);
    struct trial_shape last = trial_dims(1, &shape.dims[shape.rank - 1]);

    trial_floats(trial, "values", &last);
    trial_say(trial, "node Constant -> c value=@values");
    say_sum(trial);
}

static void make_constant_of_shape(struct trial *trial)
{
    struct trial_shape shape = make_input(trial), one = trial_dims(1, (int[]){1});

    trial_integers(trial, "dims", &shape.dims[shape.rank - 1], 1);
    trial_floats(trial, "value", &one);
    trial_say(trial, "node ConstantOfShape dims -> c%s",
              trial_is(trial, 70) ? " value=@value" : "");
    say_sum(trial);
}

static void make_expand(struct trial *trial)
{
    struct trial_shape shape = make_input(trial), one = trial_dims(1, (int[]){1});

    trial_integers(trial, "dims", &shape.dims[shape.rank - 1], 1);
    trial_floats(trial, "value", &one);
    trial_say(trial, "node Expand value dims -> c");
    say_sum(trial);
}

/* Some of the rows of a constant. */
static void make_gather(struct trial *trial)
{
    struct trial_shape shape = make_input(trial);
    int rows = trial_between(trial, 1, 5);
    struct trial_shape table = trial_dims(2, (int[]){rows, shape.dims[shape.rank - 1]});

    trial_floats(trial, "table", &table);
    trial_integer(trial, "row",
                  trial_between(trial, trial->opset >= 11 ? -rows : 0, rows - 1));
    trial_say(trial, "node Gather table row -> c");
    say_sum(trial);
}

/* 0, 1, 2 ... as floats. */
static void make_range(struct trial *trial)
{
    struct trial_shape shape = make_input(trial);

    trial_integer(trial, "start", 0);
    trial_integer(trial, "limit", shape.dims[shape.rank - 1]);
    trial_integer(trial, "delta", 1);
    trial_say(trial, "node Range start limit delta -> counts\n"
                     "node Cast counts -> c to=1");
    say_sum(trial);
}

static void make_cast(struct trial *trial)
{
    struct trial_shape shape = make_input(trial);
    int values[16];

    if (trial_is(trial, 30)) {
        trial_say(trial, "node Cast x -> wide to=11\nnode Cast wide -> y to=1");
        return;
    }
    for (int i = 0; i < shape.dims[shape.rank - 1]; i++)
        values[i] = trial_between(trial, -9, 9);
    trial_integers(trial, "counts", values, shape.dims[shape.rank - 1]);
    trial_say(trial, "node Cast counts -> c to=1");
    say_sum(trial);
}

/* [N, C, ...] to [N, elements of a sample], by Size. */
static void make_size(struct trial *trial)
{
    make_input(trial);
    trial_integers(trial, "minus", (int[]){-1}, 1);
    trial_integer(trial, "zero", 0);
    trial_integers(trial, "one", (int[]){1}, 1);
    trial_say(trial,
              "node Size x -> all\nnode Shape x -> s\nnode Gather s zero -> n\n"
              "node Div all n -> each\nnode Reshape each one -> columns\n"
              "node Concat minus columns -> shape axis=0\nnode Reshape x shape -> y");
}

/* Where the elements of a constant are that are not zero. */
static void make_non_zero(struct trial *trial)
{
    struct trial_shape shape = trial_dims(2, (int[]){trial->batch, 1});
    struct trial_shape list = trial_dims(1, (int[]){trial_between(trial, 1, 6)});

    trial_input(trial, "x", &shape);
    trial_floats_in(trial, "values", &list, -1, 1);
    trial_say(trial,
              "node Ceil values -> v\nnode NonZero v -> i\nnode Cast i -> f to=1\n"
              "floats first 1,1 = 1\nnode Concat first f -> c axis=1");
    say_sum(trial);
}

const struct operator_trial shapes_trials[] = {
    {"Cast", 7, make_cast},
    {"Constant", 7, make_constant},
    {"ConstantOfShape", 9, make_constant_of_shape},
    {"Expand", 8, make_expand},
    {"Gather", 7, make_gather},
    {"NonZero", 9, make_non_zero},
    {"Range", 11, make_range},
    {"Shape", 7, make_shape},
    {"Size", 7, make_size},
    {NULL, 0, NULL}};
