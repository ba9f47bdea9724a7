/* What only moves numbers, and shapes that are worked out in the file. */
#include "tests/fuzz/sketch.h"

#include <stdio.h>
#include <string.h>

static void say_plainly(struct sketch *sketch, const char *op, struct place from,
                        struct place to)
{
    sketch_say(sketch, "node %s t%d -> t%d", op, from.tensor, to.tensor);
}

struct place sketch_reshape(struct sketch *sketch, struct place from, int rank,
                            const int *dims)
{
    struct place to = sketch_like(sketch, from);
    int wanted[5], constant;

    wanted[0] = chance_is(&sketch->chance, 50) ? 0 : -1;
    for (int i = 1; i < rank; i++)
        to.dims[i] = wanted[i] = dims[i];
    if (wanted[0] == 0 && chance_is(&sketch->chance, 50))
        wanted[rank - 1] = -1;
    to.rank = rank;
    constant = sketch_integers(sketch, wanted, rank);
    sketch_say(sketch, "node Reshape t%d c%d -> t%d", from.tensor, constant, to.tensor);
    sketch_name(sketch);
    return to;
}

static struct place transpose(struct sketch *sketch, struct place from)
{
    struct place to = sketch_like(sketch, from);
    int order[4] = {0, 1, 2, 3}, left, right;

    left = chance_between(&sketch->chance, 1, from.rank - 1);
    right = chance_between(&sketch->chance, 1, from.rank - 1);
    order[left] = right;
    order[right] = left;
    say_plainly(sketch, "Transpose", from, to);
    sketch_say(sketch, " perm=");
    for (int i = 0; i < from.rank; i++) {
        sketch_say(sketch, "%s%d", i ? "," : "", order[i]);
        to.dims[i] = from.dims[order[i]];
    }
    sketch_name(sketch);
    return to;
}

/* Channels of groups are dealt out to the others. */
static struct place shuffle(struct sketch *sketch, struct place from)
{
    int half = from.dims[1] / 2;
    const int apart[] = {0, 2, half, from.dims[2], from.dims[3]};
    struct place now, to;

    if (from.rank != 4 || from.dims[1] % 2 != 0)
        return transpose(sketch, from);
    now = sketch_reshape(sketch, from, 5, apart);
    to = sketch_like(sketch, now);
    sketch_say(sketch, "node Transpose t%d -> t%d perm=0,2,1,3,4", now.tensor,
               to.tensor);
    sketch_name(sketch);
    return sketch_reshape(sketch, to, 4, from.dims);
}

static struct place slice(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int axis = chance_between(chance, 1, from.rank - 1), size = from.dims[axis];
    int first = chance_between(chance, 0, size - 1), by = 1, constants[4];
    int end = chance_between(chance, first + 1, size + 2);
    int given[4];

    if (sketch->opset >= 10 && chance_is(chance, 30))
        by = chance_between(chance, 2, 3);
    to.dims[axis] = ((end > size ? size : end) - first - 1) / by + 1;
    given[0] = chance_is(chance, 30) ? first - size : first;
    given[1] = end < size && chance_is(chance, 30) ? end - size : end;
    given[2] = chance_is(chance, 30) ? axis - from.rank : axis;
    given[3] = by;
    if (sketch->opset >= 10 && chance_is(chance, 15)) { /* from the end */
        given[0] = -1;
        given[1] = -size - 1;
        given[3] = -1;
        to.dims[axis] = size;
    }
    if (sketch->opset < 10) {
        say_plainly(sketch, "Slice", from, to);
        sketch_say(sketch, " starts=%d, ends=%d, axes=%d,", given[0], given[1],
                   given[2]);
    } else {
        for (int i = 0; i < 4; i++)
            constants[i] = sketch_integers(sketch, &given[i], 1);
        sketch_say(sketch, "node Slice t%d c%d c%d c%d c%d -> t%d", from.tensor,
                   constants[0], constants[1], constants[2], constants[3], to.tensor);
    }
    sketch_name(sketch);
    return to;
}

static struct place pad(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    double fill = chance_is(chance, 60) ? 0 : chance_normal(chance);
    int pads[8] = {0}, constants[2];

    for (int i = 1; i < from.rank; i++) {
        int most = i == 1 && from.rank == 4 ? 1 : 2;

        pads[i] = chance_between(chance, 0, most);
        pads[i + from.rank] = chance_between(chance, i == 1 ? 0 : -1, most);
        if (from.dims[i] + pads[i] + pads[i + from.rank] < 1)
            pads[i + from.rank] = 0;
        to.dims[i] = from.dims[i] + pads[i] + pads[i + from.rank];
    }
    if (sketch->opset < 11) {
        say_plainly(sketch, "Pad", from, to);
        sketch_say(sketch, " value=%.5f pads=", fill);
        for (int i = 0; i < 2 * from.rank; i++)
            sketch_say(sketch, "%s%d", i ? "," : "", pads[i]);
    } else {
        constants[0] = sketch_integers(sketch, pads, 2 * from.rank);
        constants[1] = sketch_float(sketch, fill);
        sketch_say(sketch, "node Pad t%d c%d c%d -> t%d", from.tensor, constants[0],
                   constants[1], to.tensor);
    }
    sketch_name(sketch);
    return to;
}

/* Another name, or a dimension that comes and goes. */
static struct place nothing(struct sketch *sketch, struct place from)
{
    static const char *const names[] = {"Identity", "Dropout", NULL};
    struct chance *chance = &sketch->chance;
    struct place now = sketch_like(sketch, from), to;
    int axis = chance_between(chance, 1, from.rank), constant;

    if (from.rank == 4 || chance_is(chance, 60)) {
        say_plainly(sketch, chance_word(chance, names), from, now);
        sketch_name(sketch);
        return now;
    }
    to = sketch_like(sketch, from);
    constant = sketch->opset < 13 ? 0 : sketch_integers(sketch, &axis, 1);
    for (int i = 0; i < 2; i++) {
        const char *op = i == 0 ? "Unsqueeze" : "Squeeze";
        struct place a = i == 0 ? from : now, b = i == 0 ? now : to;

        if (constant) {
            sketch_say(sketch, "node %s t%d c%d -> t%d", op, a.tensor, constant,
                       b.tensor);
        } else {
            say_plainly(sketch, op, a, b);
            sketch_say(sketch, " axes=%d,", axis);
        }
        sketch_name(sketch);
    }
    return to;
}

static int count_of(struct place place)
{
    int count = 1;

    for (int i = 1; i < place.rank; i++)
        count *= place.dims[i];
    return count;
}

/* Channels become pixels, or pixels channels. */
static struct place deal(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);

    if (from.rank == 4 && from.dims[1] % 4 == 0) {
        to.dims[1] /= 4;
        to.dims[2] *= 2;
        to.dims[3] *= 2;
        say_plainly(sketch, "DepthToSpace", from, to);
        sketch_say(sketch, " blocksize=2%s",
                   sketch->opset >= 11 && chance_is(chance, 50) ? " mode=CRD" : "");
    } else if (from.rank == 4 && from.dims[2] % 2 == 0 && from.dims[3] % 2 == 0) {
        to.dims[1] *= 4;
        to.dims[2] /= 2;
        to.dims[3] /= 2;
        say_plainly(sketch, "SpaceToDepth", from, to);
        sketch_say(sketch, " blocksize=2");
    } else {
        say_plainly(sketch, "Identity", from, to);
    }
    sketch_name(sketch);
    return to;
}

/* The first of two parts. */
static struct place split(struct sketch *sketch, struct place from)
{
    int axis = chance_between(&sketch->chance, 1, from.rank - 1), sizes[2], constant;
    struct place to, other;

    if (from.dims[axis] < 2)
        return nothing(sketch, from);
    sizes[0] = chance_between(&sketch->chance, 1, from.dims[axis] - 1);
    sizes[1] = from.dims[axis] - sizes[0];
    to = sketch_like(sketch, from);
    other = sketch_like(sketch, from);
    to.dims[axis] = sizes[0];
    if (sketch->opset < 13) {
        sketch_say(sketch, "node Split t%d -> t%d t%d axis=%d split=%d,%d", from.tensor,
                   to.tensor, other.tensor, axis, sizes[0], sizes[1]);
    } else {
        constant = sketch_integers(sketch, sizes, 2);
        sketch_say(sketch, "node Split t%d c%d -> t%d t%d axis=%d", from.tensor,
                   constant, to.tensor, other.tensor, axis - from.rank);
    }
    sketch_name(sketch);
    return to;
}

/* All of it again, or each pixel four times. */
static struct place repeat(struct sketch *sketch, struct place from)
{
    int axis = chance_between(&sketch->chance, 1, from.rank - 1), constant;
    struct place to;

    if (4 * count_of(from) > SKETCH_ELEMENTS_MOST)
        return nothing(sketch, from);
    to = sketch_like(sketch, from);
    if (from.rank == 4 && sketch->opset >= 13 && chance_is(&sketch->chance, 60)) {
        constant = sketch_floats(sketch, "4", (const double[]){1, 1, 2, 2}, 4);
        sketch_say(sketch,
                   "node Resize t%d . c%d -> t%d mode=nearest nearest_mode=floor "
                   "coordinate_transformation_mode=asymmetric",
                   from.tensor, constant, to.tensor);
        to.dims[2] *= 2;
        to.dims[3] *= 2;
    } else {
        int repeats[] = {1, 1, 1, 1};

        repeats[axis] = 2;
        to.dims[axis] *= 2;
        constant = sketch_integers(sketch, repeats, from.rank);
        sketch_say(sketch, "node Tile t%d c%d -> t%d", from.tensor, constant,
                   to.tensor);
    }
    sketch_name(sketch);
    return to;
}

struct place sketch_move(struct sketch *sketch, struct place from)
{
    static struct place (*const moves[])(struct sketch *, struct place) = {
        transpose, shuffle, slice, pad, nothing, deal, split, repeat};

    return moves[chance_between(&sketch->chance, 0, 7)](sketch, from);
}
