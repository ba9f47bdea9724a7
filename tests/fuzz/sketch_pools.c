/* Pools over windows, or over all of height and width. */
#include "tests/fuzz/reach.h"
#include "tests/fuzz/sketch.h"

/* With ceil_mode there may be one window more; one that would begin behind the input and its first pad is
 * left out by runtimes, but counted by ONNX's own inference of shapes. */
static bool may_round_up(const struct reach *reach, int size)
{
    int free = size + reach->begin + reach->end - reach_span(reach);

    return free % reach->stride == 0 ||
           (free / reach->stride + 1) * reach->stride < size + reach->begin;
}

static int pooled(const struct reach *reach, int size, bool rounds_up)
{
    int free = size + reach->begin + reach->end - reach_span(reach);

    return free / reach->stride + 1 + (rounds_up && free % reach->stride != 0);
}

static struct place whole_pool(struct sketch *sketch, struct place from)
{
    static const char *const names[] = {"GlobalAveragePool", "GlobalMaxPool",
                                        "ReduceMean", NULL};
    const char *name = chance_word(&sketch->chance, names);
    struct place to = sketch_like(sketch, from);
    int axes = chance_between(&sketch->chance, 0, 3), constant;
    const int both[] = {axes == 3 ? 3 : 2, 3};
    int count = axes == 0 || axes == 1 ? 2 : 1;

    if (name[0] == 'G') {
        sketch_say(sketch, "node %s t%d -> t%d", name, from.tensor, to.tensor);
        to.dims[2] = to.dims[3] = 1;
    } else {
        constant = sketch->opset < 18 ? 0 : sketch_integers(sketch, both, count);
        sketch_say(sketch, "node ReduceMean t%d ", from.tensor);
        if (constant)
            sketch_say(sketch, "c%d -> t%d", constant, to.tensor);
        else if (count == 2)
            sketch_say(sketch, "-> t%d axes=2,-1", to.tensor);
        else
            sketch_say(sketch, "-> t%d axes=%d,", to.tensor, both[0]);
        for (int i = 0; i < count; i++)
            to.dims[both[i]] = 1;
        if (axes == 1) {
            sketch_say(sketch, " keepdims=0");
            to.rank = 2;
        }
    }
    sketch_name(sketch);
    return to;
}

struct place sketch_pool(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    bool is_maximum = chance_is(chance, 50), rounds_up;
    struct reach reach[2] = {reach_draw(chance, from.dims[2], false),
                             reach_draw(chance, from.dims[3], false)};
    struct place to;

    if (chance_is(chance, 25))
        return whole_pool(sketch, from);
    to = sketch_like(sketch, from);
    rounds_up = sketch->opset >= 10 && chance_is(chance, 30);
    for (int i = 0; i < 2; i++) {
        if (sketch->opset < (is_maximum ? 10 : 19))
            reach[i].dilation = 1;
        /* No window may hold nothing but pads. */
        if (reach[i].begin >= reach[i].kernel || reach[i].dilation > 1)
            reach[i].begin = 0;
        if (reach[i].end >= reach[i].kernel || reach[i].dilation > 1)
            reach[i].end = 0;
        if (from.dims[2 + i] + reach[i].begin + reach[i].end < reach_span(&reach[i]))
            reach[i].kernel = 1;
        if (reach[i].kernel == 1)
            reach[i].begin = reach[i].end = 0;
        rounds_up = rounds_up && may_round_up(&reach[i], from.dims[2 + i]);
    }
    for (int i = 0; i < 2; i++)
        to.dims[2 + i] = pooled(&reach[i], from.dims[2 + i], rounds_up);
    sketch_say(sketch, "node %sPool t%d -> t%d kernel_shape=%d,%d",
               is_maximum ? "Max" : "Average", from.tensor, to.tensor, reach[0].kernel,
               reach[1].kernel);
    sketch_say(sketch, " strides=%d,%d pads=%d,%d,%d,%d", reach[0].stride,
               reach[1].stride, reach[0].begin, reach[1].begin, reach[0].end,
               reach[1].end);
    if (sketch->opset >= (is_maximum ? 10 : 19))
        sketch_say(sketch, " dilations=%d,%d", reach[0].dilation, reach[1].dilation);
    if (rounds_up)
        sketch_say(sketch, " ceil_mode=1");
    if (!is_maximum && chance_is(chance, 40))
        sketch_say(sketch, " count_include_pad=1");
    sketch_name(sketch);
    return to;
}
