/* onnx_edit.h - changes to an ONNX model in memory; what is not changed stays as it was, unknown
 * fields too.
 *
 * Nodes keep their numbers until onnx_edit_pack(): new ones are placed behind a number, and removed
 * ones are only marked.
 */
#ifndef CORE_EXPORT_ONNX_EDIT_H
#define CORE_EXPORT_ONNX_EDIT_H

#include "core/base/error.h"
#include "onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct onnx_new_node {
    Onnx__NodeProto *proto; /* owned */
    int after;              /* number of a node of the file; -1: before all */
};

struct onnx_edit {
    Onnx__ModelProto *model;     /* owned */
    bool *is_removed;            /* [nodes of the file] owned */
    struct onnx_new_node *added; /* [added_count] in any order; owned */
    size_t added_count;
};

/* Takes the model over. */
void onnx_edit_init(struct onnx_edit *edit, Onnx__ModelProto *model);
void onnx_edit_clear(struct onnx_edit *edit);

/* A name that is not taken: base + suffix, with a number if need be; owned by the caller. */
char *onnx_edit_fresh_name(const struct onnx_edit *edit, const char *base,
                           const char *suffix);

/* Adds a node without attributes, named by its output unless another is; borrowed. */
Onnx__NodeProto *onnx_edit_add_node(struct onnx_edit *edit, int after, const char *op,
                                    const char *const *inputs, size_t input_count,
                                    const char *output);

/* Attributes of a node: one of its own, a copy of all of another node's, or one less. */
void onnx_edit_set_integer(Onnx__NodeProto *node, const char *name, int64_t value);
void onnx_edit_set_real(Onnx__NodeProto *node, const char *name, float value);
void onnx_edit_copy_attributes(Onnx__NodeProto *to, const Onnx__NodeProto *from);
void onnx_edit_drop_attribute(Onnx__NodeProto *node, const char *name);

/* Adds an initialiser.
 *
 *   type   TensorProto.DataType
 *   bytes  [size] little-endian values, copied
 */
void onnx_edit_add_tensor(struct onnx_edit *edit, const char *name, int type,
                          const int64_t *dims, size_t rank, const void *bytes,
                          size_t size);

/* The same of floats; rank 0 is a scalar. */
void onnx_edit_add_floats(struct onnx_edit *edit, const char *name, const int64_t *dims,
                          size_t rank, const float *values);

/* The same of a row of 32-bit integers. */
void onnx_edit_add_int32s(struct onnx_edit *edit, const char *name, int64_t count,
                          const int32_t *values);

/* Replaces an input, which may be one more than there are, or an output. */
void onnx_edit_set_input(Onnx__NodeProto *node, size_t input, const char *name);
void onnx_edit_set_output(Onnx__NodeProto *node, const char *name);

/* Drops all inputs of a node but the first `count`. */
void onnx_edit_keep_inputs(struct onnx_edit *edit, Onnx__NodeProto *node, size_t count);

/* Makes the node one of another operator. */
void onnx_edit_set_operator(Onnx__NodeProto *node, const char *op);

/* Names a node that has no name. */
void onnx_edit_name(Onnx__NodeProto *node, const char *name);

/* Whether a node reads it, or it is an output of the graph. */
bool onnx_edit_is_read(const struct onnx_edit *edit, const char *name);

/* All nodes that read `name` read `instead`. */
void onnx_edit_read_instead(struct onnx_edit *edit, const char *name,
                            const char *instead);

/* Whether the graph gives `name` as an output. */
bool onnx_edit_is_output(const struct onnx_edit *edit, const char *name);

/* The node, of the file or added, that makes `name` makes `instead`; nobody else is told, and the node is
 * called as before. */
void onnx_edit_rename_output(struct onnx_edit *edit, const char *name,
                             const char *instead);

/* The number of the node of the file that makes `name`, or -1. */
int onnx_edit_producer(const struct onnx_edit *edit, const char *name);

/* The node that was added and makes `name`, or NULL; borrowed. */
const Onnx__NodeProto *onnx_edit_added(const struct onnx_edit *edit, const char *name);

/* Removes the node that was added and makes `name`, where nothing reads it. */
void onnx_edit_drop_added(struct onnx_edit *edit, const char *name);

/* Removes what makes `name` where nothing reads it any more, and then what only that has read. */
void onnx_edit_drop_unread(struct onnx_edit *edit, const char *name);

/* Sets a text in the model's metadata. */
void onnx_edit_set_property(struct onnx_edit *edit, const char *key, const char *value);

/* The model as bytes, to be freed by the caller. The edit is over: only clear it. */
void onnx_edit_pack(struct onnx_edit *edit, uint8_t **bytes, size_t *size);

#endif
