/* coded_weights.h - the quantized weights of a layer as integers in a file: what an export writes,
 * and what a file is held against. */
#ifndef CORE_EXPORT_CODED_WEIGHTS_H
#define CORE_EXPORT_CODED_WEIGHTS_H

#include "core/network/layer.h"
#include "core/quant/container.h"
#include "core/quant/weight_rules.h"

#include <stdbool.h>

struct coded_weights {
    struct container container; /* factor and offset: of the evaluator's codes */
    int16_t *integers;          /* [outputs, window, inputs]; owned */
    struct step_layout layout;  /* of the steps */
    int block;          /* inputs that share one; 0: a whole output channel does */
    float *steps;       /* [layout] from one integer to the next; owned */
    float *corrections; /* [out_channels] added to each weight, or NULL; owned */
};

/* A weight tensor under a quantizer: weight = step * integer + correction,
 * the very numbers that the evaluator works with.
 *
 *   narrowest  as in container_of()
 *   weights    out; clear with coded_weights_clear() */
void coded_weights_init(struct coded_weights *weights, const struct weights *of,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer, int narrowest);
/* Takes the scales of channels (batch norm) into the steps: then scale * weight = step * integer,
 * with the product of both in float as the step, and the integers' signs turned where a scale is
 * below zero. Where that product is
 *
 *   so small that the shift, as a 32-bit integer in products of the steps of weights and input,
 *   might leave its range, or that products of steps might be no normal floats, it is raised and the
 *   integers are found again: they change by less than what the channel's shift can tell, or by nothing
 *
 *   zero, or all integers are, and the shift is zero, too, the largest step of all channels stands there
 *
 *   input_step  of the codes that the layer reads
 *
 * False, and nothing is changed, where weights are corrected, or blocks of them have steps, the lowest integer has no
 * counterpart, or the layer is a ConvTranspose in groups, which cannot have a step for each channel. */
bool coded_weights_fold(struct coded_weights *weights, const struct layer *layer,
                        float input_step);

/* The shift of a channel in products of the folded step and the input's: an integer of 32 bits. */
int32_t coded_shift(const struct coded_weights *weights, const struct conv *conv,
                    float input_step, size_t channel);

/* From the integer at `at` to the next. */
float coded_weights_step(const struct coded_weights *weights, size_t at);

/* The value of the integer at `at`; a channel has `window_count` of them. */
float coded_weights_value(const struct coded_weights *weights, size_t at,
                          size_t window_count);

void coded_weights_clear(struct coded_weights *weights);

#endif
