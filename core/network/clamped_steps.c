#include "core/network/clamped_steps.h"

#include "core/network/layer_kind.h"

#include <math.h>

/* [low, high] */
struct clamp {
    float low, high;
};

static const struct clamp open_clamp = {-INFINITY, INFINITY};

/* The clamp before a tensor, also where layers hand its values on. */
static struct clamp clamp_of(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;
    const struct layer *layer = producer < 0 ? NULL : &network->layers[producer];
    struct clamp clamp;

    if (!layer)
        return open_clamp;
    if (!layer_passes_codes(layer))
        return (struct clamp){layer->low, layer->high};
    clamp = clamp_of(network, layer->inputs[0]);
    for (int i = 1; i < layer->input_count; i++) {
        struct clamp other = clamp_of(network, layer->inputs[i]);

        if (other.low != clamp.low || other.high != clamp.high)
            return open_clamp;
    }
    return clamp;
}

/* The product of a float and an integer of 8 bits is exact in double. */
static float step_within(float high, int highest)
{
    float step = high / (float)highest;

    return (double)step * highest > (double)high ? nextafterf(step, 0) : step;
}

float clamped_steps_most(const struct network *network, int tensor, enum grid grid,
                         int bits)
{
    const struct quantizer quantizer = {.grid = grid, .bits = bits};
    struct clamp clamp = clamp_of(network, tensor);
    int lowest = quantizer_lowest(&quantizer);

    if (!isfinite(clamp.high) || clamp.high <= 0 ||
        clamp.low != (lowest < 0 ? -clamp.high : 0))
        return 0;
    return lowest < 0 ? step_within(clamp.high, -lowest)
                      : step_within(clamp.high, quantizer_highest(&quantizer));
}
