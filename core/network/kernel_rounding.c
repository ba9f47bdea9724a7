#include "core/network/kernel_rounding.h"

#include "core/network/layer_kind.h"

static bool has_8_bits(const struct kernel_rounding *of, int tensor)
{
    return choice_fills_8_bits(of->choices, of->held[tensor]);
}

static bool has_blocks(const struct kernel_rounding *of, int index)
{
    int item = placement_of_weights(of->placement, index, 0);

    return item >= 0 && of->placement->items[item].block > 0;
}

/* A file has no scale for each channel of a ConvTranspose in groups; gates are inside of a node; there is no kernel
 * for steps of blocks. */
static bool may_round_shifts(const struct kernel_rounding *of, int index)
{
    const struct layer *layer = &of->network->layers[index];

    return !of->rules->corrects_mean && !of->rules->corrects_variance &&
           !has_blocks(of, index) &&
           !(layer->weights->is_turned && layer->weights->groups > 1) &&
           !layer_is_of_recurrence(of->network, layer);
}

bool kernel_rounding_has(const struct kernel_rounding *of, int index)
{
    const struct layer *layer = &of->network->layers[index];

    if (!of->placement->rounds_like_kernels)
        return false;
    switch (layer_kind_of(layer)->codes) {
    case CODES_MULTIPLY:
        return has_8_bits(of, layer->inputs[0]) && may_round_shifts(of, index);
    case CODES_MAKE:
    case CODES_MULTIPLY_INPUTS:
        return has_8_bits(of, layer->output);
    case CODES_END:
    case CODES_PASS:
    case CODES_RECUR:
    case LAYER_CODES_COUNT:
        break;
    }
    return false;
}
