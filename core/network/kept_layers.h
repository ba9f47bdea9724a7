/* kept_layers.h - which layers stay in float, and why. */
#ifndef CORE_NETWORK_KEPT_LAYERS_H
#define CORE_NETWORK_KEPT_LAYERS_H

#include "core/base/error.h"
#include "core/network/network.h"

/* Finds the layers that entries of `keep_float` keep in float:
 *
 *   first, last  of the layers with weights
 *   op:PATTERN   by the ONNX operator of a layer's node, e.g. op:Gemm
 *   PATTERN      by the name of the layer, of its weights or of its output
 *
 * where patterns are those of fnmatch(3).
 *
 *   why  [layers] out: the first entry that fits, borrowed from the list; NULL: none does
 *
 * Fails with EXIT_CONFIG where an entry fits no layer that could be quantized; the sentence tells the nearest
 * name. */
int kept_layers_find(const struct network *network, const char *const *keep_float,
                     int count, const char **why, struct error *err);

/* Of a layer that computes on floats whatever is asked for, "not quantizable"; else what
 * kept_layers_find() has found. */
const char *kept_layers_why(const struct layer *layer, const char *found);

#endif
