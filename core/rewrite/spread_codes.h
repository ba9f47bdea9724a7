/* spread_codes.h - which tensors hold codes, wherever among them a file or a case rounds.
 *
 * What only moves values, takes the largest of some or cuts gives the same rounded output where its
 * inputs are rounded already. So it does not matter which one of the tensors on such a way is rounded:
 * once codes are spread, all of them have the codes.
 */
#ifndef CORE_REWRITE_SPREAD_CODES_H
#define CORE_REWRITE_SPREAD_CODES_H

#include "core/network/network.h"

/* Whether a layer's rounded outputs stay the same where its inputs are rounded to these codes. */
bool spread_codes_rounds_before(const struct layer *layer);

/* Rounds as early as changes nothing: before layers that round what they make of a tensor to the same
 * codes, all that read it. Then what is made of codes alone has these codes, too. Networks that compute
 * the same have the same codes then.
 *
 *   codes  [tensors] where values are rounded; step 0: they are not */
void spread_codes(const struct network *network, struct file_codes *codes);

/* The same, but past no clamp that is a layer: network_fuse() makes it part of the layer before. */
void spread_codes_past_moves(const struct network *network, struct file_codes *codes);

#endif
