/* theme_conditions.c - comparisons, and what is chosen by them. */
#include "tests/operators/themes.h"

/* A shape of one sample that broadcasts to that of all. */
static struct trial_shape one_sample(struct trial *trial,
                                     const struct trial_shape *shape)
{
    int dropped = trial_between(trial, 0, shape->rank - 1);
    struct trial_shape one = trial_dims(shape->rank - dropped, shape->dims + dropped);

    for (int i = 0; i < one.rank; i++)
        if (i + dropped == 0 || trial_is(trial, 30))
            one.dims[i] = 1;
    return one;
}

static void say_constant(struct trial *trial, const char *name,
                         const struct trial_shape *shape)
{
    struct trial_shape one = one_sample(trial, shape);

    trial_floats_in(trial, name, &one, -1, 1);
}

/* Input x, constant b, and a: a constant, or computed. */
static struct trial_shape begin_either(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input(trial, "x", &shape);
    if (trial_is(trial, 40))
        say_constant(trial, "a", &shape);
    else
        trial_say(trial, "node Neg x -> a\n");
    if (trial_is(trial, 60))
        say_constant(trial, "b", &shape);
    else
        trial_say(trial, "node Abs x -> b\n");
    return shape;
}

/* Input x and constants a and b. */
static struct trial_shape begin(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input(trial, "x", &shape);
    say_constant(trial, "a", &shape);
    say_constant(trial, "b", &shape);
    return shape;
}

/* y is x plus one where condition r is true. */
static void end(struct trial *trial)
{
    trial_say(trial, "node Cast r -> f to=1\nnode Add x f -> y");
}

static void make_comparison(struct trial *trial, const char *operator)
{
    begin_either(trial);
    trial_say(trial, "node %s a b -> r\n", operator);
    end(trial);
}

static void make_equal(struct trial *trial)
{
    begin_either(trial);
    trial_say(trial, "node Sign a -> p\nnode Sign b -> q\nnode Equal p q -> r\n");
    end(trial);
}
static void make_greater(struct trial *trial)
{
    make_comparison(trial, "Greater");
}
static void make_greater_or_equal(struct trial *trial)
{
    make_comparison(trial, "GreaterOrEqual");
}
static void make_less(struct trial *trial)
{
    make_comparison(trial, "Less");
}
static void make_less_or_equal(struct trial *trial)
{
    make_comparison(trial, "LessOrEqual");
}

/* Of two conditions. */
static void make_logic(struct trial *trial, const char *operator)
{
    struct trial_shape shape = begin_either(trial);

    say_constant(trial, "c", &shape);
    trial_say(
        trial,
        "node Greater a b -> p\nnode Less b c -> q\nnode %s p q -> r\n", operator);
    end(trial);
}

static void make_and(struct trial *trial)
{
    make_logic(trial, "And");
}
static void make_or(struct trial *trial)
{
    make_logic(trial, "Or");
}
static void make_xor(struct trial *trial)
{
    make_logic(trial, "Xor");
}

static void make_not(struct trial *trial)
{
    begin_either(trial);
    trial_say(trial, "node Greater a b -> p\nnode Not p -> r\n");
    end(trial);
}

/* Of floats as C has it, of integers either way. */
static void make_mod(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int divided[] = {trial_between(trial, -20, 20)};
    int divisor[] = {trial_between(trial, 1, 6) * (trial_is(trial, 50) ? 1 : -1)};

    trial_input(trial, "x", &shape);
    if (trial_is(trial, 50)) {
        say_constant(trial, "a", &shape);
        trial_floats_in(trial, "b", &(struct trial_shape){.rank = 0}, .1, .9);
        trial_say(trial, "node Mod a b -> f fmod=1\nnode Add x f -> y");
        return;
    }
    trial_integers(trial, "a", divided, 1);
    trial_integers(trial, "b", divisor, 1);
    trial_say(trial, "node Mod a b -> r%s\n", trial_is(trial, 40) ? " fmod=1" : "");
    end(trial);
}

/* Parts of a constant, each named once, are exchanged. */
static void make_scatter_nd(struct trial *trial)
{
    int dims[] = {trial->batch, trial_between(trial, 2, 5), trial_between(trial, 1, 5)};
    struct trial_shape shape = trial_dims(3, dims), data = trial_dims(2, dims + 1);
    int depth = trial_between(trial, 1, 2), count = trial_between(trial, 1, dims[1]);
    struct trial_shape updates = trial_dims(3 - depth, (int[]){count, dims[2]});

    trial_input(trial, "x", &shape);
    trial_floats(trial, "a", &data);
    trial_floats(trial, "u", &updates);
    trial_say(trial, "integers i %d,%d =", count, depth);
    for (int row = 0; row < count; row++) {
        trial_say(trial, " %d", trial_is(trial, 30) ? row - dims[1] : row);
        if (depth == 2)
            trial_say(trial, " %d", trial_between(trial, 0, dims[2] - 1));
    }
    trial_say(trial, "\nnode ScatterND a i u -> b\nnode Add x b -> y");
}

/* Minus infinity where c is false, but not in the first column: a Softmax leaves that out. */
static void say_masked(struct trial *trial, const struct trial_shape *shape)
{
    int columns = shape->dims[shape->rank - 1];

    trial_say(trial, "floats first %d = 1", columns);
    for (int i = 1; i < columns; i++)
        trial_say(trial, " -1");
    trial_say(trial, "\nfloats z - = 0\nfloats d - = -inf\n"
                     "node Greater first z -> g\nnode Or c g -> o\n");
    if (trial_is(trial, 50))
        trial_say(trial, "node Where o x d -> w\n");
    else
        trial_say(trial, "node Where o z d -> m\nnode Add x m -> w\n");
    trial_say(trial, "node Softmax w -> s axis=%d\n", shape->rank - 1);
    trial_say_twice(trial, "s");
}

/* Of a tensor and a constant in any order. */
static void make_where(struct trial *trial)
{
    struct trial_shape shape = begin(trial);

    trial_say(trial, "node Greater a b -> c\n");
    if (trial_is(trial, 50)) {
        say_masked(trial, &shape);
        return;
    }
    say_constant(trial, "d", &shape);
    trial_say(trial, "node Where c %s -> y", trial_is(trial, 50) ? "x d" : "d x");
}

/* Of two computed choices, or by a computed condition. */
static void make_where_computed(struct trial *trial)
{
    struct trial_shape shape = trial_is(trial, 40) ? begin(trial) : begin_either(trial);

    say_constant(trial, "d", &shape);
    trial_say(trial, "node Greater a b -> c\nnode Tanh x -> t\nnode Where c %s -> y",
              trial_is(trial, 60)   ? "x t"
              : trial_is(trial, 50) ? "t d"
                                    : "d t");
}

/* A branch of x that uses its own names, as the other one does. */
static void say_branch(struct trial *trial, const char *which)
{
    static const char *const curves[] = {"Tanh", "Neg", "Abs", "Sigmoid", "Relu"};

    trial_say(trial, "branch %s\n", which);
    if (trial_is(trial, 30))
        trial_say(trial, "node Identity x -> z\n");
    else
        trial_say(trial, "floats k - = %g\nnode Mul x k -> w\nnode %s w -> z\n",
                  trial_real(trial, -2, 2), curves[trial_between(trial, 0, 4)]);
    trial_say(trial, "output z\nend\n");
}

/* By a constant, or by the number of columns. */
static void make_if(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);

    trial_input(trial, "x", &shape);
    if (trial_is(trial, 50)) {
        trial_say(trial, "bool c - = %d\n", trial_is(trial, 50));
    } else {
        trial_integer(trial, "last", shape.rank - 1);
        trial_integer(trial, "columns", trial_between(trial, 1, 3));
        trial_say(trial, "node Shape x -> s\nnode Gather s last -> d\n"
                         "node Equal d columns -> c\n");
    }
    trial_say(trial, "node If c -> p\n");
    say_branch(trial, "then_branch");
    say_branch(trial, "else_branch");
    trial_say_twice(trial, "p");
}

static void make_trilu(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);
    bool has_diagonal = trial_is(trial, 60);

    trial_input(trial, "x", &shape);
    trial_integer(trial, "k", trial_between(trial, -3, 3));
    trial_say(trial, "node Trilu x%s -> y%s", has_diagonal ? " k" : "",
              trial_is(trial, 50) ? " upper=0" : "");
}

static void make_gather_nd(struct trial *trial)
{
    int rows = trial_between(trial, 1, 4), columns = trial_between(trial, 1, 4);
    int count = trial_between(trial, 1, 5), depth = trial_between(trial, 1, 2);
    struct trial_shape shape =
        trial_dims(3, (int[]){trial->batch, count, depth == 1 ? columns : 1});
    struct trial_shape data = trial_dims(2, (int[]){rows, columns});

    trial_input(trial, "x", &shape);
    trial_floats(trial, "d", &data);
    trial_say(trial, "integers i %d,%s%d =", count, depth == 1 ? "" : "1,", depth);
    for (int i = 0; i < count; i++) {
        trial_say(trial, " %d", trial_between(trial, -rows, rows - 1));
        if (depth == 2)
            trial_say(trial, " %d", trial_between(trial, -columns, columns - 1));
    }
    trial_say(trial, "\nnode GatherND d i -> r\nnode Add x r -> y");
}

static void make_gather_elements(struct trial *trial)
{
    int dims[] = {trial_between(trial, 1, 4), trial_between(trial, 1, 4)};
    int axis = trial_between(trial, 0, 1), chosen[2];
    struct trial_shape data = trial_dims(2, dims), shape;

    for (int i = 0; i < 2; i++)
        chosen[i] =
            i == axis ? trial_between(trial, 1, 5) : trial_between(trial, 1, dims[i]);
    shape = trial_dims(3, (int[]){trial->batch, chosen[0], chosen[1]});
    trial_input(trial, "x", &shape);
    trial_floats(trial, "d", &data);
    trial_say(trial, "integers i %d,%d =", chosen[0], chosen[1]);
    for (int i = 0; i < chosen[0] * chosen[1]; i++)
        trial_say(trial, " %d", trial_between(trial, -dims[axis], dims[axis] - 1));
    trial_say(trial, "\nnode GatherElements d i -> r axis=%d\nnode Add x r -> y",
              trial_is(trial, 50) ? axis : axis - 2);
}

const struct operator_trial conditions_trials[] = {
    {"And", 7, make_and},
    {"Equal", 11, make_equal},
    {"Greater", 9, make_greater},
    {"GatherElements", 11, make_gather_elements},
    {"GatherND", 11, make_gather_nd},
    {"GreaterOrEqual", 12, make_greater_or_equal},
    {"If", 7, make_if},
    {"Less", 9, make_less},
    {"LessOrEqual", 12, make_less_or_equal},
    {"Mod", 10, make_mod},
    {"Not", 7, make_not},
    {"Or", 7, make_or},
    {"ScatterND", 11, make_scatter_nd},
    {"Trilu", 14, make_trilu},
    {"Where", 9, make_where},
    {"Where-computed", 9, make_where_computed},
    {"Xor", 7, make_xor},
    {NULL, 0, NULL}};
