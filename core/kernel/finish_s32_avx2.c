#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/finish_rows.h"
#include "core/kernel/kernel_variants.h"

void finish_s32_avx2(const struct finish_s32 *finish)
{
    finish_rows(finish, finish_tile_avx2);
}
