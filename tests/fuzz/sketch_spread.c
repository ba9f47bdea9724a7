/* ConvTranspose: layers that make images larger. */
#include "tests/fuzz/reach.h"
#include "tests/fuzz/sketch.h"

#include <stdio.h>

/* Along one dimension: what is added behind, and how many elements come out. */
struct spread {
    struct reach reach;
    int padding, outputs;
};

static struct spread draw_spread(struct chance *chance, int size)
{
    struct spread spread = {.reach = {.stride = 1, .dilation = 1}};
    struct reach *reach = &spread.reach;
    int all;

    reach->kernel = chance_between(chance, 1, 3);
    if (chance_is(chance, 70) && size <= 8)
        reach->stride = chance_between(chance, 2, 3);
    if (chance_is(chance, 15))
        reach->dilation = 2;
    /* ONNX Runtime refuses more. */
    spread.padding =
        chance_is(chance, 40) ? chance_between(chance, 0, reach->stride - 1) : 0;
    all = (size - 1) * reach->stride + reach_span(reach) + spread.padding;
    reach->begin = chance_between(chance, 0, reach_span(reach) - 1);
    reach->end = chance_between(chance, 0, reach_span(reach) - 1);
    if (all - reach->begin - reach->end < 1)
        reach->begin = reach->end = 0;
    spread.outputs = all - reach->begin - reach->end;
    return spread;
}

struct place sketch_conv_transpose(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    int inputs = from.dims[1],
        groups = inputs % 2 == 0 && chance_is(chance, 30) ? 2 : 1;
    int outputs = chance_between(chance, 1, 4), weights;
    struct spread spread[2] = {draw_spread(chance, from.dims[2]),
                               draw_spread(chance, from.dims[3])};
    struct reach *y = &spread[0].reach, *x = &spread[1].reach;
    int count = inputs * outputs * y->kernel * x->kernel;
    struct place to = sketch_like(sketch, from);
    char dims[64];

    snprintf(dims, sizeof dims, "%d,%d,%d,%d", inputs, outputs, y->kernel, x->kernel);
    weights = sketch_weights(sketch, dims, count, count);
    sketch_say(sketch, "node ConvTranspose t%d c%d -> t%d", from.tensor, weights,
               to.tensor);
    if (groups > 1)
        sketch_say(sketch, " group=%d", groups);
    sketch_say(sketch, " strides=%d,%d dilations=%d,%d pads=%d,%d,%d,%d", y->stride,
               x->stride, y->dilation, x->dilation, y->begin, x->begin, y->end, x->end);
    if (spread[0].padding || spread[1].padding)
        sketch_say(sketch, " output_padding=%d,%d", spread[0].padding,
                   spread[1].padding);
    sketch_name(sketch);
    to.dims[1] = outputs * groups;
    to.dims[2] = spread[0].outputs;
    to.dims[3] = spread[1].outputs;
    return to;
}
