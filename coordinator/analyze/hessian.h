/* hessian.h - second derivatives of the loss by the logarithms of steps, at a case's result.
 *
 * By central differences. The loss is not smooth: with each step some values round otherwise, so differences over a
 * small width see jags, not curvature. The loss on a line of evenly spaced points gives for each width a second
 * difference at the point and at its neighbours: they scatter as much as jags are worth. The first width is taken at which
 * they scatter little and twice the width says the same (loss_line.h).
 *
 *   H(i,i) = (L(+h) - 2 L + L(-h)) / h^2     H(i,j) = (L(+,+) - L(+,-) - L(-,+) + L(-,-)) / (4 h k)
 *
 * Sources: Nahshan et al. 2019, arXiv:1911.07190, equations 8 to 11 and appendix A, where the Hessian is that of a
 * straight-through estimator, by clips of activations. The Gaussian curvature det H / (|g|^2 + 1)^2 is that of
 * equation 9, with its exponent whatever the number of steps. */
#ifndef COORDINATOR_ANALYZE_HESSIAN_H
#define COORDINATOR_ANALYZE_HESSIAN_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind hessian_analysis;
extern const struct config_section hessian_section;

#endif
