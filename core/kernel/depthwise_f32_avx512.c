#include "core/kernel/depthwise_f32_rows.h"
#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/epilogue_f32_avx512.h"
#include "core/kernel/kernel_variants.h"

/* Neighbouring pixels that share the loads of weights. */
enum { PIXELS = 6 };

INLINE void store(const struct epilogue *epilogue, ptrdiff_t out, __mmask16 mask,
                  __m512 v)
{
    if (epilogue->out_u8)
        _mm_mask_storeu_epi8(epilogue->out_u8 + out, mask,
                             _mm512_cvtepi32_epi8(_mm512_add_epi32(
                                 levels_of(v, _mm512_set1_ps(epilogue->step)),
                                 _mm512_set1_epi32(epilogue->zero_code))));
    else
        _mm512_mask_storeu_ps(epilogue->out_f32 + out, mask, v);
}

/* 16 channels from `channel` on, of so many pixels; constant where it is inlined. */
INLINE void run_vectors(const struct conv_f32 *conv, const struct depthwise_place *at,
                        int channel, const int pixels)
{
    const struct epilogue *epilogue = &conv->epilogue;
    const __mmask16 mask = mask_of(conv->channels - channel);
    const struct finish16 finish = finish16_of(epilogue, channel);
    const float *weights = conv->weights + channel;
    const ptrdiff_t step = conv->windows.column;
    __m512 acc[PIXELS];

#pragma GCC unroll 6
    for (int pixel = 0; pixel < pixels; pixel++)
        acc[pixel] = _mm512_setzero_ps();
    for (int tap = 0; tap < conv->runs; tap++, weights += conv->channels) {
        const float *input = at->window + conv->run_offsets[tap] + channel;
        const __m512 w = _mm512_maskz_loadu_ps(mask, weights);

#pragma GCC unroll 6
        for (int pixel = 0; pixel < pixels; pixel++)
            acc[pixel] = _mm512_fmadd_ps(
                _mm512_maskz_loadu_ps(mask, input + pixel * step), w, acc[pixel]);
    }
#pragma GCC unroll 6
    for (int pixel = 0; pixel < pixels; pixel++) {
        const float *residual = epilogue->residual_f32
                                    ? epilogue->residual_f32 + at->residual + channel +
                                          pixel * epilogue->residual.column
                                    : NULL;

        store(epilogue, at->out + channel + pixel * epilogue->out.column, mask,
              finished(&finish, residual, mask, acc[pixel]));
    }
}

static void run_row(const struct conv_f32 *conv, struct depthwise_place at)
{
    int column = 0;

    for (; column + PIXELS <= conv->columns; column += PIXELS) {
        for (int channel = 0; channel < conv->channels; channel += PANEL)
            run_vectors(conv, &at, channel, PIXELS);
        depthwise_move(conv, PIXELS, &at);
    }
    for (; column < conv->columns; column++, depthwise_move(conv, 1, &at))
        for (int channel = 0; channel < conv->channels; channel += PANEL)
            run_vectors(conv, &at, channel, 1);
}

void depthwise_f32_avx512(const struct conv_f32 *conv)
{
    depthwise_each_row(conv, run_row);
}
