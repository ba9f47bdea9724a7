/* coded_weights.h - the quantized weights of a layer as integers in a file: what an export writes,
 * and what a file is held against. */
#ifndef CORE_NETWORK_CODED_WEIGHTS_H
#define CORE_NETWORK_CODED_WEIGHTS_H

#include "core/network/container.h"
#include "core/network/layer.h"
#include "core/network/weight_rules.h"

struct coded_weights {
    struct container container; /* factor and offset: of the evaluator's codes */
    int16_t *
        integers; /* [out_channels, kernel_height, kernel_width, in_channels/groups]; owned */
    float *steps;       /* [out_channels] from one integer to the next; owned */
    float *corrections; /* [out_channels] added to each weight, or NULL; owned */
};

/* The weights of `layer`, a convolution, under a quantizer: weight = step * integer + correction, the
 * very numbers that the evaluator works with.
 *
 *   in_4_bits  integers of 4 bits where they fit
 *   weights    out; clear with coded_weights_clear() */
void coded_weights_init(struct coded_weights *weights, const struct layer *layer,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer, bool in_4_bits);
void coded_weights_clear(struct coded_weights *weights);

#endif
