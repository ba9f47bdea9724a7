/* What is computed with the rows of a tensor, along any of its dimensions. */
#include "tests/fuzz/sketch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An axis that is not the batch's. */
static int draw_axis(struct chance *chance, struct place from)
{
    return chance_between(chance, from.is_turned ? 2 : 1, from.rank - 1);
}

/* Before opset 13 it goes along all axes from one on, which no newer one can. */
static struct place softmax(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int axis = from.rank - 1;

    if (sketch->opset >= 13)
        axis = draw_axis(chance, from);
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

/* A scale or a shift of `count` numbers, "2,3": its shape. */
static int draw_numbers(struct sketch *sketch, const char *dims, int count)
{
    enum { MOST = SKETCH_ELEMENTS_MOST };
    double values[MOST];

    for (int i = 0; i < count && i < MOST; i++)
        values[i] = .2 + chance_normal(&sketch->chance);
    return sketch_floats(sketch, dims, values, count);
}

static struct place layer_norm(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int axis = draw_axis(chance, from), count = 1, scale, shift;
    char dims[64] = "";

    for (int i = axis; i < from.rank; i++) {
        size_t used = strlen(dims);

        snprintf(dims + used, sizeof dims - used, "%s%d", i > axis ? "," : "",
                 from.dims[i]);
        count *= from.dims[i];
    }
    if (count > SKETCH_ELEMENTS_MOST)
        return softmax(sketch, from);
    scale = draw_numbers(sketch, dims, count);
    shift = draw_numbers(sketch, dims, count);
    sketch_say(sketch, "node LayerNormalization t%d c%d c%d -> t%d axis=%d",
               from.tensor, scale, shift, to.tensor, axis);
    if (chance_is(chance, 50))
        sketch_say(sketch, " epsilon=0.01");
    sketch_name(sketch);
    return to;
}

/* Of images: groups of channels, or neighbours. */
static struct place image_norm(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int channels = from.dims[1], groups = 1, scale, shift, kind;
    char dims[16];

    for (int i = 2; i <= channels; i++)
        if (channels % i == 0 && chance_is(chance, 50))
            groups = i;
    kind = chance_between(chance, 0, sketch->opset < 18 ? 1 : 2);
    snprintf(dims, sizeof dims, "%d",
             kind == 2 && sketch->opset < 21 ? groups : channels);
    scale = draw_numbers(sketch, dims, atoi(dims));
    shift = draw_numbers(sketch, dims, atoi(dims));
    if (kind == 0)
        sketch_say(sketch, "node LRN t%d -> t%d size=%d alpha=0.3 beta=0.5",
                   from.tensor, to.tensor, 2 * chance_between(chance, 0, 2) + 1);
    else if (kind == 1)
        sketch_say(sketch, "node InstanceNormalization t%d c%d c%d -> t%d epsilon=0.01",
                   from.tensor, scale, shift, to.tensor);
    else
        sketch_say(sketch,
                   "node GroupNormalization t%d c%d c%d -> t%d epsilon=0.01 "
                   "num_groups=%d",
                   from.tensor, scale, shift, to.tensor, groups);
    sketch_name(sketch);
    return to;
}

static struct place length_norm(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);

    sketch_say(sketch, "node LpNormalization t%d -> t%d axis=%d p=%d", from.tensor,
               to.tensor, draw_axis(chance, from), chance_between(chance, 1, 2));
    sketch_name(sketch);
    return to;
}

struct place sketch_rows(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;

    if (sketch->opset >= 17 && chance_is(chance, 40))
        return layer_norm(sketch, from);
    if (from.rank == 4 && chance_is(chance, 40))
        return image_norm(sketch, from);
    return chance_is(chance, 25) ? length_norm(sketch, from) : softmax(sketch, from);
}
