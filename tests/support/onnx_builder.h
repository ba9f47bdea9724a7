/* onnx_builder.h - small ONNX models from text, for tests.
 *
 * One statement a line:
 *
 *   opset 13                      absent: 13
 *   input x N,3,8,8               a float input; letters are symbols
 *   input i N,5 int64             the same of int32, int64, bool
 *   floats w 4,3,3,3 = 1 2.5 -3   an initialiser; the values repeat, absent: 1
 *   integers s 2 = 0 -1           the same of int64; dims "-": a scalar
 *   int8 z - = 0                  the same of int8; also uint8, int32, bool
 *   node Conv x w . -> y pads=1,1,1,1 group=2 auto_pad=VALID name=/c/Conv epsilon=0.1
 *   output y                      or with a shape, as an input has it
 *   branch then_branch            statements up to "end" are a graph, which the last node has as an attribute
 *
 * A "." leaves an input or output out. An attribute is a list of integers, floats or texts where it has a
 * comma (also a trailing one), an integer, a float where it has a point, and else a text, which it is
 * with an arrow, too.
 */
#ifndef TESTS_SUPPORT_ONNX_BUILDER_H
#define TESTS_SUPPORT_ONNX_BUILDER_H

#include "core/network/network.h"
#include "onnx.pb-c.h"

/* The model; free with onnx__model_proto__free_unpacked(). A mistake ends the test. */
Onnx__ModelProto *onnx_builder_model(const char *text);

/* Writes the model, or any bytes, to a file in the folder for temporary files and
 * returns its path; delete with onnx_builder_delete(). */
char *onnx_builder_save(const Onnx__ModelProto *model);
char *onnx_builder_save_bytes(const uint8_t *bytes, size_t size);
void onnx_builder_delete(char *path);

/* What onnx_read() makes of the model, or of the text. */
struct network *onnx_builder_read_model(const Onnx__ModelProto *model,
                                        struct error *err);
struct network *onnx_builder_read(const char *text, struct error *err);

/* The same, fused as a shard does. */
struct network *onnx_builder_read_fused(const char *text, struct error *err);

#endif
