#include "core/network/clamped_steps.h"

#include "core/network/layer_kind.h"

#include <math.h>

static const struct clamp open_clamp = {-INFINITY, INFINITY};

struct clamp clamped_steps_clamp(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;
    const struct layer *layer = producer < 0 ? NULL : &network->layers[producer];
    struct clamp clamp;

    if (!layer)
        return open_clamp;
    if (!layer_passes_codes(layer))
        return (struct clamp){layer->low, layer->high};
    clamp = clamped_steps_clamp(network, layer->inputs[0]);
    for (int i = 1; i < layer->input_count; i++) {
        struct clamp other = clamped_steps_clamp(network, layer->inputs[i]);

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

static float most_of_asymmetric(struct clamp clamp, int lowest, int highest)
{
    float most = INFINITY;

    if (isfinite(clamp.high) && highest > 0)
        most = step_within(clamp.high, highest);
    if (isfinite(clamp.low) && lowest < 0)
        most = fminf(most, step_within(-clamp.low, -lowest));
    return isfinite(most) && most > 0 ? most : 0;
}

float clamped_steps_most(struct clamp clamp, const struct quantizer *quantizer)
{
    int lowest = quantizer_lowest(quantizer), highest = quantizer_highest(quantizer);

    if (quantizer->grid == GRID_ASYMMETRIC)
        return most_of_asymmetric(clamp, lowest, highest);
    if (!isfinite(clamp.high) || clamp.high <= 0 ||
        clamp.low != (lowest < 0 ? -clamp.high : 0))
        return 0;
    return lowest < 0 ? step_within(clamp.high, -lowest)
                      : step_within(clamp.high, highest);
}
