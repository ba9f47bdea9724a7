/* part_products.h - what products read stands apart from what others read of the same tensor. */
#ifndef CORE_REWRITE_PART_PRODUCTS_H
#define CORE_REWRITE_PART_PRODUCTS_H

#include "core/network/network.h"

/* Gives each tensor that is multiplied, and read otherwise, too, or is the network's output, a copy of
 * its name, which the products read: where it is rounded, sums and all others read floats.
 *
 * The copy is a rearrangement that changes nothing, of no node, and stands before its first reader. */
void network_part_products(struct network *network);

#endif
