/* fuse.h - merges layers that are computed together. */
#ifndef CORE_REWRITE_FUSE_H
#define CORE_REWRITE_FUSE_H

#include "core/network/network.h"

/* Rewrites a network as it was read into the one that is run:
 *
 *   convolution, then affine (batch norm, bias)    one convolution with scale and shift
 *   ..., then add of an earlier tensor             the same convolution with a residual
 *   anything, then ReLU or Clip                    the same layer with a clamp
 *   rearrangement of a rearrangement               one rearrangement; those that change
 *                                                  nothing disappear
 *   a norm in primitive layers                     one norm (merge_norms.h)
 *
 * each where the tensor between has no other reader. Layers that nothing reads are removed, and
 * it is found out which tensors cannot be negative. */
void network_fuse(struct network *network);

/* The same without residuals: sums stay layers of their own, whose inputs can be rounded. Floats are the
 * same, bit for bit. */
void network_fuse_but_sums(struct network *network);

/* Multiplies the scale of each convolution (batch norm) into its weights: `batchnorm: fold`. The
 * convolutions have no batch norm any more. */
void network_fold_batchnorm(struct network *network);

#endif
