#include "core/kernel/kernel_variants.h"

void look_up_u8_scalar(const uint8_t *table, const uint8_t *codes, size_t count,
                       uint8_t *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = table[codes[i]];
}
