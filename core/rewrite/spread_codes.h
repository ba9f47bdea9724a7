/* spread_codes.h - which tensors hold codes, wherever among them a file or a case rounds.
 *
 * What only moves values, takes the largest of some or cuts gives the same rounded output where its
 * inputs are rounded already. So of tensors that are handed on from one to the next it does not matter
 * which is rounded: once codes are spread, all of them have the codes.
 */
#ifndef CORE_REWRITE_SPREAD_CODES_H
#define CORE_REWRITE_SPREAD_CODES_H

#include "core/network/network.h"

/* Whether the rounded outputs of a layer stay the same where its inputs are rounded to the same codes. */
bool spread_codes_rounds_before(const struct layer *layer);

/* Rounds as early as it changes nothing, before layers that round what they make of a tensor to the same codes,
 * all that read it; then tensors behind what gives codes of codes have these, too. Networks that compute the
 * same have the same codes then.
 *
 *   codes  [tensors] where values are rounded; step 0: they are not */
void spread_codes(const struct network *network, struct file_codes *codes);

/* The same, but past no clamp that is a layer: network_fuse() makes it part of the layer before. */
void spread_codes_past_moves(const struct network *network, struct file_codes *codes);

#endif
