/* onnx_pool.h - pools over all of an image. */
#ifndef CORE_ONNX_ONNX_POOL_H
#define CORE_ONNX_ONNX_POOL_H

#include "core/onnx/onnx_node.h"

/* Gives a pool of the tensor `input` [C, H, W] with one window over all rows, all columns, or both. Without
 * `keeps_dims` the output is [C]. */
int onnx_pool_give_whole(const struct onnx_node *node, enum layer_kind kind, int input,
                         bool over_height, bool over_width, bool keeps_dims,
                         struct error *err);

#endif
