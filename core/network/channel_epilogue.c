#include "core/network/channel_epilogue.h"

#include <math.h>

double channel_shift_rounded(float shift, float input_step, float folded_step)
{
    double unit = (double)(input_step * fabsf(folded_step));
    double integer = (double)shift / unit;

    return unit > 0 && fabs(integer) < 0x1p24 ? rint(integer) * unit : (double)shift;
}

static double shift_of(const struct conv *conv, int channel,
                       const struct epilogue_terms *terms)
{
    if (!terms->rounds_shift)
        return conv->shift[channel];
    return channel_shift_rounded(conv->shift[channel], (float)terms->input_step,
                                 (float)terms->weight_step * conv->scale[channel]);
}

struct channel_epilogue channel_epilogue_of(const struct conv *conv, int channel,
                                            const struct epilogue_terms *terms)
{
    double unit = terms->output_step, zero = terms->input_zero;
    double to_output = conv->scale[channel] * terms->input_step / unit;
    double product = to_output * terms->weight_step;
    double sum = to_output * (terms->weight_step * terms->offset + terms->correction);

    return (struct channel_epilogue){
        .scale = (float)product,
        .correction = (float)sum,
        .shift =
            (float)((shift_of(conv, channel, terms) - terms->residual_zero) / unit -
                    product * zero * terms->code_sum -
                    sum * zero * terms->window_count),
    };
}
