/* conv_few.h - windows of few bytes in one run: their weights stay in registers while pixels go by.
 *
 * In tiles there would be much around few products; here is nothing else to do for a pixel but the products and the
 * epilogue, which is tame and gives codes. They are where that is faster: sums are short beside what the epilogue costs.
 */
#ifndef CORE_KERNEL_CONV_FEW_H
#define CORE_KERNEL_CONV_FEW_H

#include "core/kernel/conv_tiles.h"

/* So many quads and panels. */
void conv_few_2x4_avx512vnni(const struct epilogue *epilogue,
                             const struct conv_tile *tile);
void conv_few_2x2_avx512vnni(const struct epilogue *epilogue,
                             const struct conv_tile *tile);
void conv_few_2x1_avx512vnni(const struct epilogue *epilogue,
                             const struct conv_tile *tile);
void conv_few_4x4_avx512vnni(const struct epilogue *epilogue,
                             const struct conv_tile *tile);

#endif
