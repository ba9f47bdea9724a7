/* Curves of several nodes, and tensors that are multiplied with others. */
#include "tests/fuzz/sketch.h"

#include <math.h>
#include <stdio.h>

/* A node from one tensor to a new one of its shape. */
static struct place one(struct sketch *sketch, const char *operator, struct place from)
{
    struct place to = sketch_like(sketch, from);

    sketch_say(sketch, "node %s t%d -> t%d", operator, from.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

/* The product of two tensors of one shape, in any order. */
static struct place product(struct sketch *sketch, struct place a, struct place b)
{
    struct place to = sketch_like(sketch, a);

    if (chance_is(&sketch->chance, 50))
        sketch_say(sketch, "node Mul t%d t%d -> t%d", a.tensor, b.tensor, to.tensor);
    else
        sketch_say(sketch, "node Mul t%d t%d -> t%d", b.tensor, a.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

static struct place with_number(struct sketch *sketch, const char *operator,
                                struct place from, double number)
{
    int constant = sketch_float(sketch, number);
    struct place to = sketch_like(sketch, from);

    sketch_say(sketch, "node %s t%d c%d -> t%d", operator, from.tensor, constant,
               to.tensor);
    sketch_name(sketch);
    return to;
}

/* x / 2 (1 + erf(x / sqrt(2))), its factors in one of two orders. */
static struct place gelu(struct sketch *sketch, struct place x)
{
    struct place gate = one(sketch, "Erf", with_number(sketch, "Div", x, sqrt(2)));

    gate = with_number(sketch, "Add", gate, 1);
    if (chance_is(&sketch->chance, 50))
        return product(sketch, with_number(sketch, "Mul", x, .5), gate);
    return with_number(sketch, "Mul", product(sketch, x, gate), .5);
}

/* A value for each channel, from all pixels, that multiplies them. */
static struct place squeeze(struct sketch *sketch, struct place from)
{
    struct place mean = from, gate, to;

    mean.dims[2] = mean.dims[3] = 1;
    mean = sketch_like(sketch, mean);
    sketch_say(sketch, "node GlobalAveragePool t%d -> t%d", from.tensor, mean.tensor);
    sketch_name(sketch);
    gate = one(sketch, "Sigmoid", mean);
    to = sketch_like(sketch, from);
    sketch_say(sketch, "node Mul t%d t%d -> t%d", from.tensor, gate.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

/* A slope for each channel of [N, C, H, W], or one for all. */
static struct place sloped(struct sketch *sketch, struct place from)
{
    enum { MOST = 256 };
    int count = from.rank == 4 ? from.dims[1] : 1, constant;
    struct place to = sketch_like(sketch, from);
    double values[MOST];
    char dims[32];

    for (int i = 0; i < count; i++)
        values[i] = .3 * chance_normal(&sketch->chance);
    snprintf(dims, sizeof dims, from.rank == 4 ? "%d,1,1" : "%d", count);
    constant = sketch_floats(sketch, dims, values, count);
    sketch_say(sketch, "node PRelu t%d c%d -> t%d", from.tensor, constant, to.tensor);
    sketch_name(sketch);
    return to;
}

/* A number where it is on one side of another one, and that elsewhere. */
static struct place chosen(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    int limit = sketch_float(sketch, .3 * chance_normal(chance));
    bool is_first = chance_is(chance, 50);
    struct place condition = sketch_like(sketch, from), to = sketch_like(sketch, from);

    sketch_say(sketch, "node %s t%d c%d -> t%d",
               chance_is(chance, 50) ? "Greater" : "Less", from.tensor, limit,
               condition.tensor);
    sketch_name(sketch);
    if (is_first)
        sketch_say(sketch, "node Where t%d t%d c%d -> t%d", condition.tensor,
                   from.tensor, limit, to.tensor);
    else
        sketch_say(sketch, "node Where t%d c%d t%d -> t%d", condition.tensor, limit,
                   from.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

struct place sketch_gate(struct sketch *sketch, struct place from)
{
    static const char *const curves[] = {"Abs", "Neg", "Selu", "Softsign", NULL};

    switch (chance_between(&sketch->chance, sketch->opset < 9, 7)) {
    case 7:
        return sketch->opset < 9 ? sloped(sketch, from) : chosen(sketch, from);
    case 0:
        return gelu(sketch, from);
    case 1:
        return product(sketch, from, one(sketch, "Sigmoid", from));
    case 2:
        return product(sketch, from,
                       one(sketch, "Tanh", one(sketch, "Softplus", from)));
    case 3:
        return sloped(sketch, from);
    case 4:
        return product(sketch, from, one(sketch, "Softsign", from));
    case 5:
        return from.rank == 4 ? squeeze(sketch, from) : sloped(sketch, from);
    default:
        return one(sketch, chance_word(&sketch->chance, curves), from);
    }
}
