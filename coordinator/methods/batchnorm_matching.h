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
#include "core/network/batchnorm_statistics.h"

/* Measures the statistics of the float network as it was trained; the trained ones are in force
 * afterwards.
 *
 *   found  out; what it held is freed; empty where the network has no batch norm; NaN where nothing
 *          can be told, see moments.h
 *
 * Where it fails, `found` is as it was. */
int batchnorm_matching_of_float(struct team *team, struct batchnorm_statistics *found,
                                struct error *err);

/* Measures the statistics under `choices`, layer after layer: each layer sees the new statistics of
 * all layers before it, and gets statistics with which its batch norm's output has the mean and the
 * variance that it has in the float network. What was in force before does not matter.
 *
 *   in_float  from batchnorm_matching_of_float()
 *   found     as above; it is in force afterwards, and has no NaN
 *   kept      out: channels of which too little can be told; they keep what was trained
 *
 * Where it fails, the trained statistics are in force and `found` is as it was. */
int batchnorm_matching_measure(struct team *team, const struct choice *choices,
                               const struct batchnorm_statistics *in_float,
                               struct batchnorm_statistics *found, int *kept,
                               struct error *err);

/* Puts the statistics in force, which must be of the open case's network; empty ones: the trained
 * ones. */
int batchnorm_matching_put(struct team *team,
                           const struct batchnorm_statistics *statistics,
                           struct error *err);

#endif
