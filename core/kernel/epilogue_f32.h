/* epilogue_f32.h - the definition of what becomes of conv_f32's sums, one value at a time. */
#ifndef CORE_KERNEL_EPILOGUE_F32_H
#define CORE_KERNEL_EPILOGUE_F32_H

#include "core/kernel/kernel.h"

#include <math.h>

/* Finishes the sum of one channel, which goes to element `out` of the output and belongs to
 * element `residual` of the residual. */
static inline void epilogue_f32(const struct epilogue *epilogue, int channel,
                                ptrdiff_t out, ptrdiff_t residual, float acc)
{
    float v = acc;

    if (epilogue->scale)
        v = fmaf(acc, epilogue->scale[channel], epilogue->shift[channel]);
    if (epilogue->residual_f32)
        v += epilogue->residual_f32[residual];
    v = v > epilogue->low ? v : epilogue->low;
    v = v < epilogue->high ? v : epilogue->high;
    if (epilogue->out_u8)
        epilogue->out_u8[out] =
            (uint8_t)((int)lrintf(v / epilogue->step) + epilogue->zero_code);
    else
        epilogue->out_f32[out] = v;
}

#endif
