/* plain_network.h - what a network computes, in plain float loops, for tests. */
#ifndef TESTS_SUPPORT_PLAIN_NETWORK_H
#define TESTS_SUPPORT_PLAIN_NETWORK_H

#include "core/network/network.h"

/* Computes all tensors of one sample.
 *
 *   input   [count of the input tensor] as ONNX orders it: [C, H, W]
 *   result  [tensor_count] arrays as stored, see layer.h; NULL where a tensor is neither
 *           the input nor made by a layer. Free with plain_network_free().
 */
float **plain_network_run(const struct network *network, const float *input);

/* The same with tensors that change as soon as they are made, e.g. are rounded. */
typedef void (*plain_network_change_fn)(void *context, int tensor, float *values);
float **plain_network_run_changed(const struct network *network, const float *input,
                                  plain_network_change_fn change, void *context);

void plain_network_free(const struct network *network, float **values);

/* Element `written` of a tensor, in ONNX's order, of the values of one sample. */
float plain_network_at(const struct network *network, float *const *values, int tensor,
                       size_t written);

#endif
