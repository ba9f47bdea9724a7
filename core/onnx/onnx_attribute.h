/* onnx_attribute.h - the attributes of a node: absent, or of the right type. */
#ifndef CORE_ONNX_ONNX_ATTRIBUTE_H
#define CORE_ONNX_ONNX_ATTRIBUTE_H

#include "core/onnx/onnx_node.h"

/* Each fails with a sentence where the attribute is there with another type. Where it
 * is absent the result is `absent`, or NULL with count zero. Lists and tensors are
 * borrowed from the file. */
int onnx_attribute_integer(const struct onnx_node *node, const char *name,
                           int64_t absent, int64_t *value, struct error *err);
int onnx_attribute_real(const struct onnx_node *node, const char *name, float absent,
                        float *value, struct error *err);
int onnx_attribute_integers(const struct onnx_node *node, const char *name,
                            const int64_t **values, size_t *count, struct error *err);
int onnx_attribute_tensor(const struct onnx_node *node, const char *name,
                          const Onnx__TensorProto **tensor, struct error *err);

/* The same for a list that newer opsets have as input number `input` instead. */
int onnx_attribute_list(const struct onnx_node *node, int input, const char *name,
                        const int64_t **values, size_t *count, struct error *err);

/* Index of the attribute's text in `choices` [choice_count]; fails where it is none of
 * them. Absent is choice 0. */
int onnx_attribute_choice(const struct onnx_node *node, const char *name,
                          const char *const *choices, int choice_count, int *choice,
                          struct error *err);

/* The attribute of that name, or NULL. */
const Onnx__AttributeProto *onnx_attribute_find(const struct onnx_node *node,
                                                const char *name);

#endif
