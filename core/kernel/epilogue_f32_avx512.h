/* epilogue_f32_avx512.h - the epilogue of epilogue_f32.h for vectors of 16 channels. */
#ifndef CORE_KERNEL_EPILOGUE_F32_AVX512_H
#define CORE_KERNEL_EPILOGUE_F32_AVX512_H

#include "core/kernel/epilogue_avx.h"

/* The constants of 16 channels. */
struct finish16 {
    __m512 scale, shift, low, high;
};

INLINE struct finish16 finish16_of(const struct epilogue *epilogue, int channel)
{
    struct finish16 finish = {
        .scale = _mm512_set1_ps(1),
        .shift = _mm512_set1_ps(-0.0f), /* nothing, not even to a zero */
        .low = _mm512_set1_ps(epilogue->low),
        .high = _mm512_set1_ps(epilogue->high),
    };

    if (epilogue->scale) {
        finish.scale = _mm512_loadu_ps(epilogue->scale + channel);
        finish.shift = _mm512_loadu_ps(epilogue->shift + channel);
    }
    return finish;
}

/* Of 16 channels those in `mask` are there: of the others no residual is read. */
INLINE __m512 finished(const struct finish16 *finish, const float *residual,
                       __mmask16 mask, __m512 acc)
{
    __m512 v = _mm512_fmadd_ps(acc, finish->scale, finish->shift);

    if (residual)
        v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(mask, residual));
    v = _mm512_max_ps(v, finish->low); /* NaN becomes low */
    return _mm512_min_ps(v, finish->high);
}

/* The rounded levels of finished values, before the zero code. */
INLINE __m512i levels_of(__m512 values, __m512 step)
{
    return _mm512_cvtps_epi32(_mm512_div_ps(values, step));
}

#endif
