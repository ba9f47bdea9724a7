#include "core/network/channel_epilogue.h"

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
        .shift = (float)((conv->shift[channel] - terms->residual_zero) / unit -
                         product * zero * terms->code_sum -
                         sum * zero * terms->window_count),
    };
}
