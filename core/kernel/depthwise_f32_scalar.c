#include "core/kernel/depthwise_f32_rows.h"
#include "core/kernel/epilogue_f32.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/vector_clones.h"

/* The sum of one channel of a pixel. */
VECTOR_CLONES
static float chain(const struct conv_f32 *conv, const float *window, int channel)
{
    const float *weights = conv->weights + channel;
    float acc = 0;

    for (int tap = 0; tap < conv->runs; tap++)
        acc = fmaf(window[conv->run_offsets[tap] + channel],
                   weights[(ptrdiff_t)tap * conv->channels], acc);
    return acc;
}

static void run_row(const struct conv_f32 *conv, struct depthwise_place at)
{
    for (int column = 0; column < conv->columns; column++, depthwise_move(conv, 1, &at))
        for (int channel = 0; channel < conv->channels; channel++)
            epilogue_f32(&conv->epilogue, channel, at.out + channel,
                         at.residual + channel, chain(conv, at.window, channel));
}

void depthwise_f32_scalar(const struct conv_f32 *conv)
{
    depthwise_each_row(conv, run_row);
}
