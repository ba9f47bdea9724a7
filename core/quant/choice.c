#include "core/quant/choice.h"

#include <string.h>

struct quantizer choice_quantizer(struct choice choice)
{
    assert(choice.rounding == ROUND_NEAREST);
    return (struct quantizer){.grid = choice.grid,
                              .bits = choice.bits,
                              .step = choice.step,
                              .zero = choice.zero};
}

struct choice choice_of_step(struct choice choice, float step)
{
    assert(choice.bits > 0);
    choice.step = step;
    return choice;
}

struct choice choice_of_clip(struct choice choice, double clip)
{
    const struct quantizer quantizer = choice_quantizer(choice);

    return choice_of_step(choice, quantizer_step_of_clip(&quantizer, clip));
}

double choice_clip(struct choice choice)
{
    const struct quantizer quantizer = choice_quantizer(choice);

    return choice.step > 0 ? choice.step * quantizer_levels(&quantizer) : 0;
}

int choice_bits(struct choice choice)
{
    return choice.step == 0 ? BITS_FLOAT : choice.bits;
}

uint64_t choice_signature(struct choice choice)
{
    uint64_t signature;

    memcpy(&signature, &choice, sizeof signature);
    return signature;
}

bool choice_fills_8_bits(const struct choice *choices, int item)
{
    return item >= 0 && choices[item].bits == BITS_MOST &&
           choices[item].grid != GRID_MIDRISE;
}

bool choice_is_unsigned(struct choice choice)
{
    const struct quantizer quantizer = choice_quantizer(choice);

    return quantizer_lowest(&quantizer) == 0;
}

bool choices_are_same(const struct choice *a, const struct choice *b, int count)
{
    return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}
