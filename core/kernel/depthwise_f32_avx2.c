#include "core/kernel/depthwise_f32_rows.h"
#include "core/kernel/epilogue_f32_avx2.h"
#include "core/kernel/kernel_variants.h"

/* Neighbouring pixels that share the loads of weights. */
enum { PIXELS = 6 };

/* The first `count` lanes of a load, or all. */
INLINE __m256 load(const float *floats, int count)
{
    static const int32_t there[2 * VECTOR] = {-1, -1, -1, -1, -1, -1, -1, -1};

    if (count >= VECTOR)
        return _mm256_loadu_ps(floats);
    return _mm256_maskload_ps(
        floats, _mm256_loadu_si256((const __m256i *)(there + VECTOR - count)));
}

/* 8 channels from `channel` on, of so many pixels; constant where it is inlined. */
INLINE void run_vectors(const struct conv_f32 *conv, const struct depthwise_place *at,
                        int channel, const int pixels)
{
    const int count = conv->channels - channel;
    const struct epilogue *epilogue = &conv->epilogue;
    const float *weights = conv->weights + channel;
    const ptrdiff_t step = conv->windows.column;
    __m256 acc[PIXELS];

#pragma GCC unroll 6
    for (int pixel = 0; pixel < pixels; pixel++)
        acc[pixel] = _mm256_setzero_ps();
    for (int tap = 0; tap < conv->runs; tap++, weights += conv->channels) {
        const float *input = at->window + conv->run_offsets[tap] + channel;
        const __m256 w = load(weights, count);

#pragma GCC unroll 6
        for (int pixel = 0; pixel < pixels; pixel++)
            acc[pixel] =
                _mm256_fmadd_ps(load(input + pixel * step, count), w, acc[pixel]);
    }
#pragma GCC unroll 6
    for (int pixel = 0; pixel < pixels; pixel++)
        finish_eight(
            epilogue, channel, count, at->out + channel + pixel * epilogue->out.column,
            at->residual + channel + pixel * epilogue->residual.column, acc[pixel]);
}

static void run_row(const struct conv_f32 *conv, struct depthwise_place at)
{
    int column = 0;

    for (; column + PIXELS <= conv->columns; column += PIXELS) {
        for (int channel = 0; channel < conv->channels; channel += VECTOR)
            run_vectors(conv, &at, channel, PIXELS);
        depthwise_move(conv, PIXELS, &at);
    }
    for (; column < conv->columns; column++, depthwise_move(conv, 1, &at))
        for (int channel = 0; channel < conv->channels; channel += VECTOR)
            run_vectors(conv, &at, channel, 1);
}

void depthwise_f32_avx2(const struct conv_f32 *conv)
{
    depthwise_each_row(conv, run_row);
}
