/* What is computed with the rows of a tensor, along any of its dimensions. */
#include "tests/fuzz/sketch.h"

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

struct place sketch_rows(struct sketch *sketch, struct place from)
{
    return softmax(sketch, from);
}
