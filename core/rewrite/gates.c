#include "core/rewrite/gates.h"

#include "core/network/layer_kind.h"
#include "core/rewrite/rewrite.h"

#include <math.h>

/* scale * base + shift */
struct line {
    int base; /* tensor */
    double scale, shift;
};

/* Constants of files are rounded to floats, and worked out in several ways. */
static bool is_near(double value, double expected)
{
    return fabs(value - expected) <= 1e-6 * fabs(expected);
}

/* The one number that all of them are; `absent` where there are none. False where they differ. */
static bool only_value(const float *values, int count, double absent, double *value)
{
    *value = values ? values[0] : absent;
    for (int i = 1; values && i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

/* The layer whose results, as they are, a tensor holds; NULL: none. */
static struct layer *maker(const struct network *network, int tensor)
{
    struct layer *layer = rewrite_producer(network, tensor);

    return layer && layer_is_unclamped(layer) &&
                   network->tensors[tensor].codes.step == 0
               ? layer
               : NULL;
}

/* Goes back over one scale and shift, the same for all channels; false where there is none. */
static bool step_back(const struct network *network, struct line *line)
{
    const struct layer *layer = maker(network, line->base);
    double scale, shift;
    int channels;

    if (!layer || layer->kind != LAYER_AFFINE || layer->batchnorm)
        return false;
    channels = network->tensors[layer->output].channels;
    if (!only_value(layer->affine.scale, channels, 1, &scale) ||
        !only_value(layer->affine.shift, channels, 0, &shift))
        return false;
    *line = (struct line){layer->inputs[0], line->scale * scale,
                          line->scale * shift + line->shift};
    return true;
}

/* The tensor as a line of what is before it, as far as `x`. */
static struct line line_of(const struct network *network, int tensor, int x)
{
    struct line line = {tensor, 1, 0};

    while (line.base != x && step_back(network, &line))
        ;
    return line;
}

/* Whether the line is a multiple of x. */
static bool is_multiple(const struct line *line, int x)
{
    return line->base == x && line->shift == 0;
}

/* The layer that makes a tensor by that operation; NULL: none does. */
static struct layer *unary_maker(const struct network *network, int tensor,
                                 enum unary_operation operation)
{
    struct layer *layer = maker(network, tensor);

    return layer && layer->kind == LAYER_UNARY && layer->unary.operation == operation
               ? layer
               : NULL;
}

static bool is_product(const struct layer *layer)
{
    const struct binary *binary = &layer->binary;

    return layer->kind == LAYER_BINARY && binary->operation == BINARY_MUL &&
           !binary->constant && binary->rank == 1 && binary->strides[0][0] == 1 &&
           binary->strides[1][0] == 1;
}

static bool is_power_of(const struct layer *layer, int x, float exponent)
{
    const struct binary *binary = &layer->binary;

    return layer->kind == LAYER_BINARY && binary->operation == BINARY_POW &&
           binary->constant_count == 1 && binary->constant_at == 1 &&
           binary->constant[0] == exponent && layer->inputs[0] == x;
}

static bool is_square(const struct network *network, int tensor, int x)
{
    const struct layer *layer = maker(network, tensor);

    return layer && is_product(layer) && layer->inputs[0] == x && layer->inputs[1] == x;
}

/* x^3, or x^2 x. */
static bool is_cube(const struct network *network, int tensor, int x)
{
    const struct layer *layer = maker(network, tensor);

    if (!layer)
        return false;
    if (is_power_of(layer, x, 3))
        return true;
    return is_product(layer) &&
           ((layer->inputs[0] == x && is_square(network, layer->inputs[1], x)) ||
            (layer->inputs[1] == x && is_square(network, layer->inputs[0], x)));
}

/* Whether a tensor is x + 0.044715 x^3. */
static bool is_bent(const struct network *network, int tensor, int x)
{
    const struct layer *layer = maker(network, tensor);

    if (!layer || layer->kind != LAYER_ADD || layer->input_count != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        struct line line = line_of(network, layer->inputs[1 - i], x);

        if (layer->inputs[i] == x && line.shift == 0 && is_near(line.scale, 0.044715) &&
            is_cube(network, line.base, x))
            return true;
    }
    return false;
}

/* What x is multiplied with: scale * gate + shift; and what the factors of both come to. */
struct gated {
    int x;
    struct line gate;
    double factor;
    struct unary unary; /* out */
};

static bool is_swish(const struct network *network, struct gated *gated)
{
    const struct layer *layer = unary_maker(network, gated->gate.base, UNARY_SIGMOID);
    struct line inside;

    if (!layer || gated->gate.shift != 0 || gated->factor != 1)
        return false;
    inside = line_of(network, layer->inputs[0], gated->x);
    gated->unary =
        (struct unary){.operation = UNARY_SWISH, .alpha = (float)inside.scale};
    return is_multiple(&inside, gated->x);
}

static bool is_hard_swish(const struct network *network, struct gated *gated)
{
    const struct layer *layer =
        unary_maker(network, gated->gate.base, UNARY_HARD_SIGMOID);

    gated->unary = (struct unary){.operation = UNARY_HARD_SWISH};
    return layer && gated->gate.shift == 0 && gated->factor == 1 &&
           layer->inputs[0] == gated->x && layer->unary.beta == 0.5f &&
           is_near(layer->unary.alpha, 1. / 6);
}

static bool is_mish(const struct network *network, struct gated *gated)
{
    const struct layer *layer = unary_maker(network, gated->gate.base, UNARY_TANH);
    const struct layer *inside =
        layer ? unary_maker(network, layer->inputs[0], UNARY_SOFTPLUS) : NULL;

    gated->unary = (struct unary){.operation = UNARY_MISH};
    return inside && gated->gate.shift == 0 && gated->factor == 1 &&
           inside->inputs[0] == gated->x;
}

/* Whether x is multiplied with one more than the gate, and how often; half of it makes a Gelu. */
static bool is_gelu(const struct network *network, struct gated *gated)
{
    const struct layer *exact = unary_maker(network, gated->gate.base, UNARY_ERF);
    const struct layer *near = unary_maker(network, gated->gate.base, UNARY_TANH);
    struct line inside;

    if ((!exact && !near) || !is_near(gated->gate.shift, gated->gate.scale))
        return false;
    inside = line_of(network, exact ? exact->inputs[0] : near->inputs[0], gated->x);
    gated->unary = (struct unary){.operation = exact ? UNARY_GELU : UNARY_GELU_TANH};
    if (exact)
        return is_multiple(&inside, gated->x) && is_near(inside.scale, sqrt(0.5));
    return inside.shift == 0 && is_near(inside.scale, sqrt(2 / acos(-1))) &&
           is_bent(network, inside.base, gated->x);
}

static bool is_curve(const struct network *network, struct gated *gated)
{
    return is_swish(network, gated) || is_hard_swish(network, gated) ||
           is_mish(network, gated) || is_gelu(network, gated);
}

/* Finds a curve in the factors of a product, of which number `which` is x or a multiple of it. */
static bool find(const struct network *network, const struct layer *product, int which,
                 struct gated *gated)
{
    struct line x = {product->inputs[which], 1, 0};
    struct line gate = line_of(network, product->inputs[1 - which], -1);

    do {
        *gated = (struct gated){x.base, gate, x.scale * gate.scale, {0}};
        if (x.shift == 0 && is_curve(network, gated))
            return true;
    } while (step_back(network, &x));
    return false;
}

static bool is_half_of_it(const struct unary *unary)
{
    return unary->operation == UNARY_GELU || unary->operation == UNARY_GELU_TANH;
}

/* The only reader of a product, where it halves it; or -1. */
static int halving(const struct network *network, const struct layer *product)
{
    int reader = rewrite_only_reader(network, product->output);
    const struct layer *layer = reader < 0 ? NULL : &network->layers[reader];
    struct line line;

    if (!layer || layer->kind != LAYER_AFFINE || !layer_is_unclamped(product) ||
        layer->batchnorm)
        return -1;
    if (!only_value(layer->affine.scale, network->tensors[layer->output].channels, 1,
                    &line.scale) ||
        !only_value(layer->affine.shift, network->tensors[layer->output].channels, 0,
                    &line.shift))
        return -1;
    return line.scale == 0.5 && line.shift == 0 ? reader : -1;
}

bool gates_fuse(struct network *network, int index)
{
    struct layer *layer = &network->layers[index];
    struct gated gated;
    int half = -1;

    if (!is_product(layer) ||
        (!find(network, layer, 0, &gated) && !find(network, layer, 1, &gated)))
        return false;
    if (is_half_of_it(&gated.unary) && !is_near(gated.factor, 0.5)) {
        half = is_near(gated.factor, 1) ? halving(network, layer) : -1;
        if (half < 0)
            return false;
    }
    layer->kind = LAYER_UNARY;
    layer->unary = gated.unary;
    layer->inputs[0] = gated.x;
    layer->input_count = 1;
    if (half >= 0)
        rewrite_take_output(network, layer, half);
    return true;
}
