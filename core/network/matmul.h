/* matmul.h - the matrices of two tensors, and of their product, as they are stored. */
#ifndef CORE_NETWORK_MATMUL_H
#define CORE_NETWORK_MATMUL_H

#include "core/network/network.h"

/* What a layer of LAYER_MATMUL holds, of tensors [..., rows, depth], [..., depth, columns] or, where `is_turned`,
 * [..., columns, depth], and [..., rows, columns] of one rank, at least 2. Dimensions before the last two are those
 * of the output, or one, which serves all. */
struct matmul matmul_of(const struct tensor *left, const struct tensor *right,
                        const struct tensor *output, bool is_turned);

bool matmul_are_equal(const struct matmul *a, const struct matmul *b);

#endif
