/* small_network.h - the network that fuzzed results are of. */
#ifndef TESTS_FUZZ_SMALL_NETWORK_H
#define TESTS_FUZZ_SMALL_NETWORK_H

#include "core/network/placement.h"

/* A convolution, a ReLU and a product: two weights and two activations are placed. The network is always
 * the same one; the caller clears the placement. */
const struct network *small_network(struct placement *placement);

#endif
