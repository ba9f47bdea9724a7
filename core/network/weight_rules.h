/* weight_rules.h - how the weights of a convolution become codes, and what the codes stand for. */
#ifndef CORE_NETWORK_WEIGHT_RULES_H
#define CORE_NETWORK_WEIGHT_RULES_H

#include "core/network/layer.h"
#include "core/quant/quantizer.h"

struct weight_rules {
    bool corrects_mean;     /* bias correction of the mean */
    bool corrects_variance; /* and of the variance, which takes that of the mean */
    const float *ratios; /* [out_channels] of the channels' steps, see channel_ratios.h;
                            NULL: one step for all; borrowed */
};

/* What the codes of an output channel stand for. */
struct weight_values {
    float step;       /* from one code to the next */
    float correction; /* added to each quantized weight */
};

/* The quantizer that gives the codes of an output channel, where `of_tensor` is that of all. In a file
 * that holds codes it has the step of the file. */
struct quantizer weight_rules_quantizer(const struct weight_rules *rules,
                                        const struct conv *conv,
                                        const struct quantizer *of_tensor,
                                        size_t channel);

/* The values of those codes [count]. A file that holds codes holds its corrections, too. */
struct weight_values weight_rules_values(const struct weight_rules *rules,
                                         const struct conv *conv,
                                         const struct quantizer *of_tensor,
                                         size_t channel, const int8_t *codes,
                                         size_t count);

#endif
