#include "tests/support/written_network.h"

#include "core/export/qdq_compare.h"
#include "core/export/qdq_folded.h"
#include "core/export/qdq_plain.h"
#include "core/network/early_codes.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"
#include "core/rewrite/qdq.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

const struct target_grids written_paper = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD};
const struct target_grids written_onnx = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD};
const struct target_grids written_tensorrt = {GRID_NARROW, GRID_MIDTREAD,
                                              GRID_MIDTREAD};
const struct target_grids written_openvino = {GRID_NARROW, GRID_UNSIGNED,
                                              GRID_ASYMMETRIC};

static void fuse(struct network *network, bool has_sums)
{
    if (has_sums)
        network_fuse_but_sums(network);
    else
        network_fuse(network);
}

static struct choice choice_of(const struct quantized_tensor *tensor, int item)
{
    struct choice choice = placement_choice(tensor, 0.11f / (float)(item + 1));

    if (tensor->grid == GRID_ASYMMETRIC)
        choice.zero = (uint8_t)((37 * item + 3) % (1 << tensor->bits));
    return choice;
}

/* Takes the model. */
void written_open_model(struct written *written, Onnx__ModelProto *model,
                        struct placement_rules rules, bool folds)
{
    *written = (struct written){.path = onnx_builder_save(model)};
    onnx__model_proto__free_unpacked(model, NULL);
    written->network = onnx_read(written->path, &err);
    if (!written->network)
        fail_msg("%s", err.text);
    fuse(written->network, rules.all_activations);
    if (folds)
        network_fold_batchnorm(written->network);
    if (placement_init(&written->placement, written->network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    for (int item = 0; item < written->placement.count; item++)
        written->choices[item] = choice_of(&written->placement.items[item], item);
    written->calibrated = (struct onnx_calibrated){
        .network = written->network,
        .placement = &written->placement,
        .choices = written->choices,
        .state = &written->state,
        .is_folded = folds,
    };
}

void written_open_by_rules(struct written *written, const char *text,
                           struct placement_rules rules, bool folds)
{
    written_open_model(written, onnx_builder_model(text), rules, folds);
}

/* Everything is quantized; weights in W bits, activations in A. */
void written_open(struct written *written, const char *text, struct target_grids grids,
                  int weight_bits, int activation_bits, bool folds)
{
    struct placement_rules rules = {
        .grids = grids, .weight_bits = weight_bits, .activation_bits = activation_bits};

    written_open_by_rules(written, text, rules, folds);
}

void written_close(struct written *written)
{
    free(written->bytes);
    state_clear(&written->state);
    placement_clear(&written->placement);
    network_destroy(written->network);
    onnx_builder_delete(written->path);
}

/* Which node makes a tensor; `node_count`: none, it is a constant or goes in. */
static size_t maker_of(const Onnx__GraphProto *graph, const char *name)
{
    size_t node = 0;

    for (; node < graph->n_node; node++)
        for (size_t i = 0; i < graph->node[node]->n_output; i++)
            if (strcmp(graph->node[node]->output[i], name) == 0)
                return node;
    return node;
}

/* Whether a name is none, or that of a constant or of what goes in. */
static bool is_given(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return true;
    for (size_t i = 0; i < graph->n_input; i++)
        if (strcmp(graph->input[i]->name, name) == 0)
            return true;
    return !*name;
}

/* ONNX asks for nodes in an order in which they can be computed. */
static void assert_ordered(const struct written *written)
{
    Onnx__ModelProto *model = written_model(written);
    const Onnx__GraphProto *graph = model->graph;

    for (size_t node = 0; node < graph->n_node; node++)
        for (size_t i = 0; i < graph->node[node]->n_input; i++) {
            const char *name = graph->node[node]->input[i];
            size_t maker = maker_of(graph, name);

            if (maker < graph->n_node && maker >= node)
                fail_msg("%s is read before it is made", name);
            if (maker == graph->n_node && !is_given(graph, name))
                fail_msg("%s is read, and nothing makes it", name);
        }
    onnx__model_proto__free_unpacked(model, NULL);
}

void written_write(struct written *written)
{
    if (onnx_write(&written->calibrated, &written->bytes, &written->size, &err) < 0)
        fail_msg("%s", err.text);
    assert_ordered(written);
}

struct network *written_read_back(const struct written *written)
{
    char *path = onnx_builder_save_bytes(written->bytes, written->size);
    struct network *network = onnx_read(path, &err);
    struct network *in_float = onnx_read(written->path, &err);

    onnx_builder_delete(path);
    if (!network || !in_float || network_take_qdq(network, in_float, &err) < 0)
        fail_msg("%s", err.text);
    network_destroy(in_float);
    fuse(network, written->placement.all_activations);
    if (written->calibrated.is_folded)
        network_fold_batchnorm(network);
    return network;
}

void written_assert_same(const struct written *written, const char *fact)
{
    struct network *file = written_read_back(written);
    struct qdq_comparison comparison;

    qdq_order_alike(written->network, file);
    qdq_take_plain(written->network, &written->placement, written->choices,
                   &written->calibrated.rules, file);
    qdq_unfold(written->network, &written->placement, written->choices,
               &written->calibrated.rules, file);
    qdq_compare(written->network, &written->placement, written->choices,
                &written->calibrated.rules, file, &comparison);
    if (comparison.layer[0] || comparison.different > 0)
        fail_msg("%s: %d tensors differ; %s", fact, comparison.different,
                 comparison.layer);
    assert_int_equal(comparison.tensor_count, written->placement.count);
    qdq_comparison_clear(&comparison);
    network_destroy(file);
}

Onnx__ModelProto *written_model(const struct written *written)
{
    Onnx__ModelProto *model =
        onnx__model_proto__unpack(NULL, written->size, written->bytes);

    assert_non_null(model);
    return model;
}

int written_count_nodes(const Onnx__ModelProto *model, const char *op)
{
    int count = 0;

    for (size_t i = 0; i < model->graph->n_node; i++)
        count += strcmp(model->graph->node[i]->op_type, op) == 0;
    return count;
}

const Onnx__TensorProto *written_initialiser(const Onnx__ModelProto *model,
                                             const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return model->graph->initializer[i];
    fail_msg("there is no %s", name);
    return NULL;
}

const struct network_case written_networks[WRITTEN_NETWORK_COUNT] = {
    {"convolutions with batch norm, and a residual",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS NORM
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
     "node BatchNormalization c2 g b m v -> n2\nnode Add n2 r1 -> a\n"
     "node Relu a -> r2\nnode GlobalAveragePool r2 -> p\nnode Flatten p -> y\n"
     "output y\n"},
    {"a bias before the batch norm, and a depthwise convolution",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats c 4 = 0.7 -0.1 0 3\n" NORM
     "floats w2 4,1,3,3" WEIGHTS "node Conv x w1 c -> c1 strides=2,2\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 c -> c2 pads=1,1,1,1 group=4\nnode Flatten c2 -> y\noutput y\n"},
    {"groups, and a shared weight",
     "input x N,4,5,5\nfloats w 4,2,3,3" WEIGHTS
     "node Conv x w -> c1 pads=1,1,1,1 group=2\nnode Relu c1 -> r1\n"
     "node Conv r1 w -> c2 group=2 dilations=2,2\nnode Flatten c2 -> y\noutput y\n"},
    {"Gemm with alpha and beta, transposed or not",
     "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 3,6" WEIGHTS
     "floats c 6 = 1 2 -1\nnode Gemm x w1 c -> h alpha=0.5 beta=2.0\nnode Relu h -> r\n"
     "node Gemm r w2 -> y transB=1\noutput y\n"},
    {"MatMul and what is added to it",
     "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 6,3" WEIGHTS
     "floats c 6 = 1 2 -1\nfloats d 3 = 5 6 7\nnode MatMul x w1 -> h\nnode Add h c -> "
     "i\n"
     "node Relu i -> r\nnode MatMul r w2 -> j\nnode Add d j -> y\noutput y\n"},
    {"scales and shifts that are no batch norm, and a batch norm behind a scale",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS NORM
     "floats s 4,1,1 = 0.5 -2 1.5 3\nfloats t 4,1,1 = 0.25 0.5 -1 0\n"
     "floats c 4 = 0.7 -0.1 0 3\nnode Conv x w1 c -> c1 pads=1,1,1,1\n"
     "node Mul c1 s -> m1\nnode Add m1 t -> a1\nnode Relu a1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\nnode Mul c2 s -> m2\n"
     "node BatchNormalization m2 g b m v -> n2\nnode Relu n2 -> r2\n"
     "node Flatten r2 -> y\noutput y\n"},
    {"a scale and a shift behind a batch norm, and a batch norm of rows",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS NORM
     "floats s 4,1,1 = 0.7 -1.3 1.1 3\nfloats t 4,1,1 = 0.25 0.5 -1 0\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Mul n1 s -> m1\n"
     "node Add m1 t -> a1\nnode Relu a1 -> r1\nnode GlobalAveragePool r1 -> p\n"
     "node Flatten p -> f\nnode MatMul f w2 -> h\n"
     "node BatchNormalization h g b m v -> y\noutput y\n"},
    {"a bias before the batch norm that is far above what comes out",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS
     "floats g 4 = 1.5 0.5 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"
     "floats m 4 = 1234.5 -777.1 5432.1 1\nfloats v 4 = 1 2 0.5 4\n"
     "floats c 4 = 1234.567 -777.123 5432.109 0.9\n"
     "node Conv x w1 c -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node GlobalAveragePool r1 -> p\nnode Flatten p -> f\nnode MatMul f w2 -> h\n"
     "node Add h c -> i\nnode BatchNormalization i g b m v -> y\noutput y\n"},
    {"weights of a Constant, a tensor that a pool and a layer read, a reshape between",
     "input x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS "floats w2 8,64" WEIGHTS
     "node Constant -> k value=@w1\n"
     "node Conv x k -> c1\nnode Relu c1 -> r1\nnode Flatten r1 -> f\n"
     "node Gemm f w2 -> y transB=1\noutput y\n"},
    {"a batch norm with zero and a negative scale",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS
     "floats g 4 = 1.5 0 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"
     "floats m 4 = 0.5 0 -0.5 1\nfloats v 4 = 1 2 0.5 4\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
     "node BatchNormalization c2 g b m v -> n2\nnode Flatten n2 -> y\noutput y\n"},
    {"norms in primitive nodes, of rows, and a softmax",
     "input x N,5,4\nfloats w1 4,4" WEIGHTS "floats w2 4,4" WEIGHTS
     "floats w3 4,3" WEIGHTS "floats e - = 0.25\nfloats s 4 = 0.5 2 -1 3\n"
     "floats b 4 = 1 -1 0 0.5\nnode MatMul x w1 -> c\n"
     "node ReduceMean c -> m axes=2,\nnode Sub c m -> d\nnode Mul d d -> q\n"
     "node ReduceMean q -> v axes=2,\nnode Add v e -> k\nnode Sqrt k -> r\n"
     "node Div d r -> n\nnode Mul n s -> p\nnode Add p b -> l\n"
     "node MatMul l w2 -> t\nnode Softmax t -> u axis=1\nnode Mul u u -> q2\n"
     "node ReduceMean q2 -> v2 axes=-1,\nnode Add v2 e -> k2\nnode Sqrt k2 -> r2\n"
     "node Div u r2 -> n2\nnode Mul n2 s -> l2\nnode MatMul l2 w3 -> o\n"
     "node ReduceMax o -> y axes=1, keepdims=0\noutput y\n"},
    {"means, as rows and as images",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 5,4" WEIGHTS
     "floats w3 4,4,1,1" WEIGHTS "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
     "node ReduceMean r1 -> m axes=2,3\nnode Conv m w3 -> c2\n"
     "node ReduceMean c2 -> n axes=-1,-2 keepdims=0\n"
     "node Gemm n w2 -> y transB=1\noutput y\n"},
    {"a convolution of a single pixel that gives the output",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 5,4,1,1" WEIGHTS
     "floats c 5 = 1 -2 3\nnode Conv x w1 -> c1\nnode Relu c1 -> r1\n"
     "node GlobalAveragePool r1 -> p\nnode Conv p w2 c -> c2 kernel_shape=1,1\n"
     "node Flatten c2 -> y\noutput y\n"},
    {"two branches that meet, twice, before a pool",
     "input x N,3,8,8\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,1,1" WEIGHTS
     "floats w3 4,4,3,3" WEIGHTS "floats w4 4,12,1,1" WEIGHTS
     "node Conv x w1 -> c1 pads=1,1,1,1\nnode Relu c1 -> r1\n"
     "node Conv r1 w2 -> c2\nnode Relu c2 -> r2\n"
     "node Conv r1 w3 -> c3 pads=1,1,1,1\nnode Relu c3 -> r3\n"
     "node Concat r2 r3 -> j axis=1\nnode Conv r1 w2 -> c4\nnode Relu c4 -> r4\n"
     "node Concat j r4 -> k axis=1\n"
     "node MaxPool k -> p kernel_shape=2,2 strides=2,2\nnode Conv p w4 -> c5\n"
     "node Flatten c5 -> y\noutput y\n"},
    {"a ReLU behind what meets, a transposed image and two names of one tensor",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,1,1" WEIGHTS
     "floats w3 3,128" WEIGHTS "floats w4 5,3" WEIGHTS "floats c 5 = 1 -2 3\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\nnode Relu c1 -> r1\n"
     "node Conv r1 w2 -> c2\nnode Conv r1 w2 -> c3\nnode Concat c2 c3 -> j axis=1\n"
     "node Relu j -> r2\nnode Transpose r2 -> t perm=0,3,1,2\nnode Identity t -> i\n"
     "node Flatten i -> f\nnode Gemm f w3 -> h transB=1\nnode Relu h -> r3\n"
     "node Gemm r3 w4 c -> y transB=1\noutput y\n"},
    {"shifts behind moves of the batch, before and behind others",
     "input x N,2,6\nfloats w1 6,4" WEIGHTS "floats w2 4,4" WEIGHTS
     "floats w3 8,3" WEIGHTS "floats c 4 = 0.7 -0.1 0 3\nfloats d 1,4 = 1 -2 0.3\n"
     "integers s 2 = 0 -1\nnode MatMul x w1 -> h\nnode Relu h -> r\n"
     "node Transpose r -> t perm=1,0,2\nnode MatMul t w2 -> m\nnode Add m c -> a\n"
     "node Transpose a -> u perm=1,0,2\nnode Sub u d -> v\nnode Relu v -> r2\n"
     "node Reshape r2 s -> f\nnode MatMul f w3 -> y\noutput y\n"},
    {"scales behind an image that becomes rows, and behind rows that lose a dimension",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS
     "floats w3 4,4" WEIGHTS "floats w4 4,2" WEIGHTS NORM
     "floats d 4 = 0.5 -2 1.5 3\nintegers s 3 = 0 0 -1\nintegers q 2 = -1 4\n"
     "integers o 1 = 1\nnode Conv x w1 -> c1\nnode Reshape c1 s -> i\n"
     "node Transpose i -> t perm=0,2,1\nnode Mul t d -> k\nnode Add k b -> l\n"
     "node Relu l -> r1\nnode MatMul r1 w2 -> h\nnode Relu h -> r2\n"
     "node ReduceMean r2 -> p axes=1, keepdims=1\nnode MatMul p w3 -> j\n"
     "node Mul j d -> e\nnode Squeeze e o -> z\nnode Add z b -> n\nnode Relu n -> r3\n"
     "node Gemm r3 w4 -> y\noutput y\n"},
    {"a scale behind a tensor whose shape others read",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS NORM
     "integers one 1 = -1\nintegers zero 1 = 0\nnode Conv x w1 -> c1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node GlobalAveragePool r1 -> p\nnode Shape c1 -> q\nnode Gather q zero -> f\n"
     "node Concat f one -> s axis=0\nnode Reshape p s -> i\nnode MatMul i w2 -> y\n"
     "output y\n"},
};
