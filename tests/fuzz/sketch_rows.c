/* What is computed with the rows of a tensor, along any of its dimensions. */
#include "tests/fuzz/sketch.h"

#include <string.h>

/* Before opset 13 it goes along all axes from one on, which no newer one can. */
static struct place softmax(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int axis = from.rank - 1;

    if (sketch->opset >= 13)
        axis = chance_between(chance, 1, from.rank - 1);
    sketch_say(sketch, "node %sSoftmax t%d -> t%d", chance_is(chance, 30) ? "Log" : "",
               from.tensor, to.tensor);
    if (sketch->opset < 13 || axis < from.rank - 1 || chance_is(chance, 70))
        sketch_say(sketch, " axis=%d", chance_is(chance, 40) ? axis - from.rank : axis);
    sketch_name(sketch);
    return to;
}

/* At least one axis, and not all where none is kept; gives how many. */
static int draw_axes(struct chance *chance, struct place from, bool keeps_dims,
                     int axes[4])
{
    int most = keeps_dims ? from.rank - 1 : from.rank - 2, count = 0;

    for (int axis = 1; axis < from.rank; axis++)
        if (count < most && chance_is(chance, 45))
            axes[count++] = axis;
    if (count == 0)
        axes[count++] = chance_between(chance, 1, from.rank - 1);
    return count;
}

static void say_reduction(struct sketch *sketch, const char *name, struct place from,
                          struct place to, const int *axes, int count)
{
    int since = strcmp(name, "ReduceSum") == 0 ? 13 : 18, constant;

    if (sketch->opset >= since) {
        constant = sketch_integers(sketch, axes, count);
        sketch_say(sketch, "node %s t%d c%d -> t%d", name, from.tensor, constant,
                   to.tensor);
        return;
    }
    sketch_say(sketch, "node %s t%d -> t%d axes=", name, from.tensor, to.tensor);
    for (int i = 0; i < count; i++)
        sketch_say(sketch, "%d,", axes[i]);
}

struct place sketch_reduction(struct sketch *sketch, struct place from)
{
    static const char *const names[] = {
        "ReduceMean", "ReduceSum",       "ReduceMax",       "ReduceMin", "ReduceL1",
        "ReduceL2",   "ReduceSumSquare", "ReduceLogSumExp", NULL};
    struct chance *chance = &sketch->chance;
    const char *name = chance_word(chance, names);
    bool keeps_dims = from.rank == 2 || chance_is(chance, 60);
    struct place to = sketch_like(sketch, from);
    int axes[4], count = draw_axes(chance, from, keeps_dims, axes);

    say_reduction(sketch, name, from, to, axes, count);
    for (int i = 0; i < count; i++)
        to.dims[axes[i]] = keeps_dims ? 1 : 0;
    if (!keeps_dims) {
        sketch_say(sketch, " keepdims=0");
        to.rank = 0;
        for (int i = 0; i < from.rank; i++)
            if (to.dims[i] != 0 || i == 0)
                to.dims[to.rank++] = to.dims[i];
    }
    sketch_name(sketch);
    return to;
}

struct place sketch_rows(struct sketch *sketch, struct place from)
{
    return softmax(sketch, from);
}
