/* early_codes.h - tensors that hold codes before the tensor that is quantized.
 *
 * Rounding is monotone, so a max pool gives the same codes before and after it. The tensor before
 * the pool is rounded already where nothing else reads it: a quarter of the bytes to write and to
 * read. A tensor whose channels are split holds floats: the sums of several codes.
 */
#ifndef CORE_NETWORK_EARLY_CODES_H
#define CORE_NETWORK_EARLY_CODES_H

#include "core/network/placement.h"

/* The item (of the placement) whose codes each tensor holds, or -1: [tensors], to be freed by the
 * caller. */
int *early_codes(const struct network *network, const struct placement *placement);

/* Whether a layer hands on codes of its input's item; else it makes what its output holds. */
bool early_codes_pass(const struct layer *layer, const int *items);

#endif
