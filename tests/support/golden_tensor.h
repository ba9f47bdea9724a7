/* golden_tensor.h - the tensors on which the reference chose its clips. */
#ifndef TESTS_SUPPORT_GOLDEN_TENSOR_H
#define TESTS_SUPPORT_GOLDEN_TENSOR_H

#include "core/network/network.h"
#include "core/quant/histogram.h"
#include "core/quant/quantizer.h"

#include <stdbool.h>

#include <jansson.h>

/* Compares a case of golden_lapq.json about a tensor with what we have. */
typedef void golden_case(json_t *item, const struct distribution *distribution,
                         enum grid grid, void *context);

/* Compares the cases of the list under `path` whose tensor is a weight of the kit's ResNet-20, or all
 * others; fails the running test when they are not so many, and skips it where a file is absent. */
void golden_tensor_compare(const char *path, bool of_network, int count,
                           golden_case *compare, void *context);

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
