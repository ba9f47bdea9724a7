#include "core/kernel/epilogue_scalar.h"
#include "core/kernel/finish_rows.h"
#include "core/kernel/kernel_variants.h"

static void finish_pixels(const struct epilogue *epilogue, const struct conv_tile *tile,
                          int pixels, const int32_t *sums, ptrdiff_t step)
{
    for (int pixel = 0; pixel < pixels; pixel++)
        for (int lane = 0; lane < PANEL && lane < tile->channels; lane++)
            epilogue_scalar(
                epilogue, tile->channel + lane,
                tile->out + pixel * tile->out_step + lane,
                tile->residual + pixel * tile->residual_step + lane,
                sums[pixel * step + lane],
                epilogue->correction
                    ? epilogue->window_sums[tile->sum + pixel * tile->sum_step]
                    : 0);
}

void finish_s32_scalar(const struct finish_s32 *finish)
{
    finish_rows(finish, finish_pixels);
}
