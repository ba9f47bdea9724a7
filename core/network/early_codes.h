/* early_codes.h - tensors that hold the codes of another one, which is quantized.
 *
 * Rounding is monotone, so a max pool gives the same codes before and after it. The tensor before
 * the pool is rounded already where nothing else reads it: a quarter of the bytes to write and to
 * read. Where all activations are quantized (placement.h), that also goes for tensors that are joined
 * or rearranged, and codes are handed on to whoever reads them behind such layers. A tensor whose
 * channels are split holds floats: the sums of several codes.
 */
#ifndef CORE_NETWORK_EARLY_CODES_H
#define CORE_NETWORK_EARLY_CODES_H

#include "core/network/placement.h"

/* The item (of the placement) whose codes each tensor holds, or -1: [tensors], to be freed by the
 * caller. */
int *early_codes(const struct network *network, const struct placement *placement);

/* Whether a layer hands on codes of its input's item; else it makes what its output holds. (One that
 * joins tensors rounds those of its inputs that do not hold its output's codes.) */
bool early_codes_pass(const struct layer *layer, const int *items);

#endif
