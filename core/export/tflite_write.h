/* tflite_write.h - a calibrated network as a file of TensorFlow Lite (LiteRT).
 *
 *   tensors      as calq stores them: images [1, height, width, channels], others in the order of the ONNX file, behind
 *                a batch of one
 *   activations  int8, the evaluator's stored codes less 128; floats where a layer computes on floats, with QUANTIZE and
 *                DEQUANTIZE between; the network's own input and output are floats
 *   weights      int8, a scale for each output channel, which has taken in the batch norm's; biases are int32, in
 *                products of the scales of input and weights
 *
 * A rearrangement that is no RESHAPE is a GATHER of single elements.
 */
#ifndef CORE_EXPORT_TFLITE_WRITE_H
#define CORE_EXPORT_TFLITE_WRITE_H

#include "core/export/tflite_file.h"
#include "core/network/placement.h"

struct tflite_calibrated {
    const struct network *network;
    const struct placement *placement;
    const struct choice *choices; /* [placement->count] */
    struct weight_rules rules; /* of all weights; ratios are those of the placement */
    const char *description;   /* what the file says of itself */
};

/* Whether the network can be written, whatever the steps are found to be. Fails with EXIT_INPUT; the sentence names the
 * layer, and says what to do. */
int tflite_check(const struct network *network, const struct placement *placement,
                 struct error *err);

/* The file as a model in memory, to be cleared with tflite_model_clear(). The network passes tflite_check(). */
void tflite_write(const struct tflite_calibrated *calibrated,
                  struct tflite_model *model);

#endif
