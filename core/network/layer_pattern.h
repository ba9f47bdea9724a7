/* layer_pattern.h - which layers a word of the configuration means:
 *
 *   first, last  of the layers with weights
 *   op:PATTERN   by the ONNX operator of a layer's node, e.g. op:Gemm
 *   PATTERN      by name
 *
 * where patterns are those of fnmatch(3).
 */
#ifndef CORE_NETWORK_LAYER_PATTERN_H
#define CORE_NETWORK_LAYER_PATTERN_H

#include "core/base/error.h"
#include "core/network/network.h"

/* Whether a layer is meant; by name, its own. */
bool layer_pattern_fits(const char *pattern, const struct network *network, int layer);

/* Whether the name of one of its weight tensors or of its output fits. */
bool layer_pattern_fits_a_tensor(const char *pattern, const struct network *network,
                                 int layer);

/* Says that a pattern means nothing; the sentence tells the nearest name. Fails, always, with EXIT_CONFIG.
 *
 *   setting  where it stands, e.g. "keep_float"
 *   sought   what it should mean, e.g. "layer with weights" */
int layer_pattern_refuse(const char *setting, const char *pattern, const char *sought,
                         const struct network *network, struct error *err);

#endif
