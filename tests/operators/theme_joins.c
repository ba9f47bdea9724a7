/* theme_joins.c - several values in, one out. */
#include "tests/operators/themes.h"

/* A shape that broadcasts to another: leading dimensions left out, some of the others one. A constant
 * has one sample or none. */
static struct trial_shape narrower(struct trial *trial, const struct trial_shape *shape,
                                   bool is_constant)
{
    int dropped = is_constant ? trial_between(trial, 0, shape->rank) : 0;
    struct trial_shape narrow =
        trial_dims(shape->rank - dropped, shape->dims + dropped);

    for (int i = 0; i < narrow.rank; i++)
        if (i + dropped == 0 ? is_constant : trial_is(trial, 40))
            narrow.dims[i] = 1;
    return narrow;
}

/* The right side of a join: a constant or an input that broadcasts; either side may be the narrower. */
static void make_right(struct trial *trial, const struct trial_shape *shape, double low,
                       double high)
{
    bool is_constant = trial_is(trial, 50);
    struct trial_shape right = trial_is(trial, 30) && !is_constant
                                   ? *shape
                                   : narrower(trial, shape, is_constant);

    if (is_constant)
        trial_floats_in(trial, "b", &right, low, high);
    else
        trial_input_in(trial, "b", &right, low, high);
}

/* Of two values, one of them from [low, high]; `swaps`: in any order. */
static void make_binary(struct trial *trial, const char *operator, double low,
                        double high, bool swaps)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input_in(trial, "a", &shape, low, high);
    make_right(trial, &shape, low, high);
    trial_say(trial, "node %s %s -> y", operator,
              swaps && trial_is(trial, 50) ? "b a" : "a b");
}

static void make_add(struct trial *trial)
{
    make_binary(trial, "Add", -4, 4, true);
}
static void make_sub(struct trial *trial)
{
    make_binary(trial, "Sub", -4, 4, true);
}
static void make_mul(struct trial *trial)
{
    make_binary(trial, "Mul", -4, 4, true);
}
static void make_div(struct trial *trial)
{
    make_binary(trial, "Div", .5, 4, true);
}

/* Exponents that are whole numbers may be of their own type since opset 12. */
static void make_pow(struct trial *trial)
{
    static const int exponents[] = {-1, 0, 1, 2, 3};
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input_in(trial, "a", &shape, .25, 4);
    if (trial->opset >= 12 && trial_is(trial, 30))
        trial_integer(trial, "b", exponents[trial_between(trial, 0, 4)]);
    else
        make_right(trial, &shape, .25, 4);
    trial_say(trial, "node Pow a b -> y");
}

/* Min, Max and Sum take one value or more. */
static void make_extreme(struct trial *trial, const char *operator)
{
    struct trial_shape shape = trial_shape(trial, 2, 5), other;
    int form = trial_between(trial, 0, 3);

    trial_input(trial, "a", &shape);
    if (form > 0)
        make_right(trial, &shape, -1, 1);
    if (form > 1) {
        other = narrower(trial, &shape, true);
        trial_floats(trial, "c", &other);
    }
    trial_say(trial, "node %s a %s %s -> y", operator, form> 0 ? "b" : "",
              form > 1 ? "c" : "");
}

static void make_sum(struct trial *trial)
{
    make_extreme(trial, "Sum");
}
static void make_min(struct trial *trial)
{
    make_extreme(trial, "Min");
}
static void make_max(struct trial *trial)
{
    make_extreme(trial, "Max");
}

/* Of one to three values along any axis but the batch; one of them may stand there twice. */
static void make_concat(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axis = trial_between(trial, 1, shape.rank - 1),
        count = trial_between(trial, 1, 3);
    static const char *const names[] = {"a", "b", "c"};

    for (int i = 0; i < count; i++) {
        shape.dims[axis] = trial_between(trial, 1, 5);
        trial_input(trial, names[i], &shape);
    }
    trial_say(trial, "node Concat a %s %s %s -> y axis=%d", count > 1 ? "b" : "",
              count > 2 ? "c" : "", trial_is(trial, 20) ? "a" : "",
              trial_is(trial, 30) ? axis - shape.rank : axis);
}

const struct operator_trial joins_trials[] = {
    {"Add", 7, make_add}, {"Concat", 7, make_concat}, {"Div", 7, make_div},
    {"Max", 8, make_max}, {"Min", 8, make_min},       {"Mul", 7, make_mul},
    {"Pow", 7, make_pow}, {"Sub", 7, make_sub},       {"Sum", 8, make_sum},
    {NULL, 0, NULL}};
