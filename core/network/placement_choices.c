/* The choices of a candidate for the items of a placement. */
#include "core/network/placement.h"

struct choice placement_choice_at(const struct quantized_tensor *tensor, int bits,
                                  float step)
{
    enum grid grid = grid_of_bits(tensor->grid, bits);

    if (step == 0 || bits == BITS_FLOAT)
        return (struct choice){0};
    return (struct choice){
        .step = step,
        .bits = (uint8_t)bits,
        .grid = (uint8_t)grid,
        .zero = grid == GRID_ASYMMETRIC ? (uint8_t)(1 << (bits - 1)) : 0,
    };
}

struct choice placement_choice(const struct quantized_tensor *tensor, float step)
{
    return placement_choice_at(tensor, tensor->bits, step);
}

struct choice placement_put_step(const struct quantized_tensor *tensor,
                                 struct choice choice, float step)
{
    const struct quantizer quantizer = choice_quantizer(choice);
    float most =
        choice.bits == BITS_MOST ? clamped_steps_most(tensor->clamp, &quantizer) : 0;

    return choice_of_step(choice, most > 0 && step > most ? most : step);
}

struct choice placement_put_clip(const struct quantized_tensor *tensor,
                                 struct choice choice, double clip)
{
    return placement_put_step(tensor, choice, choice_of_clip(choice, clip).step);
}

float placement_step_of_clip(const struct quantized_tensor *tensor, double clip)
{
    return placement_put_clip(tensor, placement_choice(tensor, 1), clip).step;
}

float placement_step_at_most(const struct quantized_tensor *tensor, float step)
{
    return placement_put_step(tensor, placement_choice(tensor, 1), step).step;
}

void placement_choices(const struct placement *placement, const float *steps,
                       struct choice *choices)
{
    for (int item = 0; item < placement->count; item++)
        choices[item] = placement_choice(&placement->items[item], steps[item]);
}
