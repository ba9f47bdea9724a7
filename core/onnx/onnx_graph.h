/* onnx_graph.h - the values of an ONNX file, by name, while it becomes a network. */
#ifndef CORE_ONNX_ONNX_GRAPH_H
#define CORE_ONNX_ONNX_GRAPH_H

#include "core/network/network.h"
#include "core/onnx/onnx_batch.h"
#include "core/onnx/onnx_constant.h"
#include "core/onnx/onnx_file.h"

enum {
    ONNX_NAME_BYTES_MAX = 1000,
    /* Elements of all that the nodes unfold to (weights, index maps, computed
     * constants) together: a small file may not ask for all memory. */
    ONNX_UNFOLDED_MAX = 1 << 29
};

/* A named value: an initialiser, an input, or the output of a node. A node that is no
 * layer makes its output an alias: two values with the same tensor or the same
 * constant. */
struct onnx_value {
    const char *name;                     /* borrowed from the file */
    int producer;                         /* node; -1: input or initialiser */
    const Onnx__TensorProto *initialiser; /* or NULL; borrowed from the file */
    const Onnx__ValueInfoProto *input;    /* or NULL; borrowed from the file */
    struct onnx_constant *constant;       /* once known; borrowed from the graph */
    int tensor;                           /* of the network; -1: not or not yet known */
    struct onnx_batch batch;              /* of a tensor: nothing else knows of it */
    bool is_read;  /* by a node that the output depends on; or it is the output */
    bool is_codes; /* the tensor's codes, which only DequantizeLinear may read */
};

struct onnx_graph {
    const struct onnx_file *file;  /* borrowed */
    const char *path;              /* borrowed */
    const Onnx__GraphProto *proto; /* borrowed */
    int64_t opset;                 /* of ONNX's own operators */
    int64_t batch;                 /* batch size the file declares; 0: any */
    struct network *network;       /* grows while the nodes are read; owned */
    struct onnx_value *values;     /* [value_count] sorted by name; owned */
    size_t value_count;
    struct onnx_constant **constants; /* [constant_count] owned, each one too */
    size_t constant_count;
    /* An If whose condition is known: reading begins again, with its branch in its place. NULL: none; borrowed */
    const Onnx__NodeProto *branching;
    enum network_decided branch;
    size_t unfolded; /* elements, at most ONNX_UNFOLDED_MAX and what other files hold */
    size_t
        external; /* elements that are in other files, as far as they were asked for */
};

/* Collects the values; fails where names are missing, too long or used twice. `file`
 * must stay open as long as the graph lives. Clear also after a failure. */
int onnx_graph_init(struct onnx_graph *graph, const struct onnx_file *file,
                    struct error *err);
void onnx_graph_clear(struct onnx_graph *graph);

/* The value of that name, or NULL. */
struct onnx_value *onnx_graph_find(const struct onnx_graph *graph, const char *name);

/* The graph keeps `constant` and destroys it at the end; returns it. */
struct onnx_constant *onnx_graph_keep(struct onnx_graph *graph,
                                      struct onnx_constant *constant);

/* The value's constant, its initialiser read if need be; NULL with success where the
 * value is no constant. */
int onnx_graph_constant(struct onnx_graph *graph, struct onnx_value *value,
                        const struct onnx_constant **constant, struct error *err);

/* The same, of which the values may still be in the file (`stored`). */
int onnx_graph_look(struct onnx_graph *graph, struct onnx_value *value,
                    const struct onnx_constant **constant, struct error *err);

/* Makes a checked tensor the constant of a value; its values stay in the file. */
int onnx_graph_give_stored(struct onnx_graph *graph, struct onnx_value *value,
                           const Onnx__TensorProto *tensor, struct error *err);

#endif
