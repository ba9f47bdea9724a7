/* Layers that belong together: chains, residuals, branches. */
#include "tests/fuzz/sketch.h"

static struct place maybe_clamped(struct sketch *sketch, struct place from)
{
    return chance_is(&sketch->chance, 75) ? sketch_clamp(sketch, from) : from;
}

static struct place sum(struct sketch *sketch, struct place left, struct place right)
{
    struct place to = sketch_like(sketch, left);

    sketch_say(sketch, "node Add t%d t%d -> t%d", left.tensor, right.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

static struct place joined(struct sketch *sketch, struct place left, struct place right)
{
    struct place to = sketch_like(sketch, left);
    int axis = left.rank == 3 ? 2 : 1;

    to.dims[axis] += right.dims[axis];
    sketch_say(sketch, "node Concat t%d t%d -> t%d axis=%d", left.tensor, right.tensor,
               to.tensor, chance_is(&sketch->chance, 30) ? axis - left.rank : axis);
    sketch_name(sketch);
    return to;
}

static int elements(struct place place)
{
    int count = 1;

    for (int i = 1; i < place.rank; i++)
        count *= place.dims[i];
    return count;
}

/* ---- images ----------------------------------------------------------------------------------- */

static struct place conv_chain(struct sketch *sketch, struct place from)
{
    bool spreads = elements(from) <= 200 && chance_is(&sketch->chance, 15);
    struct place to = spreads ? sketch_conv_transpose(sketch, from)
                              : sketch_conv(sketch, from, false);

    return maybe_clamped(sketch, sketch_scaled(sketch, to));
}

static struct place same_chain(struct sketch *sketch, struct place from)
{
    return maybe_clamped(sketch,
                         sketch_scaled(sketch, sketch_conv(sketch, from, true)));
}

/* The shortcut may be scaled or have a convolution of its own; the sum may come in either order. */
static struct place residual(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place main = from, shortcut = from;

    if (chance_is(chance, 40))
        main = same_chain(sketch, main);
    main = sketch_scaled(sketch, sketch_conv(sketch, main, true));
    if (chance_is(chance, 25))
        shortcut = sketch_scaled(sketch, sketch_conv(sketch, from, true));
    return maybe_clamped(sketch, chance_is(chance, 50) ? sum(sketch, main, shortcut)
                                                       : sum(sketch, shortcut, main));
}

static struct place branches(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place left = same_chain(sketch, from);
    struct place right = chance_is(chance, 60) ? same_chain(sketch, from) : from;

    if (chance_is(chance, 20))
        return sketch_clamp(sketch, joined(sketch, joined(sketch, left, right), from));
    return joined(sketch, left, right);
}

struct place sketch_image_block(struct sketch *sketch, struct place from)
{
    struct place to;
    int kind = chance_between(&sketch->chance, 0, 19);

    if (kind < 8)
        to = conv_chain(sketch, from);
    else if (kind < 11)
        to = residual(sketch, from);
    else if (kind < 13)
        to = branches(sketch, from);
    else if (kind < 16)
        to = sketch_pool(sketch, from);
    else if (kind < 18)
        to = sketch_move(sketch, from);
    else if (kind < 19)
        to = maybe_clamped(sketch, sketch_norm(sketch, from));
    else
        to = maybe_clamped(sketch, sketch_affine(sketch, from));
    if (to.rank == 4 && to.dims[1] * to.dims[2] * to.dims[2] <= SKETCH_ELEMENTS_MOST &&
        chance_is(&sketch->chance, 8))
        to = sketch_gram(sketch, to);
    if (chance_is(&sketch->chance, 8))
        to = maybe_clamped(sketch, sketch_product(sketch, to, to.dims[3]));
    /* Not too large, and no more channels than the tables of constants hold. */
    if (to.rank == 4 && (elements(to) > SKETCH_ELEMENTS_MOST || to.dims[1] > 40))
        to = conv_chain(sketch, to);
    return chance_is(&sketch->chance, 4) ? sketch_reduction(sketch, to) : to;
}

/* ---- vectors and sequences ---------------------------------------------------------------------- */

static struct place product_chain(struct sketch *sketch, struct place from)
{
    int outputs = chance_between(&sketch->chance, 1, 24);

    return maybe_clamped(sketch,
                         sketch_scaled(sketch, sketch_product(sketch, from, outputs)));
}

static struct place product_residual(struct sketch *sketch, struct place from)
{
    int features = from.dims[from.rank - 1];
    struct place main = sketch_product(sketch, from, features);

    if (features > 40)
        return main;
    return maybe_clamped(sketch, sum(sketch, sketch_scaled(sketch, main), from));
}

/* The batch and what stands behind it change places. */
static struct place turned(struct sketch *sketch, struct place from)
{
    struct place to = sketch_like(sketch, from);

    to.is_turned = !from.is_turned;
    sketch_say(sketch, "node Transpose t%d -> t%d perm=1,0,2", from.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

/* As what steps through sequences is written: the batch is second for a while. */
static struct place steps_first(struct sketch *sketch, struct place from)
{
    struct place now = turned(sketch, from);
    int outputs = chance_between(&sketch->chance, 1, 24);

    now = maybe_clamped(sketch, sketch_product(sketch, now, outputs));
    if (chance_is(&sketch->chance, 50))
        now = product_residual(sketch, now);
    return turned(sketch, now);
}

struct place sketch_flat_block(struct sketch *sketch, struct place from)
{
    int kind = chance_between(&sketch->chance, 0, 9);
    int dims[] = {0, 1, 1, from.dims[1]};

    if (from.dims[1] > 100 || kind < 5)
        return product_chain(sketch, from);
    if (kind == 5)
        return product_residual(sketch, from);
    if (kind == 6)
        return joined(sketch, product_chain(sketch, from), from);
    if (kind == 7)
        return sketch_norm(sketch, from);
    if (kind == 8)
        return sketch_move(sketch, from);
    for (int i = 2; i < 5; i++)
        if (from.dims[1] % i == 0) {
            dims[1] = i;
            dims[3] = from.dims[1] / i;
        }
    return sketch_reshape(sketch, from, 4, dims);
}

struct place sketch_sequence_block(struct sketch *sketch, struct place from)
{
    int kind = chance_between(&sketch->chance, 0, 9);

    if (from.dims[2] <= 60 && from.dims[1] <= 12 && chance_is(&sketch->chance, 25))
        return sketch_recurrent(sketch, from);
    if (from.dims[2] <= 60 && from.dims[1] <= 16 && chance_is(&sketch->chance, 20))
        return maybe_clamped(sketch, sketch_attention(sketch, from));
    if (chance_is(&sketch->chance, 15))
        return steps_first(sketch, from);
    if (from.dims[2] > 60 || kind < 6)
        return product_chain(sketch, from);
    if (kind == 6)
        return product_residual(sketch, from);
    if (kind == 7)
        return joined(sketch, product_chain(sketch, from), from);
    if (kind == 8)
        return maybe_clamped(sketch, sketch_affine(sketch, from));
    return chance_is(&sketch->chance, 40) ? sketch_reduction(sketch, from)
                                          : sketch_move(sketch, from);
}

/* ---- the end ---------------------------------------------------------------------------------- */

/* As exporters write x.view(x.size(0), -1). */
static struct place flatten_by_shape(struct sketch *sketch, struct place from,
                                     struct place to)
{
    const int zero = 0, rest = -1, axis = 0;
    int first = ++sketch->tensors, listed = ++sketch->tensors,
        shape = ++sketch->tensors;
    int at = sketch_integers(sketch, &zero, 1),
        open = sketch_integers(sketch, &rest, 1);

    sketch_say(sketch, "node Shape t%d -> t%d", from.tensor, first);
    sketch_name(sketch);
    sketch_say(sketch, "node Gather t%d c%d -> t%d axis=%d", first, at, listed, axis);
    sketch_name(sketch);
    sketch_say(sketch, "node Concat t%d c%d -> t%d axis=0", listed, open, shape);
    sketch_name(sketch);
    sketch_say(sketch, "node Reshape t%d t%d -> t%d", from.tensor, shape, to.tensor);
    sketch_name(sketch);
    return to;
}

struct place sketch_flatten(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to;

    if (from.rank == 2)
        return from;
    if (from.rank == 4 && elements(from) > 200) {
        to = sketch_like(sketch, from);
        sketch_say(sketch, "node GlobalAveragePool t%d -> t%d", from.tensor, to.tensor);
        sketch_name(sketch);
        to.dims[2] = to.dims[3] = 1;
        from = to;
    }
    to = sketch_like(sketch, from);
    to.rank = 2;
    to.dims[1] = elements(from);
    if (chance_is(chance, 30))
        return flatten_by_shape(sketch, from, to);
    if (chance_is(chance, 30))
        return sketch_reshape(sketch, from, 2, to.dims);
    sketch_say(sketch, "node Flatten t%d -> t%d", from.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}
