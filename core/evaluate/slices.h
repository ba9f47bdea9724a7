/* slices.h - stretches of layers that go through some samples after the others.
 *
 * What a layer makes of all samples of a block is often more than the cache holds, and gone when the next layer
 * reads it. Where tensors are large beside weights, several layers follow each other on a few samples, then on
 * the next ones.
 */
#ifndef CORE_EVALUATE_SLICES_H
#define CORE_EVALUATE_SLICES_H

#include "core/layer/plane.h"

/* Layers [first, end) that take `samples` samples at once; of one layer alone `samples` is 0: all. */
struct stretch {
    int first, end, samples;
};

/* The stretch of every layer: [layers], to be freed by the caller.
 *
 *   planes      [tensors]
 *   block       the most samples of a block
 *   near_bytes  of codes that a layer reads and writes stay in the cache; 0: as many as usual
 */
struct stretch *slices_of(const struct network *network, const struct plane *planes,
                          int block, size_t near_bytes);

#endif
