/* onnx_order.h - nodes in the order of execution. */
#ifndef CORE_ONNX_ONNX_ORDER_H
#define CORE_ONNX_ONNX_ORDER_H

#include "onnx.pb-c.h"

/* Moves each node behind those that make its inputs, as ONNX wants it and not all writers do it; what is in
 * that order stays so. Nodes that wait for each other, and what nothing makes, are left for who reads. */
void onnx_order_nodes(Onnx__GraphProto *graph);

#endif
