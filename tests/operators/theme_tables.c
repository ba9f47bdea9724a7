/* theme_tables.c - rows that are looked up by numbers of samples. */
#include "tests/operators/themes.h"

/* Numbers of rows, also counted from the end, [N], [N, T] or [N, A, B]. */
static struct trial_shape make_numbers(struct trial *trial, int rows)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);

    shape.rank -= trial_is(trial, 30);
    trial_input_integers(trial, "x", trial_is(trial, 50) ? "int32" : "int64", &shape,
                         trial_is(trial, 50) ? 0
                         : trial->opset < 11 ? 0
                                             : -rows,
                         rows - 1);
    return shape;
}

static void make_embedding(struct trial *trial)
{
    int rows = trial_between(trial, 1, 20);
    struct trial_shape table = trial_dims(2, (int[]){rows, trial_between(trial, 1, 6)});

    trial_floats(trial, "table", &table);
    make_numbers(trial, rows);
    trial_say(trial, "node Gather table x -> y%s",
              trial_is(trial, 50) ? " axis=0" : "");
}

/* One table is looked up and, turned, multiplied with, as at the end of language models. */
static void make_tied(struct trial *trial)
{
    int rows = trial_between(trial, 1, 12);
    struct trial_shape table = trial_dims(2, (int[]){rows, trial_between(trial, 1, 6)});

    trial_floats(trial, "table", &table);
    make_numbers(trial, rows);
    trial_say(trial, "node Gather table x -> rows\n"
                     "node Transpose table -> turned\nnode MatMul rows turned -> y");
}

const struct operator_trial tables_trials[] = {
    {"Gather-embedding", 7, make_embedding},
    {"Gather-tied", 7, make_tied},
    {NULL, 0, NULL},
};
