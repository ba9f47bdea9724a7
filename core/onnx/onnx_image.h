/* onnx_image.h - what windows of any number of dimensions slide over, as an image for one of two.
 *
 * A line is an image of one row. Of a volume the image has an output's slices of depth beside each other as
 * channels, one output's rows below the other's; padding along depth and height is part of it. Where
 * a ConvTranspose spreads its input, the zeros between are part of the image, too.
 */
#ifndef CORE_ONNX_ONNX_IMAGE_H
#define CORE_ONNX_ONNX_IMAGE_H

#include "core/onnx/onnx_window.h"

struct onnx_image {
    const struct onnx_window *over; /* borrowed */
    int groups, channels;           /* of the input; channels are of all groups */
    int64_t slices; /* of depth, as channels [groups, slices, channels of a group] */
    int64_t block;  /* rows from one output depth to the next */
    struct onnx_shape shape; /* [channels, height, width] */
    struct window window;    /* over the image */
};

/* Plans the image of tensor `input` for windows `over` it, and replaces the tensor by a new one where it is
 * another; that has its name. */
int onnx_image_give(const struct onnx_node *node, int *input,
                    const struct onnx_window *over, int groups,
                    struct onnx_image *image, struct error *err);

/* Shape of a sample of what a convolution of the image gives. */
struct onnx_shape onnx_image_products(const struct onnx_image *image, int64_t outputs);

/* The node's output, these products so far, becomes what the windows give: [batch, outputs, ...]. */
int onnx_image_give_back(const struct onnx_node *node, const struct onnx_image *image,
                         int64_t outputs, struct error *err);

#endif
