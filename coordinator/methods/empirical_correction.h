/* empirical_correction.h - biases under which each layer's outputs have, in the quantized network, the
 * mean that they have in float: `bias_correction: empirical`.
 *
 * Of each convolution, in the order of execution, the mean of its outputs before the clamp is measured
 * on the calibration samples, channel by channel, with all corrections before it in force; what it
 * lacks of that in the float network is added to the layer's bias. Any runtime knows biases.
 *
 * It depends on all steps, so it is measured for those of the start, that the search may see a
 * corrected network, and again for those that the search found.
 *
 * Source: Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction",
 * arXiv:1906.04721, appendix D (empirical bias correction).
 */
#ifndef COORDINATOR_METHODS_EMPIRICAL_CORRECTION_H
#define COORDINATOR_METHODS_EMPIRICAL_CORRECTION_H

#include "coordinator/methods/method.h"

/* Measures the bias shifts under the point's steps and batch norms, where the method asks for them, and
 * makes them the point's, with its new scores. Where they are to be judged, as those that replace
 * earlier ones are, only if the loss on the held-out samples (without any: on all calibration
 * samples) drops. The point's statistics and bias shifts are in force afterwards.
 *
 *   when      "before the search" or "after the search"
 *   in_float  rows STATE_MEAN_OUTPUTS of the float network are added where there are none
 *
 * Adds a phase, and a warning when nothing is kept. */
int empirical_correction(const struct method_task *task, const char *when,
                         struct state *in_float, struct result_point *point,
                         struct result *result, struct error *err);

/* Evaluations that each call takes. */
long empirical_correction_evaluations(const struct method_task *task);

#endif
