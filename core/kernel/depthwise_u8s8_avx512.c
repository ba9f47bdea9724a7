#include "core/kernel/depthwise_rows_avx512.h"
#include "core/kernel/kernel_variants.h"

void depthwise_u8s8_avx512(const struct depthwise_u8s8 *depthwise)
{
    depthwise_avx512(depthwise);
}
