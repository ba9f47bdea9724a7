/* onnx_truth.h - computed values that the file has as bool: floats here, 1 and 0. */
#ifndef CORE_ONNX_ONNX_TRUTH_H
#define CORE_ONNX_ONNX_TRUTH_H

#include "core/onnx/onnx_node.h"

/* Whether input number `input`, which is computed, is of bool in the file. */
bool onnx_truth_is(const struct onnx_node *node, int input);

/* Gives 1 where the source is zero and 0 elsewhere, or with `unless_zero` the contrary. */
int onnx_truth_give(const struct onnx_node *node, const struct onnx_source *source,
                    bool unless_zero, struct error *err);

#endif
