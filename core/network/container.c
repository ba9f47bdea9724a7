#include "core/network/container.h"

#include <assert.h>
#include <stddef.h>

enum { UINT8 = 2, INT8 = 3, INT16 = 5, UINT4 = 21, INT4 = 22 };

/* In the order in which they are tried. */
static const struct type {
    const char *name;
    int number, bits;
    int least, most;
    bool is_signed;
} types[] = {
    {"uint4", UINT4, 4, 0, 15, false},
    {"int4", INT4, 4, -8, 7, true},
    {"uint8", UINT8, 8, 0, 255, false},
    {"int8", INT8, 8, -128, 127, true},
    {"int16", INT16, 16, INT16_MIN, INT16_MAX, true},
};

struct container container_of(const struct quantizer *quantizer, bool in_4_bits)
{
    bool has_odd = quantizer->grid == GRID_MIDRISE;
    struct container container = {.factor = has_odd ? 2 : 1, .offset = has_odd ? 1 : 0};
    bool is_signed;
    size_t i = 0;

    container.lowest =
        container.factor * quantizer_lowest(quantizer) + container.offset;
    container.highest =
        container.factor * quantizer_highest(quantizer) + container.offset;
    is_signed = container.lowest < 0;
    while ((types[i].bits == 4 && !in_4_bits) || types[i].is_signed != is_signed ||
           types[i].least > container.lowest || types[i].most < container.highest)
        i++;
    assert(i < sizeof types / sizeof *types);
    container.name = types[i].name;
    container.type = types[i].number;
    container.bits = types[i].bits;
    container.least = types[i].least;
    container.most = types[i].most;
    return container;
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
    return container->bits == 8 ? 13 : 21;
}
