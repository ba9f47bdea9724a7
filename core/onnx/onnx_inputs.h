/* onnx_inputs.h - what a network is given: types, shapes, where the batch is. */
#ifndef CORE_ONNX_ONNX_INPUTS_H
#define CORE_ONNX_ONNX_INPUTS_H

#include "core/onnx/onnx_graph.h"

/* Makes the inputs of the network. Those that nothing reads are none; an initialiser of the same name is a
 * constant. */
int onnx_inputs_read(struct onnx_graph *graph, struct error *err);

/* The shape that the file has of an input or output; NULL: none. Borrowed. */
const Onnx__TensorShapeProto *onnx_inputs_shape(const Onnx__ValueInfoProto *value);

/* "[N, 3, 224, 224]", for the caller to free. */
char *onnx_inputs_shape_text(const Onnx__TensorShapeProto *shape);

/* The first type of floats that is none, of inputs and initialisers; NULL: there is none. */
const char *onnx_inputs_other_floats(const Onnx__GraphProto *graph);

#endif
