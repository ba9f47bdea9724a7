/* Numbers of rows as the input of a network, and the tables that they are looked up in. */
#include "tests/fuzz/sketch.h"

#include <stdio.h>

/* [N], [N, steps] or [N, A, B]. */
struct place sketch_numbers(struct sketch *sketch)
{
    static const char *const types[] = {"int32", "int32", "int64", NULL};
    struct chance *chance = &sketch->chance;
    struct place input = {.rank = chance_between(chance, 1, 3)};

    sketch->vocabulary = chance_between(chance, 2, 30);
    input.tensor = sketch->tensors;
    sketch_say(sketch, "input t0 N");
    for (int i = 1; i < input.rank; i++) {
        input.dims[i] = chance_between(chance, 2, 7);
        sketch_say(sketch, ",%d", input.dims[i]);
    }
    sketch_say(sketch, " %s\n", chance_word(chance, types));
    return input;
}

/* A table [rows, columns]; some files have it turned. */
static int table(struct sketch *sketch, int rows, int columns)
{
    bool is_turned = chance_is(&sketch->chance, 15);
    char dims[64];
    int constant;

    snprintf(dims, sizeof dims, "%d,%d", is_turned ? columns : rows,
             is_turned ? rows : columns);
    constant = sketch_weights(sketch, dims, rows * columns, columns);
    if (!is_turned)
        return constant;
    sketch_say(sketch, "node Transpose c%d -> c%d", constant, sketch->constants + 1);
    sketch_name(sketch);
    return ++sketch->constants;
}

static struct place look_up(struct sketch *sketch, struct place from, int columns)
{
    struct chance *chance = &sketch->chance;
    int constant = table(sketch, sketch->vocabulary, columns);
    struct place to = sketch_like(sketch, from);

    to.dims[to.rank++] = columns;
    sketch_say(sketch, "node Gather c%d t%d -> t%d", constant, from.tensor, to.tensor);
    if (chance_is(chance, 50))
        sketch_say(sketch, " axis=%d", chance_is(chance, 50) ? 0 : -2);
    sketch_name(sketch);
    return to;
}

/* Some numbers are looked up twice, and what that gives is added or joined. */
struct place sketch_embedding(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place first = look_up(sketch, from, chance_between(chance, 1, 8)), second,
                 to;
    bool joins;

    if (!chance_is(chance, 35))
        return first;
    joins = first.rank < 4 && chance_is(chance, 50); /* of images channels come first */
    second = look_up(sketch, from, first.dims[first.rank - 1]);
    to = sketch_like(sketch, first);
    if (joins) {
        to.dims[to.rank - 1] *= 2;
        sketch_say(sketch, "node Concat t%d t%d -> t%d axis=%d", first.tensor,
                   second.tensor, to.tensor, to.rank - 1);
    } else {
        sketch_say(sketch, "node Add t%d t%d -> t%d", first.tensor, second.tensor,
                   to.tensor);
    }
    sketch_name(sketch);
    return to;
}
