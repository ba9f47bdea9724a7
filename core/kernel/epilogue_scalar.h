/* epilogue_scalar.h - the definition of the epilogue, one value at a time. */
#ifndef CORE_KERNEL_EPILOGUE_SCALAR_H
#define CORE_KERNEL_EPILOGUE_SCALAR_H

#include "core/kernel/kernel.h"

#include <math.h>

/* Sums wrap around, as vectors of them do. */
static inline int32_t biased(const struct epilogue *epilogue, int channel, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)epilogue->bias[channel]);
}

/* Finishes the sum of one channel, which goes to element `out` of the output and belongs to
 * element `residual` of the residual. A NaN takes the low end of the clamp, as the vector
 * instructions have it. */
static inline void epilogue_scalar(const struct epilogue *epilogue, int channel,
                                   ptrdiff_t out, ptrdiff_t residual, int32_t acc,
                                   float window_sum)
{
    float v;

    if (epilogue->out_s32) {
        epilogue->out_s32[out] = acc;
        return;
    }
    v = epilogue->shift[channel];
    if (epilogue->correction)
        v = fmaf(window_sum, epilogue->correction[channel], v);
    v = fmaf((float)biased(epilogue, channel, acc), epilogue->scale[channel], v);
    if (epilogue->residual_f32)
        v = fmaf(epilogue->residual_f32[residual], epilogue->residual_scale, v);
    else if (epilogue->residual_u8)
        v = fmaf((float)epilogue->residual_u8[residual], epilogue->residual_scale, v);
    v = v > epilogue->low ? v : epilogue->low;
    v = v < epilogue->high ? v : epilogue->high;
    if (epilogue->out_u8)
        epilogue->out_u8[out] = (uint8_t)((int)lrintf(v) + epilogue->zero_code);
    else
        epilogue->out_f32[out] = v;
}

#endif
