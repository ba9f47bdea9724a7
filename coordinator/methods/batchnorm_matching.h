/* batchnorm_matching.h - batch norms whose outputs are, in the quantized network, what they are in
 * float.
 *
 * Quantization changes what a batch norm sees, most of all with few bits: its trained mean and
 * variance are no longer those of its input. New ones, measured on the calibration samples under
 * the steps that will be used, bring every channel back to where the next layer expects it, and
 * need no labels. The idea is that of batch norm re-tuning (Sun et al. 2019, "Hybrid 8-bit floating
 * point training and inference for deep neural networks", NeurIPS), with two differences: layers
 * are measured one after the other, and measured statistics are compared with those of the float
 * network on the same samples, instead of taking the place of the trained ones. Those come from
 * augmented samples, and may be far from what calibration samples give even in float: on ResNet-20
 * for CIFAR-10 measured ones in their place cost 3 % of accuracy with 8 bits, and the comparison
 * costs nothing.
 */
#ifndef COORDINATOR_METHODS_BATCHNORM_MATCHING_H
#define COORDINATOR_METHODS_BATCHNORM_MATCHING_H

#include "coordinator/team.h"
#include "core/network/state.h"

/* Measures the statistics of the float network as it was trained; the trained ones are in force
 * afterwards.
 *
 *   in_float  rows STATE_STATISTICS are set, with NaN where nothing can be told, see moments.h */
int batchnorm_matching_of_float(struct team *team, struct state *in_float,
                                struct error *err);

/* Measures the statistics under `choices`, layer after layer: each layer sees the new statistics of
 * all layers before it, and gets statistics with which its batch norm's output has the mean and the
 * variance that it has in the float network. Neither statistics nor bias shifts that were in
 * force before matter.
 *
 *   in_float  from batchnorm_matching_of_float()
 *   found     out, to be cleared whether or not this fails: what is in force afterwards, without NaN
 *   kept      out: channels of which too little can be told; they keep what was trained
 */
int batchnorm_matching_measure(struct team *team, const struct choice *choices,
                               const struct state *in_float, struct state *found,
                               int *kept, struct error *err);

#endif
