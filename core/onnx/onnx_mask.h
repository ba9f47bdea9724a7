/* onnx_mask.h - constants that are infinite: scores that a Softmax leaves out. */
#ifndef CORE_ONNX_ONNX_MASK_H
#define CORE_ONNX_ONNX_MASK_H

#include "core/onnx/onnx_node.h"

/* Whether a constant of floats is finite; or, where all that is made of the node's output goes into a Softmax,
 * no NaN. Infinite values elsewhere would have no step. */
int onnx_mask_check(const struct onnx_node *node, const struct onnx_constant *constant,
                    struct error *err);

/* Whether some of its values are infinite. */
bool onnx_mask_is_infinite(const struct onnx_constant *constant);

#endif
