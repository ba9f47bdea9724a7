/* qdq_added.h - what an export adds behind a product, taken into the layer that it belongs to.
 *
 * A product of images is written as one node and read as rows, between two rearrangements. So are the
 * nodes that are added to it: they are told by what they read past rearrangements.
 */
#ifndef CORE_REWRITE_QDQ_ADDED_H
#define CORE_REWRITE_QDQ_ADDED_H

#include "core/network/network.h"

/* Takes into a layer
 *
 *   corrections  what a constant for each channel makes of the sums of its windows, added to it
 *   scales       and shifts of its only channel, unless `in_float` has a layer of that name
 *
 * network_fuse() removes what nobody reads then.
 *
 *   in_float  as network_take_qdq() has it */
void qdq_take_added(struct network *network, const struct network *in_float);

#endif
