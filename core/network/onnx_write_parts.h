/* onnx_write_parts.h - the parts of onnx_write() that are files of their own. */
#ifndef CORE_NETWORK_ONNX_WRITE_PARTS_H
#define CORE_NETWORK_ONNX_WRITE_PARTS_H

#include "core/network/onnx_edit.h"
#include "core/network/onnx_write.h"

/* Makes the weights of a layer integers under `quantizer`, with what belongs to them. */
void onnx_write_layer(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      const struct layer *layer, const struct quantizer *quantizer);

/* Writes what is not that of the file of a convolution whose weights stay in float. */
void onnx_write_float_layer(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated,
                            const struct layer *layer);

/* Gives all batch norms the statistics that are in force, and the scales and shifts. */
void onnx_write_batchnorms(struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated);

/* Whether a convolution has a batch norm, and no other scale or shift behind it. */
bool onnx_ends_in_batchnorm(const struct layer *layer);

#endif
