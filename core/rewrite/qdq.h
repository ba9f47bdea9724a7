/* qdq.h - the codes that a quantized file holds, taken into the tensors and layers they are of.
 *
 * What calq exports (onnx_write.h) is the float network with QuantizeLinear and DequantizeLinear
 * where values are rounded. Once they are taken, it has the layers of the float network again, and
 * the same steps make the same integers of it.
 */
#ifndef CORE_REWRITE_QDQ_H
#define CORE_REWRITE_QDQ_H

#include "core/network/network.h"

/* Whether the network, as it was read, rounds any tensor or holds any weights as codes. */
bool network_is_quantized(const struct network *network);

/* Takes, in a network as it was read (before network_fuse()):
 *
 *   a clamp (only where the codes' type is wider) and a rounding   into the tensor's `codes`
 *   corrections, and scales of one channel (qdq_added.h)           into the layer before
 *
 *   in_float  the network that was exported, as it was read: clamps before tensors that it names are
 *             its own, wherever they cut; NULL: it is not known, and all that cut at codes were added
 *
 * Tensors that are handed on from one to the next have the codes of any that is rounded
 * (spread_codes.h).
 *
 * Fails with EXIT_INPUT where a tensor is read both as it is and rounded. */
int network_take_qdq(struct network *network, const struct network *in_float,
                     struct error *err);

#endif
