/* onnx_tensor.h - the element types of ONNX, and TensorProto as a constant. */
#ifndef CORE_ONNX_ONNX_TENSOR_H
#define CORE_ONNX_ONNX_TENSOR_H

#include "core/onnx/onnx_constant.h"
#include "core/onnx/onnx_file.h"

/* Of opsets 21 and 25; the system's onnx.proto may be older. */
enum {
    ONNX_TYPE_UINT4 = 21,
    ONNX_TYPE_INT4 = 22,
    ONNX_TYPE_UINT2 = 25,
    ONNX_TYPE_INT2 = 26
};

/* One row of the table of element types. */
struct onnx_type {
    int32_t number; /* TensorProto.DataType */
    const char *name;
    size_t bytes;
    bool is_integer;   /* or bool */
    int64_t low, high; /* range of an integer type; uint64 is cut to int64 */
    size_t packed;     /* values in a byte, the first in its low bits: 4, 2, or 1 */
};

/* The row, or NULL where calq cannot read the type (strings, complex numbers ...). */
const struct onnx_type *onnx_type_find(int32_t number);

/* The type's name for a message, "type 42" if it has none; `text` [32] may be used. */
const char *onnx_type_text(int32_t number, char *text);

/* Type, shape and size of the values of `tensor`, checked; the values are not touched.
 *
 *   path, name   of the file and of the tensor, for messages
 */
int onnx_tensor_check(const char *path, const char *name,
                      const Onnx__TensorProto *tensor, const struct onnx_type **type,
                      struct onnx_shape *shape, struct error *err);

/* A checked tensor as a constant whose values are not yet read. Destroy with
 * onnx_constant_destroy(). */
struct onnx_constant *onnx_tensor_constant(const char *name,
                                           const Onnx__TensorProto *tensor,
                                           const struct onnx_type *type,
                                           const struct onnx_shape *shape);

/* Reads the values of a constant that are not yet read. `file` is what the tensor is of. */
int onnx_tensor_load(const struct onnx_file *file, struct onnx_constant *constant,
                     struct error *err);

/* `count` values from `first` on of a constant that is no integers, read or not, to `to`; those of a
 * matrix that is turned (`is_turned`) as the file has them. */
int onnx_tensor_reals(const struct onnx_file *file,
                      const struct onnx_constant *constant, size_t first, size_t count,
                      float *to, struct error *err);

#endif
