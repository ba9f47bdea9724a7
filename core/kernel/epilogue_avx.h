/* epilogue_avx.h - what an epilogue has, as constants where kernels are inlined. */
#ifndef CORE_KERNEL_EPILOGUE_AVX_H
#define CORE_KERNEL_EPILOGUE_AVX_H

#include "core/kernel/kernel.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    CORRECTS = 1, /* window sums */
    ADDS = 2,     /* codes of a residual */
    SHIFTS = 4,   /* a zero code or a low end of the clamp that is not 0 */
    TRAITS_COUNT = 8
};

/* The code of an end of the clamp. Rounds half to even, without a call. */
INLINE int code_of(const struct epilogue *epilogue, float end)
{
    return _mm_cvtss_si32(_mm_set_ss(end)) + epilogue->zero_code;
}

static inline int epilogue_traits(const struct epilogue *epilogue)
{
    return (epilogue->correction ? CORRECTS : 0) | (epilogue->residual_u8 ? ADDS : 0) |
           (epilogue->zero_code != 0 || code_of(epilogue, epilogue->low) != 0 ? SHIFTS
                                                                              : 0);
}

#endif
