#include "core/layer/channel_epilogue.h"

#include <math.h>

static float shift_of(const struct conv *conv, int channel,
                      const struct epilogue_terms *terms)
{
    return conv->shift[channel] + terms->shift;
}

/* What a bias may be, so that sums of products with it fit 32 bits. */
static const double BIAS_MOST = 0x1p30;

/* A product of codes in the output's units, before its step divides it. */
static float product_step(const struct conv *conv, int channel,
                          const struct epilogue_terms *terms)
{
    float weight_step = (float)terms->weight_step * conv->scale[channel];

    return (float)terms->input_step * weight_step;
}

static double bias_of(const struct conv *conv, int channel,
                      const struct epilogue_terms *terms)
{
    double unit = product_step(conv, channel, terms);

    return rint(shift_of(conv, channel, terms) / unit) -
           terms->input_zero * terms->code_sum;
}

/* As runtimes do it, who divide products of two steps by a third in float. */
static struct channel_epilogue of_integers(const struct conv *conv, int channel,
                                           const struct epilogue_terms *terms)
{
    return (struct channel_epilogue){
        .bias = (int32_t)bias_of(conv, channel, terms),
        .scale = product_step(conv, channel, terms) / (float)terms->output_step,
        .shift = (float)(-terms->residual_zero / terms->output_step),
    };
}

static struct channel_epilogue of_floats(const struct conv *conv, int channel,
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

struct channel_epilogue channel_epilogue_of(const struct conv *conv, int channel,
                                            const struct epilogue_terms *terms)
{
    bool fits = terms->offset == 0 && terms->correction == 0 &&
                fabs(bias_of(conv, channel, terms)) < BIAS_MOST; /* no NaN */

    return terms->in_integers && fits ? of_integers(conv, channel, terms)
                                      : of_floats(conv, channel, terms);
}
