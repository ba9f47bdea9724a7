/* gates.h - curves that a file writes as several nodes become one layer. */
#ifndef CORE_REWRITE_GATES_H
#define CORE_REWRITE_GATES_H

#include "core/network/network.h"

/* Makes layer `index` a curve of x, where it is the last product of
 *
 *   x sigmoid(k x)                          Swish, SiLU where k is one
 *   x hard_sigmoid(x), of slope 1 / 6       HardSwish
 *   x tanh(softplus(x))                     Mish
 *   x / 2 (1 + erf(x / sqrt(2)))            Gelu, its factors in any order
 *   x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))   its approximation
 *
 * The layers before it stay, for others may read them. Returns whether it was one. */
bool gates_fuse(struct network *network, int index);

#endif
