/* onnx_opset.h - the opset of a model, and a higher one. */
#ifndef CORE_NETWORK_ONNX_OPSET_H
#define CORE_NETWORK_ONNX_OPSET_H

#include "core/network/onnx_edit.h"

/* Makes a model one of opset `wanted` (13 or 21) where it is of a lower one: nodes are written as
 * the higher opset wants them.
 *
 * Fails with EXIT_INPUT where a node's operator has changed on the way, or calq does not know it;
 * `why` the opset is wanted, and `path` of the file, are for the sentence. */
int onnx_opset_raise(struct onnx_edit *edit, const char *path, int wanted,
                     const char *why, struct error *err);

#endif
