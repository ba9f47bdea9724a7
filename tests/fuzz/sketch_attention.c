/* Products of two tensors: attention over the rows of a sequence, and images times images. */
#include "tests/fuzz/sketch.h"

#include <math.h>

static struct place turned(struct sketch *sketch, struct place from)
{
    static const char *const orders[] = {"0,2,1", "0,1,3,2"};
    struct place to = sketch_like(sketch, from);
    int last = from.rank - 1;

    to.dims[last] = from.dims[last - 1];
    to.dims[last - 1] = from.dims[last];
    sketch_say(sketch, "node Transpose t%d -> t%d perm=%s", from.tensor, to.tensor,
               orders[from.rank - 3]);
    sketch_name(sketch);
    return to;
}

static struct place times(struct sketch *sketch, struct place left, struct place right)
{
    struct place to = sketch_like(sketch, left);

    for (int i = 1; i < to.rank - 2; i++)
        to.dims[i] = left.dims[i] > right.dims[i] ? left.dims[i] : right.dims[i];
    to.dims[to.rank - 1] = right.dims[right.rank - 1];
    sketch_say(sketch, "node MatMul t%d t%d -> t%d", left.tensor, right.tensor,
               to.tensor);
    sketch_name(sketch);
    return to;
}

/* The same products by Einsum: of rows with rows, and of those with rows again. */
static struct place by_equation(struct sketch *sketch, struct place left,
                                struct place right, bool are_scores)
{
    static const char *const equations[2][2] = {{"nts,nsd->ntd", "nhts,nhsd->nhtd"},
                                                {"ntd,nsd->nts", "nhtd,nhsd->nhts"}};
    struct place to = sketch_like(sketch, left);
    int last = to.rank - 1;

    to.dims[last] = are_scores ? right.dims[last - 1] : right.dims[last];
    sketch_say(sketch, "node Einsum t%d t%d -> t%d equation=%s", left.tensor,
               right.tensor, to.tensor, equations[are_scores][left.rank - 3]);
    sketch_name(sketch);
    return to;
}

static struct place scaled(struct sketch *sketch, struct place from, double by)
{
    struct place to = sketch_like(sketch, from);
    int constant = sketch_float(sketch, by);

    sketch_say(sketch, "node Mul t%d c%d -> t%d", from.tensor, constant, to.tensor);
    sketch_name(sketch);
    return to;
}

/* [N, T, heads * size] as [N, heads, T, size]. */
static struct place apart(struct sketch *sketch, struct place from, int heads)
{
    int size = from.dims[2] / heads;
    const int dims[] = {0, from.dims[1], heads, size};
    struct place to, now;

    if (heads == 1)
        return from;
    now = sketch_reshape(sketch, from, 4, dims);
    to = sketch_like(sketch, now);
    to.dims[1] = heads;
    to.dims[2] = from.dims[1];
    sketch_say(sketch, "node Transpose t%d -> t%d perm=0,2,1,3", now.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

/* And back. */
static struct place together(struct sketch *sketch, struct place from, int heads)
{
    const int dims[] = {0, from.dims[2], heads * from.dims[3]};
    struct place to = sketch_like(sketch, from);

    if (heads == 1)
        return from;
    to.dims[1] = from.dims[2];
    to.dims[2] = heads;
    sketch_say(sketch, "node Transpose t%d -> t%d perm=0,2,1,3", from.tensor,
               to.tensor);
    sketch_name(sketch);
    return sketch_reshape(sketch, to, 3, dims);
}

/* Keys and values may have a head that serves all. */
struct place sketch_attention(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    int heads = chance_between(chance, 1, 3), size = chance_between(chance, 1, 5);
    int shared = heads > 1 && chance_is(chance, 25) ? 1 : heads;
    bool by_equations;
    struct place q = sketch_product(sketch, from, heads * size), k, v, scores;

    if (shared < heads) {
        const int dims[] = {0, 1, from.dims[1], size};

        k = sketch_reshape(sketch, sketch_product(sketch, from, size), 4, dims);
        v = sketch_reshape(sketch, sketch_product(sketch, from, size), 4, dims);
    } else {
        k = apart(sketch, sketch_product(sketch, from, heads * size), heads);
        v = apart(sketch, sketch_product(sketch, from, heads * size), heads);
    }
    q = apart(sketch, q, heads);
    if (chance_is(chance, 30))
        q = scaled(sketch, q, 1 / sqrt(size));
    by_equations = sketch->opset >= 12 && shared == heads && chance_is(chance, 30);
    scores = by_equations ? by_equation(sketch, q, k, true)
                          : times(sketch, q, turned(sketch, k));
    if (chance_is(chance, 50))
        scores = scaled(sketch, scores, 1 / sqrt(size));
    if (chance_is(chance, 80))
        scores = sketch_clamp(sketch, scores);
    return together(sketch,
                    by_equations ? by_equation(sketch, scores, v, false)
                                 : times(sketch, scores, v),
                    heads);
}

/* [N, C, H, W]: what rows have in common, times the rows. */
struct place sketch_gram(struct sketch *sketch, struct place from)
{
    struct place common = times(sketch, from, turned(sketch, from));

    if (chance_is(&sketch->chance, 50))
        common = sketch_clamp(sketch, common);
    return times(sketch, scaled(sketch, common, 1. / (from.dims[2] * from.dims[3])),
                 from);
}
