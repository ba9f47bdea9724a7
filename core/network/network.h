/* network.h - the graph: tensors, and layers in execution order.
 *
 * A network is made in two moves: onnx_read() turns each ONNX node into at most one layer, and
 * network_fuse() merges what belongs together (batch norm, residual, ReLU into the
 * convolution; chains of rearrangements into one). After that it is constant, but for the
 * statistics of batch norms (batchnorm.h): which tensors are quantized is the placement's
 * business (placement.h), their steps the candidate's.
 */
#ifndef CORE_NETWORK_NETWORK_H
#define CORE_NETWORK_NETWORK_H

#include "core/base/error.h"
#include "core/network/layer.h"

enum { TENSOR_ELEMENT_BYTES = 4, NETWORK_INPUTS_MAX = 16 };

/* What the values of a tensor are. All that layers make is float. */
enum element { ELEMENT_FLOAT, ELEMENT_INT32 };

struct tensor {
    char *name;                  /* ONNX tensor name; owned */
    int rank;                    /* without the batch, 0..TENSOR_RANK_MAX */
    int dims[TENSOR_RANK_MAX];   /* as ONNX orders them, without the batch */
    int height, width, channels; /* as stored: [height, width, channels] */
    size_t count;                /* elements of one sample */
    enum element element;
    int32_t least, most; /* integers that a sample may hold: numbers of rows, or all */
    int producer;        /* layer that makes it; -1: an input of the network */
    bool nonnegative;    /* cannot be below zero, whatever the input */
    struct file_codes codes; /* that the file rounds it to */
};

/* What was decided of a file before it could be read: a branch of an If, the number that an input is. Whoever
 * edits the file decides the same, in the same order. */
struct network_decision {
    enum network_decided {
        DECIDED_THEN, /* the If takes that branch */
        DECIDED_ELSE,
        DECIDED_BOTH, /* its condition is computed: it chooses of what both give */
        DECIDED_NUMBER
    } what;
    char *name;     /* of the If's first output that has one, or of the input; owned */
    int64_t number; /* that the input is */
};

struct network {
    char *path; /* of the file it came from, for messages; owned */
    struct tensor *tensors;
    int tensor_count;
    struct layer *layers; /* in execution order */
    int layer_count;
    int inputs[NETWORK_INPUTS_MAX]; /* [input_count] tensors, as the file orders them */
    int input_count;
    int output; /* tensor: logits [classes] */
    /* As the file says them, for people, e.g. "[N, 3, 224, 224]"; the output may be that of a Softmax
     * behind the logits. NULL: of no file; owned */
    char *input_shapes[NETWORK_INPUTS_MAX], *output_name, *output_shape;
    struct network_decision *decisions; /* [decision_count] owned */
    int decision_count;
    char *other_outputs; /* names of those that are left out; NULL: none; owned */
    const char *
        other_floats; /* of which the file holds values: float16 ...; NULL: it does not */
};

struct network *network_create(const char *path);
void network_destroy(struct network *network);

/* Adds a tensor without producer and returns its index. `dims` [rank] without the batch. */
int network_add_tensor(struct network *network, const char *name, int rank,
                       const int *dims);

/* Makes a tensor the next input; `shape` as the file says it, or NULL. */
void network_add_input(struct network *network, int tensor, const char *shape);

/* Adds a decision; copies the name. */
void network_add_decision(struct network *network, enum network_decided what,
                          const char *name, int64_t number);

/* The tensor of an input; whether a tensor is one. */
const struct tensor *network_input(const struct network *network, int input);
bool network_is_input(const struct network *network, int tensor);

/* Products of a sample with the weights of a layer, [pixels, outputs]. */
size_t network_products(const struct network *network, int layer);

/* Adds a layer at the end: `inputs` [input_count] and `output` are tensor indices; the clamp
 * is open, the window is of one element. The result is borrowed and valid until the next layer
 * is added. Sets the output's producer. */
struct layer *network_add_layer(struct network *network, enum layer_kind kind,
                                const char *name, const int *inputs, int input_count,
                                int output);

/* Index of the tensor of that name, or -1. */
int network_find_tensor(const struct network *network, const char *name);

/* After tensors have moved: whatever names a tensor by its number is told the new one, `numbers` [tensors as they
 * were counted]. Numbers of tensors that nothing names are not read. */
void network_renumber(struct network *network, const int *numbers);

/* Multiply-adds of one sample. */
size_t network_macs(const struct network *network);

#endif
