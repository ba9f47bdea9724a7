/* onnx_window.h - strides, pads, dilations, auto_pad and ceil_mode as a window. */
#ifndef CORE_ONNX_ONNX_WINDOW_H
#define CORE_ONNX_ONNX_WINDOW_H

#include "core/onnx/onnx_node.h"

/* Reads the window of a convolution or a pool over an input of `height` x `width`.
 *
 *   kernel   [2] height and width of the weights, with which kernel_shape must agree;
 *            or NULL for a pool: kernel_shape must be there, ceil_mode is read, and
 *            every output position touches the input
 *   extra    [2] what ceil_mode added to pad_bottom and pad_right
 *   output   [2] height and width of the output, both positive
 */
int onnx_window_read(const struct onnx_node *node, const int64_t *kernel, int height,
                     int width, struct window *window, int extra[2], int64_t output[2],
                     struct error *err);

#endif
