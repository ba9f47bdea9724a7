/* qdq_folded.h - batch norms that an export has taken into the steps of weights, taken out again.
 *
 * Such a file has the product of a channel's step and scale in place of both, codes with the sign
 * of the scale, and may have a shift of 32-bit integers. What the product was made of it does not
 * tell, the case does. */
#ifndef CORE_EXPORT_QDQ_FOLDED_H
#define CORE_EXPORT_QDQ_FOLDED_H

#include "core/network/placement.h"
#include "core/quant/weight_rules.h"

/* Wherever integers and step of a channel in the file are the very ones that export writes of the case, they become the
 * case's own: step, weights, scale and shift, which is off by as much as the file's is from what export writes. Others
 * stay as they are.
 *
 *   network, placement, choices  of the case, with the statistics of batch norms in force
 *   rules                      of all weights
 *   file                       onnx_read(), network_take_qdq(), network_fuse() */
void qdq_unfold(const struct network *network, const struct placement *placement,
                const struct choice *choices, const struct weight_rules *rules,
                struct network *file);

#endif
