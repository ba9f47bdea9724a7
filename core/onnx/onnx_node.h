/* onnx_node.h - the node that is being read: what it is given, and what it gives. */
#ifndef CORE_ONNX_ONNX_NODE_H
#define CORE_ONNX_ONNX_NODE_H

#include "core/onnx/onnx_graph.h"

struct onnx_node {
    struct onnx_graph *graph;     /* borrowed */
    const Onnx__NodeProto *proto; /* borrowed */
    int index;                    /* in the file's list of nodes */
    int output;                   /* which of its outputs is being given */
    /* Where the batch of all of its tensors is, in and out. The operator sees [N, sample ...], and looks
     * at what is behind the batch alone (enum onnx_operator_scope). */
    struct onnx_batch batch;
};

/* The same node, while it gives output number `output`. */
struct onnx_node onnx_node_for_output(const struct onnx_node *node, int output);

/* Whether another node, or the network's output, needs output number `output`; one that is not
 * need not be given. */
bool onnx_node_needs_output(const struct onnx_node *node, int output);

/* Sets `path: node "name" (operator): sentence`; always returns -1. */
int onnx_node_error(const struct onnx_node *node, struct error *err, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* The node's name or, if none, "operator output", written to `text` [bytes]. */
const char *onnx_node_name(const struct onnx_node *node, char *text, size_t bytes);

/* False where the input is left out. */
bool onnx_node_has_input(const struct onnx_node *node, int input);

/* Whether its first output is the network's, by whatever name and shape, and nothing else reads it. */
bool onnx_node_is_last(const struct onnx_node *node);

/* What input number `input` is. Each fails where the input is left out or is not of
 * that kind; _tensor gives an index into the network's tensors. */
int onnx_node_value(const struct onnx_node *node, int input, struct onnx_value **value,
                    struct error *err);
int onnx_node_tensor(const struct onnx_node *node, int input, int *tensor,
                     struct error *err);
int onnx_node_constant(const struct onnx_node *node, int input,
                       const struct onnx_constant **constant, struct error *err);

/* The same as it is: a constant may be repeated for each sample, and one dimension is ONNX_BATCH then. To
 * all others it is one where it is the first, and such a constant is refused where it is not. */
int onnx_node_repeated(const struct onnx_node *node, int input,
                       const struct onnx_constant **constant, struct error *err);

/* A constant of a float type whose values may still be in the file, and some of those, which must be
 * finite. */
int onnx_node_weights(const struct onnx_node *node, int input,
                      const struct onnx_constant **weights, struct error *err);
int onnx_node_weight_values(const struct onnx_node *node,
                            const struct onnx_constant *weights, size_t first,
                            size_t count, float *to, struct error *err);

/* Whether a constant has float values, and all are finite. */
int onnx_node_check_reals(const struct onnx_node *node,
                          const struct onnx_constant *constant, struct error *err);

/* A constant of finite float values. */
int onnx_node_reals(const struct onnx_node *node, int input,
                    const struct onnx_constant **constant, struct error *err);

/* A constant list of integers (or a single one); `what` it is, for the message. */
int onnx_node_integers(const struct onnx_node *node, int input, const char *what,
                       const struct onnx_constant **constant, struct error *err);

/* A constant of exactly one finite float value. */
int onnx_node_scalar(const struct onnx_node *node, int input, float *value,
                     struct error *err);

/* An input that may be either. */
struct onnx_source {
    const struct onnx_constant *constant; /* or NULL; borrowed from the graph */
    int tensor;                           /* of the network; -1: a constant */
    struct onnx_batch batch;              /* of a tensor */
    struct onnx_shape shape;              /* of a tensor with the batch */
};
int onnx_node_source(const struct onnx_node *node, int input,
                     struct onnx_source *source, struct error *err);

/* The same where the batch may be anywhere: for operators that move elements. */
int onnx_node_moved(const struct onnx_node *node, int input, struct onnx_source *source,
                    struct error *err);

/* Counts an axis that the node names from the front of [N, sample ...], of `rank` dimensions. False where
 * there is no such axis. */
bool onnx_node_axis(const struct onnx_node *node, int64_t axis, int rank,
                    int *from_front);

/* Marks the axes of a list [count], each at most once, of a shape of `rank` dimensions; `marked` out,
 * [ONNX_RANK_MAX]. */
int onnx_node_mark_axes(const struct onnx_node *node, const int64_t *axes, size_t count,
                        int rank, bool *marked, struct error *err);

/* The node unfolds to `elements` more; fails when that is too much in all. */
int onnx_node_unfold(const struct onnx_node *node, size_t elements, struct error *err);

/* Makes the output that is being given a new tensor of shape [batch, `sample` ...] and adds a layer
 * for it, whose inputs are tensors [input_count]. The layer is borrowed and valid until
 * the next one is added; NULL on failure. */
struct layer *onnx_node_give_layer(const struct onnx_node *node, enum layer_kind kind,
                                   const int *inputs, int input_count,
                                   const struct onnx_shape *sample, struct error *err);

/* The same, of the shape of tensor inputs[0]. */
struct layer *onnx_node_give_same(const struct onnx_node *node, enum layer_kind kind,
                                  const int *inputs, int input_count,
                                  struct error *err);

/* Makes a zeroed constant to be filled; NULL where it would be too large. The output that is
 * being given becomes this constant. */
struct onnx_constant *onnx_node_give_constant(const struct onnx_node *node,
                                              bool is_integer,
                                              const struct onnx_shape *shape,
                                              struct error *err);

/* The value of the output that is being given. */
int onnx_node_output(const struct onnx_node *node, struct onnx_value **value,
                     struct error *err);

/* What the node has given so far becomes an operand, under a name of its own. */
int onnx_node_take_back(const struct onnx_node *node, struct onnx_source *source,
                        struct error *err);

/* The same numbers as floats; borrowed from the graph. */
const struct onnx_constant *onnx_node_as_reals(const struct onnx_node *node,
                                               const struct onnx_constant *constant);

/* Makes the output that is being given another name of an input. */
int onnx_node_give_input(const struct onnx_node *node, int input, struct error *err);

#endif
