/* graph.h - an ONNX file as plain nodes and values, read without any of calq's reader. */
#ifndef TESTS_FUZZ_GRAPH_H
#define TESTS_FUZZ_GRAPH_H

#include "onnx.pb-c.h"
#include "tests/fuzz/array.h"

enum { NODE_INPUTS_MAX = 8 };

struct node {
    const Onnx__NodeProto *proto;
    const char *op, *name;
    int inputs[NODE_INPUTS_MAX]; /* values; -1: left out */
    int input_count;
    int output; /* the first one */
    int which;  /* of its outputs; 0, but of LSTM, GRU and RNN: each output is a node */
    int twin; /* the node of another output of the same, which stands before; -1: none */
};

struct value {
    const char *name;
    struct array *constant; /* or NULL: it depends on the input; owned */
    int producer;           /* node; -1: none */
};

struct graph {
    Onnx__ModelProto *model;
    int64_t opset;
    struct node *nodes;
    int node_count;
    struct value *values;
    int value_count;
    int input, output;        /* values; the output is what goes into a last softmax */
    bool has_softmax, is_log; /* at the end */
};

/* Ends the program where the file is no good. */
void graph_read(struct graph *graph, const char *path);
void graph_clear(struct graph *graph);

/* The value of that name, or -1. */
int graph_find(const struct graph *graph, const char *name);

/* Nodes that read the numbers of a value, not just its shape; the graph's output counts as one. `reader`: the last of them, or -1. */
int graph_readers(const struct graph *graph, int value, int *reader);

/* Whether a node steps through sequences: LSTM, GRU or RNN. */
bool node_recurs(const struct node *node);

/* Attributes. */
const Onnx__AttributeProto *node_attribute(const struct node *node, const char *name);
int64_t node_integer(const struct node *node, const char *name, int64_t absent);
double node_real(const struct node *node, const char *name, double absent);

/* The numbers of a tensor of the file. */
struct array *array_of_tensor(const Onnx__TensorProto *tensor);

void give_up(const char *what, const char *where) __attribute__((noreturn));

#endif
