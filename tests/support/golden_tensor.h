/* golden_tensor.h - the tensors on which the reference chose its clips. */
#ifndef TESTS_SUPPORT_GOLDEN_TENSOR_H
#define TESTS_SUPPORT_GOLDEN_TENSOR_H

#include "core/network/network.h"
#include "core/quant/histogram.h"
#include "core/quant/quantizer.h"

#include <stdbool.h>

#include <jansson.h>

/* Says whether `name` is a weight tensor of the kit's ResNet-20, whose values
 * golden_lapq.json does not repeat. */
bool golden_tensor_is_of_network(const char *name);

/* The values of tensor `name` of golden_lapq.json, or of `network` (NULL where none is
 * needed), and the grid they are quantized on: midrise for weights, unsigned for
 * activations. Release with distribution_clear(). Fails the running test when there is
 * no such tensor. */
struct distribution golden_tensor(json_t *golden, const struct network *network,
                                  const char *name, enum grid *grid);

#endif
