/* onnx_window.h - strides, pads, dilations, auto_pad, ceil_mode and output_shape as a window. */
#ifndef CORE_ONNX_ONNX_WINDOW_H
#define CORE_ONNX_ONNX_WINDOW_H

#include "core/onnx/onnx_node.h"

enum { ONNX_WINDOW_AXES_MAX = 3 };

/* A window along one dimension: output = (spread + pad_begin + pad_end - reach) / stride + 1, rounded down,
 * where reach = dilation * (kernel - 1) + 1 and spread = (size - 1) * insert + 1. */
struct onnx_window_axis {
    int64_t size; /* of the input */
    int64_t
        insert; /* the input's elements are so far apart, zeros between: 1 but for ConvTranspose */
    int64_t kernel, stride, dilation;
    int64_t pad_begin,
        pad_end;    /* negative: so much of the input is cut; ConvTranspose alone */
    int64_t extra;  /* part of pad_end due to ceil_mode */
    int64_t output; /* positive */
};

/* Along depth, height and width, or the last `axes` of these. */
struct onnx_window {
    int axes;
    struct onnx_window_axis axis[ONNX_WINDOW_AXES_MAX];
};

/* Reads the window of a convolution or a pool over an input of `sizes` [axes].
 *
 *   kernel   [axes] of the weights, with which kernel_shape must agree; or NULL for a pool: kernel_shape
 *            must be there, ceil_mode is read, and every output position touches the input */
int onnx_window_read(const struct onnx_node *node, const int64_t *kernel, int axes,
                     const int *sizes, struct onnx_window *window, struct error *err);

/* Reads that of a ConvTranspose: output_padding and output_shape, too. It is the window of the convolution
 * with weights turned around over the input with zeros between its elements. */
int onnx_window_read_transposed(const struct onnx_node *node, const int64_t *kernel,
                                int axes, const int *sizes, struct onnx_window *window,
                                struct error *err);

/* The window over height and width; NULL: over one element. */
struct window onnx_window_of(const struct onnx_window_axis *height,
                             const struct onnx_window_axis *width);

#endif
