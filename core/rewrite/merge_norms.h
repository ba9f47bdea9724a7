/* merge_norms.h - norms that a file writes in primitive nodes, as one layer each. */
#ifndef CORE_REWRITE_MERGE_NORMS_H
#define CORE_REWRITE_MERGE_NORMS_H

#include "core/network/network.h"

/* Merges, where nothing else reads the tensors between:
 *
 *   d = x - mean(x); d / sqrt(mean(d^2) + epsilon)    a layer norm
 *   x / sqrt(mean(x^2) + epsilon)                     an RMS norm
 *
 * whose means go along the same dimensions, with a scale and a shift behind it that differ by element
 * of a row, or by row. A quotient may be a product with a reciprocal. Returns how many. */
int network_merge_norms(struct network *network);

#endif
