/* onnx_constant.h - a tensor whose values are known while the file is read. */
#ifndef CORE_ONNX_ONNX_CONSTANT_H
#define CORE_ONNX_ONNX_CONSTANT_H

#include "core/onnx/onnx_shape.h"
#include "onnx.pb-c.h"

struct onnx_type;

struct onnx_constant {
    const char *name; /* the initialiser's or the value's; borrowed from the file */
    struct onnx_shape
        shape; /* a dimension may be zero; one may be ONNX_BATCH, and counts as one */
    size_t count;
    bool is_integer;   /* all integer types and bool are int64, all others float */
    int64_t *integers; /* [count], may be ONNX_BATCH; or NULL; owned */
    float *reals;      /* [count] or NULL; owned */
    /* Of reals that the file holds as codes, value = step * code: one step, or one for each index
     * along an axis, or one for each `block` neighbours along it, at every place of the other axes. */
    float *steps; /* [step_count] or NULL: they are no codes; owned */
    size_t step_count;
    int step_axis, block; /* 0: no blocks */
    /* The tensor that has the values, of that type, while they are not read: integers and reals are
     * NULL then. */
    const Onnx__TensorProto *stored; /* or NULL; borrowed from the file */
    const struct onnx_type *stored_type;
    bool
        is_turned; /* of a matrix of reals that is not read: what are its columns here, are rows there */
};

/* Values are zero. The shape must have passed onnx_shape_count(). */
struct onnx_constant *onnx_constant_create(const char *name, bool is_integer,
                                           const struct onnx_shape *shape);
void onnx_constant_destroy(struct onnx_constant *constant);

/* The steps of codes, one for each of `outputs` along an axis, where they repeat what the constant has;
 * NULL: it has no codes, or steps along another axis. For the caller to free. */
float *onnx_constant_steps(const struct onnx_constant *constant, int axis,
                           size_t outputs);

/* The steps of blocks along an axis, in the order of the constant but for that axis, which has as many indices
 * as there are blocks; NULL: it has no such steps. Borrowed. */
const float *onnx_constant_blocks(const struct onnx_constant *constant, int axis);

/* A constant of the same shape and values has the steps, too. */
void onnx_constant_copy_steps(struct onnx_constant *to,
                              const struct onnx_constant *from);

/* Copies an element; both are of the same type. */
void onnx_constant_copy(struct onnx_constant *to, size_t to_index,
                        const struct onnx_constant *from, size_t from_index);

#endif
