/* written_network.h - a small network, calibrated, written as ONNX and read back, for tests. */
#ifndef TESTS_SUPPORT_WRITTEN_NETWORK_H
#define TESTS_SUPPORT_WRITTEN_NETWORK_H

#include "core/export/onnx_write.h"
#include "onnx.pb-c.h"

struct written {
    char *path; /* of the float network */
    struct network *network;
    struct placement placement;
    struct choice choices[32];
    struct onnx_calibrated calibrated; /* of the above; tests change it */
    struct state state;                /* what tests put in force in the network */
    uint8_t *bytes;                    /* [size] the file; owned */
    size_t size;
};

extern const struct target_grids written_paper, written_onnx, written_tensorrt,
    written_openvino;

/* Parts of networks in the words of onnx_builder.h: weights, and a batch norm of four channels. */
#define WEIGHTS " = 0.5 -0.25 0.125 1 -1 0.75 0.3\n"
#define NORM                                                                           \
    "floats g 4 = 1.5 0.5 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"                         \
    "floats m 4 = 0.5 0 -0.5 1\nfloats v 4 = 1 2 0.5 4\n"

/* Networks that between them have what is written in ways of its own. */
struct network_case {
    const char *fact, *text;
};
enum { WRITTEN_NETWORK_COUNT = 18 };
extern const struct network_case written_networks[WRITTEN_NETWORK_COUNT];

/* Zeros of asymmetric grids differ from tensor to tensor. Everything is quantized; weights in W bits, activations in A, or by rules; `folds` batch norms. The model
 * is taken over. A mistake ends the test. */
void written_open(struct written *written, const char *text, struct target_grids grids,
                  int weight_bits, int activation_bits, bool folds);
void written_open_by_rules(struct written *written, const char *text,
                           struct placement_rules rules, bool folds);
void written_open_model(struct written *written, Onnx__ModelProto *model,
                        struct placement_rules rules, bool folds);
void written_close(struct written *written);

/* Writes the file into memory; reads it back, fused as the network is; fails where it is another. */
void written_write(struct written *written);
struct network *written_read_back(const struct written *written);
void written_assert_same(const struct written *written, const char *fact);

/* The file as a message, to be freed; how many nodes have an operator; an initialiser, borrowed. */
Onnx__ModelProto *written_model(const struct written *written);
int written_count_nodes(const Onnx__ModelProto *model, const char *op);
const Onnx__TensorProto *written_initialiser(const Onnx__ModelProto *model,
                                             const char *name);

#endif
