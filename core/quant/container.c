#include "core/quant/container.h"

#include <assert.h>
#include <stddef.h>

enum {
    UINT8 = 2,
    INT8 = 3,
    UINT16 = 4,
    INT16 = 5,
    UINT4 = 21,
    INT4 = 22,
    UINT2 = 25,
    INT2 = 26
};

/* In the order in which they are tried. */
static const struct type {
    const char *name;
    int number, bits;
    int least, most;
    bool is_signed;
} types[] = {
    {"uint2", UINT2, 2, 0, 3, false},
    {"int2", INT2, 2, -2, 1, true},
    {"uint4", UINT4, 4, 0, 15, false},
    {"int4", INT4, 4, -8, 7, true},
    {"uint8", UINT8, 8, 0, 255, false},
    {"int8", INT8, 8, -128, 127, true},
    {"uint16", UINT16, 16, 0, UINT16_MAX, false},
    {"int16", INT16, 16, INT16_MIN, INT16_MAX, true},
};

/* The first type that holds the integers which are wanted. */
static struct container hold(struct container wanted, int narrowest)
{
    bool is_signed = wanted.lowest + wanted.zero_point < 0;
    int least = narrowest > 0 ? narrowest : 8;
    size_t i = 0;

    while (types[i].bits < least || types[i].is_signed != is_signed ||
           types[i].least > wanted.lowest + wanted.zero_point ||
           types[i].most < wanted.highest + wanted.zero_point)
        i++;
    assert(i < sizeof types / sizeof *types);
    wanted.name = types[i].name;
    wanted.type = types[i].number;
    wanted.bits = types[i].bits;
    wanted.least = types[i].least - wanted.zero_point;
    wanted.most = types[i].most - wanted.zero_point;
    return wanted;
}

struct container container_of(const struct quantizer *quantizer, int narrowest)
{
    int factor = quantizer->grid == GRID_MIDRISE ? 2 : 1, offset = factor - 1;

    return hold(
        (struct container){
            .factor = factor,
            .offset = offset,
            .lowest = factor * quantizer_lowest(quantizer) + offset,
            .highest = factor * quantizer_highest(quantizer) + offset,
            .zero_point = quantizer->zero,
        },
        narrowest);
}

struct container container_of_folded(int most, int narrowest)
{
    return hold((struct container){.factor = 1, .lowest = -most, .highest = most},
                narrowest);
}

float container_step(const struct container *container, float step)
{
    return step / (float)container->factor;
}

bool container_is_wider(const struct container *container)
{
    return container->least != container->lowest ||
           container->most != container->highest;
}

int container_opset(const struct container *container)
{
    return container->bits == 8 ? 13 : container->bits == 2 ? 25 : 21;
}
