#include "core/export/qdq_compare.h"

#include "tests/support/onnx_builder.h"
#include "tests/support/written_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { TEXT_BYTES = 2048 };

/* The four planes as steps of a sequence, and weights of four hidden elements. */
#define STEPS                                                                          \
    "integers steps 3 = 0 4 64\nnode Reshape c steps -> t\n"                           \
    "floats wl 1,16,64" WEIGHTS "floats rl 1,16,4" WEIGHTS "floats wg 1,12,64" WEIGHTS \
    "floats rg 1,12,4" WEIGHTS "floats wn 1,4,64" WEIGHTS "floats rn 1,4,4" WEIGHTS    \
    "floats h 1,1,4" WEIGHTS "floats bg 1,24" WEIGHTS

/* Scales of columns, of channels, of groups of those. */
#define NORMED                                                                         \
    "opset 18\nfloats s 8 = 0.5 1\nfloats t 8 = 0.25 1\nfloats g 4 = 1\nfloats h 2 = " \
    "1\n"

/* A layer of a kind between two convolutions, and the same with something else in it. */
static const struct change {
    enum layer_kind kind;
    const char *ours, *theirs;
} changes[] = {
    {LAYER_CONV, "floats bias 4 = 0.5\nnode Conv c u bias -> y\n",
     "floats bias 4 = 0.25\nnode Conv c u bias -> y\n"},
    {LAYER_CONV, "node Conv c w -> y pads=1,1,1,1\n",
     "node Conv c w -> y pads=2,2,2,2 dilations=2,2\n"},
    {LAYER_CONV, "node Conv c half -> y group=2\n", "node Conv c u -> y\n"},
    {LAYER_CONV, "node Conv c u -> k\nnode Relu k -> y\n",
     "floats low - = 0\nfloats high - = 6\nnode Conv c u -> k\n"
     "node Clip k low high -> y\n"},
    {LAYER_AFFINE,
     "floats s 4,1,1 = 2\nnode MaxPool c -> o kernel_shape=1,1\nnode Mul o s -> y\n",
     "floats s 4,1,1 = 3\nnode MaxPool c -> o kernel_shape=1,1\nnode Mul o s -> y\n"},
    {LAYER_AFFINE,
     "floats s 4,1,1 = 2\nnode MaxPool c -> o kernel_shape=1,1\nnode Add o s -> y\n",
     "floats s 4,1,1 = 3\nnode MaxPool c -> o kernel_shape=1,1\nnode Add o s -> y\n"},
    {LAYER_ADD, "node Add p q -> y\n", "node Add p r -> y\n"},
    {LAYER_BINARY, "node Mul p r -> y\n", "node Sub p r -> y\n"},
    {LAYER_BINARY, "node Sub p r -> y\n", "node Sub r p -> y\n"},
    {LAYER_BINARY, "node Mul p a -> y\n", "node Mul p r -> y\n"},
    {LAYER_BINARY, "floats s 8,1 = 1 2\nnode Add p s -> y\n",
     "floats s 8,1 = 2 1\nnode Add p s -> y\n"},
    {LAYER_BINARY, "floats s 8,1 = 1 2\nnode Max p s -> y\n",
     "floats s 4,8,1 = 1 2\nnode Max p s -> y\n"},
    {LAYER_BINARY, "floats s 8,1 = 1 2\nnode Pow p s -> y\n",
     "floats s 8,1 = 1 2\nnode Pow s p -> y\n"},
    {LAYER_MAX_POOL, "node MaxPool c -> y kernel_shape=3,3 pads=1,1,1,1\n",
     "node MaxPool c -> y kernel_shape=5,5 pads=2,2,2,2\n"},
    {LAYER_AVERAGE_POOL, "node AveragePool c -> y kernel_shape=3,3 pads=1,1,1,1\n",
     "node AveragePool c -> y kernel_shape=3,3 pads=1,1,1,1 count_include_pad=1\n"},
    {LAYER_CONCAT, "node Concat p q -> y axis=1\n", "node Concat q p -> y axis=1\n"},
    {LAYER_INTERPOLATE,
     "floats by 4 = 1 1 1 1.5\nnode Resize c . by -> y mode=linear\n",
     "floats by 4 = 1 1 1.5 1\nnode Resize c . by -> y mode=linear\n"},
    {LAYER_INTERPOLATE,
     "floats by 4 = 1 1 1 1.5\nnode Resize c . by -> y mode=linear\n",
     "floats by 4 = 1 1 1 1.5\nnode Resize c . by -> y mode=linear "
     "coordinate_transformation_mode=align_corners\n"},
    {LAYER_CONSTANT,
     "floats k 1,1,8,8 = 1 2\nnode Shape c -> s\nintegers i 1 = 0\n"
     "node Gather s i -> n\nintegers t 3 = 1 8 8\nnode Concat n t -> all axis=0\n"
     "node Expand k all -> l\nnode Concat c l -> y axis=1\n",
     "floats k 1,1,8,8 = 2 1\nnode Shape c -> s\nintegers i 1 = 0\n"
     "node Gather s i -> n\nintegers t 3 = 1 8 8\nnode Concat n t -> all axis=0\n"
     "node Expand k all -> l\nnode Concat c l -> y axis=1\n"},
    {LAYER_MATMUL, "node MatMul p q -> y\n", "node MatMul q p -> y\n"},
    {LAYER_MATMUL, "node MatMul p q -> y name=n\n",
     "node Einsum p q -> y equation=bhij,bhkj->bhik name=n\n"},
    {LAYER_UNARY, "node Sigmoid c -> y\n", "node Relu c -> y\n"},
    {LAYER_UNARY, "node HardSigmoid c -> y\n", "node HardSigmoid c -> y alpha=0.25\n"},
    {LAYER_UNARY, "node HardSigmoid c -> y\n", "node HardSigmoid c -> y beta=0.25\n"},
    {LAYER_UNARY, "node HardSwish c -> y\n", "node HardSigmoid c -> y\n"},
    {LAYER_UNARY, "node LeakyRelu c -> y\n", "node Relu c -> y\n"},
    {LAYER_UNARY, "node LeakyRelu c -> y\n", "node LeakyRelu c -> y alpha=0.25\n"},
    {LAYER_UNARY, "node Elu c -> y\n", "node Relu c -> y\n"},
    {LAYER_UNARY, "node Elu c -> y\n", "node Elu c -> y alpha=0.25\n"},
    {LAYER_UNARY, "node Tanh c -> y\n", "node Sigmoid c -> y\n"},
    {LAYER_UNARY, "node Softplus c -> y\n", "node Relu c -> y\n"},
    {LAYER_UNARY, "node Selu c -> y\n", "node Selu c -> y gamma=0.25\n"},
    {LAYER_UNARY, "node Gelu c -> y\n", "node Gelu c -> y approximate=tanh\n"},
    {LAYER_EMBEDDING, "node Gather table ids -> y\n", "node Gather other ids -> y\n"},
    {LAYER_SOFTMAX, "node Softmax c -> y\n", "node Softmax c -> y axis=1\n"},
    {LAYER_SOFTMAX, "node Softmax c -> y\n", "node LogSoftmax c -> y\n"},
    {LAYER_RECURRENCE, STEPS "node RNN t wn rn -> y layout=1\n",
     STEPS "node RNN t wn rn -> y layout=1 activations=Relu,\n"},
    {LAYER_RECURRENCE, STEPS "node RNN t wn rn -> y layout=1\n",
     STEPS "node RNN t wn rn -> y layout=1 direction=reverse\n"},
    {LAYER_RECURRENCE, STEPS "node RNN t wn rn . . h -> y layout=1\n",
     STEPS "node RNN t wn rn -> y layout=1\n"},
    {LAYER_RECURRENCE, STEPS "node LSTM t wl rl -> y layout=1\n",
     STEPS "node LSTM t wl rl -> y layout=1 clip=1.0\n"},
    {LAYER_RECURRENCE, STEPS "node LSTM t wl rl -> y layout=1\n",
     STEPS "node LSTM t wl rl . . . h -> y layout=1\n"},
    {LAYER_RECURRENCE,
     STEPS "floats see 1,12 = 1\nnode LSTM t wl rl . . . . see -> y layout=1\n",
     STEPS "floats see 1,12 = 2\nnode LSTM t wl rl . . . . see -> y layout=1\n"},
    {LAYER_RECURRENCE, STEPS "node GRU t wg rg bg -> y layout=1\n",
     STEPS "node GRU t wg rg bg -> y layout=1 linear_before_reset=1\n"},
    {LAYER_RECURRENCE,
     STEPS "floats bias 1,24 = 0.5\nnode GRU t wg rg bias -> y layout=1 "
           "linear_before_reset=1\n",
     STEPS "floats bias 1,24 = 0.25\nnode GRU t wg rg bias -> y layout=1 "
           "linear_before_reset=1\n"},
    {LAYER_REDUCTION, "node ReduceMean c -> y axes=1,\n",
     "node ReduceMax c -> y axes=1,\n"},
    {LAYER_REDUCTION, "node ReduceL2 c -> y axes=2,3\n",
     "node ReduceL1 c -> y axes=2,3\n"},
    {LAYER_REDUCTION, "node ReduceMax c -> y axes=2,\n",
     "node ReduceMax c -> y axes=3,\n"},
    {LAYER_NORM, NORMED "node LayerNormalization c s s -> y\n",
     NORMED "node LayerNormalization c s s -> y epsilon=0.25\n"},
    {LAYER_NORM, NORMED "node LayerNormalization c s s -> y\n",
     NORMED "node LayerNormalization c t s -> y\n"},
    {LAYER_NORM, NORMED "node LayerNormalization c s s -> y\n",
     NORMED "node LayerNormalization c s t -> y\n"},
    {LAYER_NORM, NORMED "node InstanceNormalization c g g -> y\n",
     NORMED "node GroupNormalization c h h -> y num_groups=2\n"},
    {LAYER_NORM, "node LpNormalization c -> y\n", "node LpNormalization c -> y p=1\n"},
    {LAYER_NORM, "node LpNormalization c -> y\n",
     "node LpNormalization c -> y axis=2\n"},
    {LAYER_RESPONSE_NORM, "node LRN c -> y size=3\n", "node LRN c -> y size=5\n"},
    {LAYER_RESPONSE_NORM, "node LRN c -> y size=3\n",
     "node LRN c -> y size=3 alpha=0.5\n"},
    {LAYER_RESPONSE_NORM, "node LRN c -> y size=3\n",
     "node LRN c -> y size=3 beta=0.5\n"},
    {LAYER_RESPONSE_NORM, "node LRN c -> y size=3\n",
     "node LRN c -> y size=3 bias=2.0\n"},
    {LAYER_REARRANGE, "integers pad 8 = 0 0 1 0 0 0 0 0\nnode Pad c pad -> y\n",
     "integers pad 8 = 0 0 0 0 0 0 1 0\nnode Pad c pad -> y\n"},
    {LAYER_REARRANGE, "integers pad 8 = 0 0 1 0 0 0 0 0\nnode Pad c pad -> y\n",
     "integers pad 8 = 0 0 1 0 0 0 0 0\nfloats fill - = 1\nnode Pad c pad fill -> y\n"},
};

static struct network *read(const char *middle)
{
    struct error err = {0};
    char text[TEXT_BYTES];
    struct network *network;

    snprintf(text, sizeof text,
             "input x N,4,8,8\ninput ids N,4,8 int32\n"
             "floats table 6,8" WEIGHTS "floats other 5,8" WEIGHTS
             "floats w 4,4,3,3" WEIGHTS "floats u 4,4,1,1" WEIGHTS
             "floats half 4,2,1,1" WEIGHTS "node Conv x w -> c pads=1,1,1,1\n"
             "node Conv x u -> p\n"
             "node MaxPool c -> q kernel_shape=3,3 pads=1,1,1,1\n"
             "node MaxPool p -> r kernel_shape=3,3 pads=1,1,1,1\n"
             "node GlobalMaxPool c -> a\n"
             "%s"
             "node GlobalAveragePool y -> e\nnode GlobalAveragePool q -> b\n"
             "node GlobalAveragePool r -> d\nnode Concat a b d e -> z axis=1\n"
             "output z\n",
             middle);
    network = onnx_builder_read_fused(text, &err);
    if (!network)
        fail_msg("%s", err.text);
    return network;
}

static bool has_kind(const struct network *network, enum layer_kind kind)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].kind == kind)
            return true;
    return false;
}

/* Whether a file that holds the second network is told from the first. */
static bool is_told(const char *ours, const char *theirs)
{
    struct network *network = read(ours), *file = read(theirs);
    const struct placement_rules rules = {
        .grids = written_onnx, .weight_bits = 8, .activation_bits = 8};
    struct qdq_comparison comparison;
    struct placement placement;
    struct error err = {0};
    struct choice choices[32];
    bool told;

    assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
    assert_true(placement.count <= (int)COUNT(choices));
    for (int i = 0; i < placement.count; i++)
        choices[i] = placement_choice(&placement.items[i], 1);
    qdq_compare(network, &placement, choices, &(struct weight_rules){0}, file,
                &comparison);
    told = *comparison.layer != '\0';
    qdq_comparison_clear(&comparison);
    placement_clear(&placement);
    network_destroy(network);
    network_destroy(file);
    return told;
}

static void what_a_layer_computes_is_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct network *network = read(changes[i].ours);

        assert_true(has_kind(network, changes[i].kind));
        network_destroy(network);
        assert_false(is_told(changes[i].ours, changes[i].ours));
        assert_false(is_told(changes[i].theirs, changes[i].theirs));
        if (!is_told(changes[i].ours, changes[i].theirs))
            fail_msg("nobody tells %s from %s", changes[i].ours, changes[i].theirs);
    }
}

/* But for what the file's codes are, which no network holds once they are taken. */
static void every_kind_of_layer_is_compared(void **state)
{
    (void)state;
    for (int kind = 0; kind < LAYER_KIND_COUNT; kind++) {
        bool is_there = kind == LAYER_QUANTIZE;

        for (size_t i = 0; i < COUNT(changes); i++)
            is_there = is_there || (int)changes[i].kind == kind;
        assert_true(is_there);
    }
}

/* A node of the file that scales a product may stand behind others. */
#define SCALED_EARLY                                                                   \
    "floats s 4,1,1 = 2\nnode Conv c u -> m1\nnode Mul m1 s -> m2\n"                   \
    "node Conv c w -> m3 pads=1,1,1,1\nnode Concat m2 m3 -> y axis=1\n"
#define SCALED_LATE                                                                    \
    "floats s 4,1,1 = 2\nnode Conv c u -> m1\nnode Conv c w -> m3 pads=1,1,1,1\n"      \
    "node Mul m1 s -> m2\nnode Concat m2 m3 -> y axis=1\n"

static void tensors_of_another_order_are_paired(void **state)
{
    static const char other[] =
        "floats s 4,1,1 = 3\nnode Conv c u -> m1\nnode Conv c w -> m3 pads=1,1,1,1\n"
        "node Mul m1 s -> m2\nnode Concat m2 m3 -> y axis=1\n";

    (void)state;
    assert_false(is_told(SCALED_EARLY, SCALED_LATE));
    assert_false(is_told(SCALED_LATE, SCALED_EARLY));
    assert_true(is_told(SCALED_EARLY, other));
}

/* What was changed of biases is written as all of them. */
static void biases_of_zero_are_none(void **state)
{
    static const char none[] =
        STEPS "node GRU t wg rg -> y layout=1 linear_before_reset=1\n";
    static const char zeros[] =
        STEPS "floats bias 1,24 = 0\nnode GRU t wg rg bias -> y "
              "layout=1 linear_before_reset=1\n";
    static const char ones[] = STEPS "floats bias 1,24 = 1\nnode GRU t wg rg bias -> y "
                                     "layout=1 linear_before_reset=1\n";

    (void)state;
    assert_false(is_told(none, zeros));
    assert_false(is_told(zeros, none));
    assert_true(is_told(none, ones));
}

static bool are_same_layers(const struct network *network, const struct network *file)
{
    bool are = true;

    for (int i = 0; i < network->layer_count; i++)
        are = are && strcmp(network->layers[i].name, file->layers[i].name) == 0 &&
              file->tensors[file->layers[i].output].producer == i;
    return are;
}

static void layers_of_another_order_are_put_in_ours(void **state)
{
    struct network *network =
        read("node Conv c u -> m1 name=one\nnode MaxPool c -> m2 kernel_shape=1,1 "
             "strides=1,1 name=two\nnode Conv m2 w -> m3 pads=1,1,1,1 name=three\n"
             "node Concat m1 m3 -> y axis=1\n");
    struct network *file =
        read("node MaxPool c -> m2 kernel_shape=1,1 strides=1,1 name=two\n"
             "node Conv m2 w -> m3 pads=1,1,1,1 name=three\n"
             "node Conv c u -> m1 name=one\nnode Concat m1 m3 -> y axis=1\n");
    struct network *other = read("node Conv c w -> y pads=1,1,1,1\n");
    int layers = other->layer_count;

    (void)state;
    assert_false(are_same_layers(network, file));
    qdq_order_alike(network, file);
    assert_true(are_same_layers(network, file));
    qdq_order_alike(network, file);
    assert_true(are_same_layers(network, file));
    qdq_order_alike(network, other);
    assert_int_equal(other->layer_count, layers);
    assert_true(are_same_layers(other, other));
    network_destroy(network);
    network_destroy(file);
    network_destroy(other);
}

static bool are_numbered_alike(const struct network *network,
                               const struct network *file)
{
    bool are = file->output == network->output;

    for (int i = 0; i < network->input_count; i++)
        are = are && file->inputs[i] == network->inputs[i];
    for (int i = 0; i < network->layer_count; i++) {
        const struct layer *ours = &network->layers[i], *theirs = &file->layers[i];

        are = are && theirs->output == ours->output;
        for (int k = 0; k < ours->input_count; k++)
            are = are && theirs->inputs[k] == ours->inputs[k];
    }
    return are;
}

/* A placement says by number which tensor is rounded to what. */
static void tensors_of_another_order_are_numbered_alike(void **state)
{
    struct network *network = read(SCALED_EARLY), *file = read(SCALED_LATE);

    (void)state;
    assert_false(are_numbered_alike(network, file));
    for (int again = 0; again < 2; again++) {
        qdq_number_alike(network, file);
        assert_true(are_numbered_alike(network, file));
        for (int i = 0; i < file->tensor_count; i++) {
            assert_string_equal(file->tensors[i].name, network->tensors[i].name);
            assert_int_equal(file->tensors[i].producer, network->tensors[i].producer);
        }
    }
    network_destroy(network);
    network_destroy(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_layer_computes_is_compared),
        cmocka_unit_test(every_kind_of_layer_is_compared),
        cmocka_unit_test(tensors_of_another_order_are_paired),
        cmocka_unit_test(biases_of_zero_are_none),
        cmocka_unit_test(layers_of_another_order_are_put_in_ours),
        cmocka_unit_test(tensors_of_another_order_are_numbered_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
