/* onnx_rows.h - a tensor of three or more dimensions as rows of its last dimension.
 *
 * Images are stored pixel by pixel, see layer.h. What works along the last dimension reads rows
 * [dims but the last, last] as ONNX writes them, and its result goes back.
 */
#ifndef CORE_ONNX_ONNX_ROWS_H
#define CORE_ONNX_ONNX_ROWS_H

#include "core/onnx/onnx_node.h"

/* [C, H, W] as [C * H, W]; both are shapes of a sample. */
struct onnx_shape onnx_rows_of(const struct onnx_shape *sample);

/* Adds a layer that gives the rows of tensor `*input`, which it replaces; they have its name. */
int onnx_rows_give(const struct onnx_node *node, int *input, struct error *err);

/* The same of any shape [sample] that holds what the tensor does. */
int onnx_rows_give_as(const struct onnx_node *node, int *input,
                      const struct onnx_shape *sample, struct error *err);

/* The same of the sample's dimensions in another order [rank]: dimension i was `order[i]`; nothing where that
 * is the order that they have. */
int onnx_rows_give_ordered(const struct onnx_node *node, int *input, const int *order,
                           struct error *err);

/* The node's output so far gets its dimensions in another order, likewise. */
int onnx_rows_order_back(const struct onnx_node *node, const int *order,
                         struct error *err);

/* The node's output, which is rows so far, gets the shape [batch, `sample` ...]. */
int onnx_rows_give_back(const struct onnx_node *node, const struct onnx_shape *sample,
                        struct error *err);

#endif
