/* Layers with numbers of their own: convolutions, products, batch norms and clamps. */
#include "tests/fuzz/reach.h"
#include "tests/fuzz/sketch.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- convolutions ----------------------------------------------------------------------------- */

/* Groups of a convolution: one, some, or one for each channel. */
static int draw_groups(struct chance *chance, int channels)
{
    int groups = 1;

    if (chance_is(chance, 65))
        return 1;
    if (chance_is(chance, 60))
        return channels;
    for (int i = 2; i <= channels; i++)
        if (channels % i == 0 && chance_is(chance, 50))
            groups = i;
    return groups;
}

static void say_window(struct sketch *sketch, const struct reach reach[2])
{
    sketch_say(sketch, " strides=%d,%d dilations=%d,%d pads=%d,%d,%d,%d",
               reach[0].stride, reach[1].stride, reach[0].dilation, reach[1].dilation,
               reach[0].begin, reach[1].begin, reach[0].end, reach[1].end);
}

/* Pads that are left to the runtime: SAME gives so many windows as strides fit. */
static bool pad_automatically(struct sketch *sketch, const struct reach reach[2],
                              struct place *to, const struct place *from)
{
    static const char *const kinds[] = {"SAME_UPPER", "SAME_LOWER", "VALID", NULL};
    const char *kind;

    /* ONNX Runtime refuses dilations here. */
    if (!chance_is(&sketch->chance, 10) || reach[0].dilation > 1 ||
        reach[1].dilation > 1)
        return false;
    kind = chance_word(&sketch->chance, kinds);
    for (int i = 0; i < 2; i++) {
        int size = from->dims[2 + i];

        if (kind[0] == 'V' && size < reach_span(&reach[i]))
            return false;
        to->dims[2 + i] = kind[0] == 'V'
                              ? (size - reach_span(&reach[i])) / reach[i].stride + 1
                              : (size + reach[i].stride - 1) / reach[i].stride;
    }
    sketch_say(sketch, " strides=%d,%d dilations=%d,%d auto_pad=%s", reach[0].stride,
               reach[1].stride, reach[0].dilation, reach[1].dilation, kind);
    return true;
}

static int draw_outputs(struct chance *chance, int groups)
{
    int outputs = chance_is(chance, 12) ? chance_between(chance, 12, 20)
                                        : chance_between(chance, 1, 8);

    return outputs <= groups ? groups : outputs / groups * groups;
}

/* Biases of the size of a layer's outputs, or 0: none. */
static int draw_bias(struct sketch *sketch, int outputs)
{
    double *bias = memory_get((size_t)outputs * sizeof *bias);
    double size = chance_is(&sketch->chance, 5) ? 100 : .3;
    char dims[16];
    int constant;

    for (int i = 0; i < outputs; i++)
        bias[i] = size * chance_normal(&sketch->chance);
    snprintf(dims, sizeof dims, "%d", outputs);
    constant = sketch_floats(sketch, dims, bias, outputs);
    free(bias);
    return sketch_disguised(sketch, constant, outputs);
}

struct place sketch_conv(struct sketch *sketch, struct place from, bool keeps_shape)
{
    struct chance *chance = &sketch->chance;
    int groups = draw_groups(chance, from.dims[1]);
    int outputs = keeps_shape ? from.dims[1] : draw_outputs(chance, groups);
    int inputs = from.dims[1] / groups, weights, bias;
    struct reach reach[2] = {reach_draw(chance, from.dims[2], keeps_shape),
                             reach_draw(chance, from.dims[3], keeps_shape)};
    struct place to = sketch_like(sketch, from);
    char dims[64];

    snprintf(dims, sizeof dims, "%d,%d,%d,%d", outputs, inputs, reach[0].kernel,
             reach[1].kernel);
    weights = sketch_weights(sketch, dims,
                             outputs * inputs * reach[0].kernel * reach[1].kernel,
                             inputs * reach[0].kernel * reach[1].kernel);
    bias = chance_is(chance, 50) ? draw_bias(sketch, outputs) : 0;
    sketch_say(sketch, "node Conv t%d c%d ", from.tensor, weights);
    if (bias)
        sketch_say(sketch, "c%d ", bias);
    sketch_say(sketch, "-> t%d", to.tensor);
    if (groups > 1)
        sketch_say(sketch, " group=%d", groups);
    if (chance_is(chance, 50))
        sketch_say(sketch, " kernel_shape=%d,%d", reach[0].kernel, reach[1].kernel);
    to.dims[1] = outputs;
    if (keeps_shape || !pad_automatically(sketch, reach, &to, &from)) {
        say_window(sketch, reach);
        for (int i = 0; i < 2; i++)
            to.dims[2 + i] = reach_windows(&reach[i], from.dims[2 + i]);
    }
    sketch_name(sketch);
    return to;
}

/* ---- products --------------------------------------------------------------------------------- */

static struct place gemm(struct sketch *sketch, struct place from, struct place to)
{
    struct chance *chance = &sketch->chance;
    int ins = from.dims[1], outs = to.dims[1], weights, bias = 0;
    bool is_transposed = chance_is(chance, 60);
    char dims[32];

    snprintf(dims, sizeof dims, "%d,%d", is_transposed ? outs : ins,
             is_transposed ? ins : outs);
    weights =
        sketch_weights(sketch, dims, ins * outs, is_transposed ? ins : ins * outs);
    if (sketch->opset < 11 || chance_is(chance, 70))
        bias = chance_is(chance, 10) ? sketch_float(sketch, chance_normal(chance))
                                     : draw_bias(sketch, outs);
    sketch_say(sketch, "node Gemm t%d c%d ", from.tensor, weights);
    if (bias)
        sketch_say(sketch, "c%d ", bias);
    sketch_say(sketch, "-> t%d", to.tensor);
    if (is_transposed)
        sketch_say(sketch, " transB=1");
    if (chance_is(chance, 20))
        sketch_say(sketch, " alpha=%.6f", .1 + fabs(chance_normal(chance)));
    if (chance_is(chance, 20))
        sketch_say(sketch, " beta=%.6f", chance_normal(chance));
    sketch_name(sketch);
    return to;
}

struct place sketch_product(struct sketch *sketch, struct place from, int outputs)
{
    struct place to = sketch_like(sketch, from), sum;
    int ins = from.dims[from.rank - 1], weights, bias;
    char dims[32];

    to.dims[to.rank - 1] = outputs;
    if (from.rank == 2 && chance_is(&sketch->chance, 60))
        return gemm(sketch, from, to);
    snprintf(dims, sizeof dims, "%s%d,%d",
             from.rank == 3 && chance_is(&sketch->chance, 25) ? "1," : "", ins,
             outputs);
    weights = sketch_weights(sketch, dims, ins * outputs, ins * outputs);
    sketch_say(sketch, "node MatMul t%d c%d -> t%d", from.tensor, weights, to.tensor);
    sketch_name(sketch);
    if (from.rank == 4 || chance_is(&sketch->chance, 40))
        return to;
    bias = draw_bias(sketch, outputs);
    sum = sketch_like(sketch, to);
    if (chance_is(&sketch->chance, 70))
        sketch_say(sketch, "node Add t%d c%d -> t%d", to.tensor, bias, sum.tensor);
    else
        sketch_say(sketch, "node Add c%d t%d -> t%d", bias, to.tensor, sum.tensor);
    sketch_name(sketch);
    return sum;
}

/* ---- scales and shifts ------------------------------------------------------------------------ */

static double draw_gamma(struct chance *chance)
{
    switch (chance_between(chance, 0, 29)) {
    case 0:
        return 0;
    case 1:
        return 1e-40; /* a denormal */
    case 2:
        return 1e-9;
    default:
        return (chance_is(chance, 15) ? -1 : 1) * (.3 + fabs(chance_normal(chance)));
    }
}

struct place sketch_norm(struct sketch *sketch, struct place from)
{
    enum { MOST = 256 };
    struct chance *chance = &sketch->chance;
    struct place to = sketch_like(sketch, from);
    int channels = from.dims[1], constants[4];
    double values[4][MOST];
    char dims[16];

    for (int i = 0; i < channels; i++) {
        values[0][i] = draw_gamma(chance);
        values[1][i] = chance_normal(chance) * .5;
        values[2][i] = chance_normal(chance) * .5;
        values[3][i] = chance_is(chance, 4) ? 0 : fabs(chance_normal(chance)) + .05;
    }
    snprintf(dims, sizeof dims, "%d", channels);
    for (int i = 0; i < 4; i++)
        constants[i] = sketch_floats(sketch, dims, values[i], channels);
    sketch_say(sketch, "node BatchNormalization t%d c%d c%d c%d c%d -> t%d",
               from.tensor, constants[0], constants[1], constants[2], constants[3],
               to.tensor);
    if (chance_is(chance, 30))
        sketch_say(sketch, " epsilon=0.001");
    sketch_name(sketch);
    return to;
}

/* "1,3,1,1", "3,1,1", "-": the shape of a constant for each channel, or for all. */
static int channel_constant(struct sketch *sketch, struct place from, bool is_scale)
{
    enum { MOST = 256 };
    struct chance *chance = &sketch->chance;
    int channels = from.rank == 3 ? from.dims[2] : from.dims[1];
    double values[MOST];
    char dims[32];

    if (chance_is(chance, 30))
        channels = 1;
    for (int i = 0; i < channels; i++) {
        values[i] = chance_normal(chance);
        if (is_scale)
            values[i] = values[i] < 0 && chance_is(chance, 80) ? .2 - values[i]
                                                               : values[i] + .1;
    }
    if (channels == 1 && chance_is(chance, 50))
        return sketch_floats(sketch, "-", values, 1);
    snprintf(dims, sizeof dims, from.rank == 4 ? "%s%d,1,1" : "%s%d",
             chance_is(chance, 50) ? "1," : "", channels);
    return sketch_floats(sketch, dims, values, channels);
}

struct place sketch_affine(struct sketch *sketch, struct place from)
{
    static const char *const names[] = {"Add", "Sub", "Mul", "Div", NULL};
    struct chance *chance = &sketch->chance;
    const char *name = chance_word(chance, names);
    bool is_scale = name[0] == 'M' || name[0] == 'D';
    struct place to = sketch_like(sketch, from);
    int constant = channel_constant(sketch, from, is_scale);

    if (name[0] != 'D' && chance_is(chance, 30))
        sketch_say(sketch, "node %s c%d t%d -> t%d", name, constant, from.tensor,
                   to.tensor);
    else
        sketch_say(sketch, "node %s t%d c%d -> t%d", name, from.tensor, constant,
                   to.tensor);
    sketch_name(sketch);
    return to;
}

/* Batch norm or scales behind a layer, in odd orders, too. */
struct place sketch_scaled(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place now = from;

    if (chance_is(chance, 12))
        now = sketch_affine(sketch, now);
    if (from.rank != 3 && chance_is(chance, 50))
        now = sketch_norm(sketch, now);
    if (chance_is(chance, 12))
        now = sketch_affine(sketch, now);
    return now;
}

/* ---- clamps ----------------------------------------------------------------------------------- */

static void say_clip(struct sketch *sketch, struct place from, struct place to,
                     double low, double high)
{
    int bounds[2];

    if (sketch->opset < 11) {
        sketch_say(sketch, "node Clip t%d -> t%d min=%.4f", from.tensor, to.tensor,
                   low);
        if (isfinite(high))
            sketch_say(sketch, " max=%.4f", high);
        return;
    }
    bounds[0] = sketch_float(sketch, low);
    bounds[1] = isfinite(high) ? sketch_float(sketch, high) : 0;
    sketch_say(sketch, "node Clip t%d c%d ", from.tensor, bounds[0]);
    if (bounds[1])
        sketch_say(sketch, "c%d ", bounds[1]);
    sketch_say(sketch, "-> t%d", to.tensor);
}

/* A curve in place of a clamp. */
static void say_curve(struct sketch *sketch, struct place from, struct place to)
{
    struct chance *chance = &sketch->chance;

    switch (chance_between(chance, 0, sketch->opset < 14 ? 5 : 6)) {
    case 0:
        sketch_say(sketch, "node Sigmoid t%d -> t%d", from.tensor, to.tensor);
        break;
    case 1:
        sketch_say(sketch, "node HardSigmoid t%d -> t%d alpha=%.4f beta=%.4f",
                   from.tensor, to.tensor, 0.3 + 0.2 * chance_normal(chance),
                   chance_is(chance, 50) ? 0.5 : chance_normal(chance));
        break;
    case 2:
        sketch_say(sketch, "node LeakyRelu t%d -> t%d", from.tensor, to.tensor);
        if (chance_is(chance, 70))
            sketch_say(sketch, " alpha=%.4f", 0.2 * chance_normal(chance));
        break;
    case 3:
        sketch_say(sketch, "node Elu t%d -> t%d", from.tensor, to.tensor);
        if (chance_is(chance, 50))
            sketch_say(sketch, " alpha=%.4f", chance_normal(chance));
        break;
    case 4:
        sketch_say(sketch, "node Tanh t%d -> t%d", from.tensor, to.tensor);
        break;
    case 5:
        sketch_say(sketch, "node Softplus t%d -> t%d", from.tensor, to.tensor);
        break;
    case 6:
        sketch_say(sketch, "node HardSwish t%d -> t%d", from.tensor, to.tensor);
        break;
    }
}

struct place sketch_clamp(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    struct place to, last;
    int kind = chance_between(chance, 0, sketch->opset < 8 ? 16 : 19), constant;

    if (chance_is(chance, 10))
        return sketch_rows(sketch, from);
    if (chance_is(chance, 12))
        return sketch_gate(sketch, from);
    to = sketch_like(sketch, from);
    if (chance_is(chance, 20)) {
        say_curve(sketch, from, to);
    } else if (kind < 12) {
        sketch_say(sketch, "node Relu t%d -> t%d", from.tensor, to.tensor);
    } else if (kind < 15) {
        say_clip(sketch, from, to, 0, 6);
    } else if (kind == 15) {
        say_clip(sketch, from, to, -1, 1);
    } else if (kind == 16) {
        say_clip(sketch, from, to, chance_normal(chance), INFINITY);
    } else if (kind == 17) {
        constant = sketch_float(sketch, 0);
        sketch_say(sketch, "node Max t%d c%d -> t%d", from.tensor, constant, to.tensor);
    } else if (kind == 18) {
        constant = sketch_float(sketch, 0);
        sketch_say(sketch, "node Max t%d c%d -> t%d", from.tensor, constant, to.tensor);
        sketch_name(sketch);
        last = sketch_like(sketch, from);
        constant = sketch_float(sketch, 6);
        sketch_say(sketch, "node Min t%d c%d -> t%d", to.tensor, constant, last.tensor);
        to = last;
    } else {
        constant = sketch_float(sketch, 2 * chance_normal(chance));
        sketch_say(sketch, "node Min t%d c%d -> t%d", from.tensor, constant, to.tensor);
    }
    sketch_name(sketch);
    return to;
}
