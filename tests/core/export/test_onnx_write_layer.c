#include "core/export/onnx_write_parts.h"

#include "core/export/qdq_compare.h"
#include "core/export/qdq_folded.h"
#include "core/network/early_codes.h"
#include "core/network/kernel_rounding.h"
#include "tests/support/channel_steps.h"
#include "tests/support/written_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A channel of zeros, faint ones, and ones as they use to be. */
static const char *const faint =
    "input x N,2,4,4\nfloats w1 3,2,1,1" WEIGHTS "floats c1 3 = 1 2 3\n"
    "floats w2 4,3,1,1 = 0 0 0 1e-8 -2e-8 1e-9 3e-19 1e-20 -1e-19 0.5 -1 0.25\n"
    "floats c2 4 = 3 -2 1 0.5\nnode Conv x w1 c1 -> a\nnode Relu a -> r\n"
    "node Conv r w2 c2 -> b\nnode Flatten b -> y\noutput y\n";

/* Of a channel, or of all. */
static float step_named(const Onnx__ModelProto *model, const char *name, size_t channel)
{
    const Onnx__GraphProto *graph = model->graph;
    float step = 0;
    size_t i = 0;

    while (i < graph->n_initializer && strcmp(graph->initializer[i]->name, name) != 0)
        i++;
    assert_true(i < graph->n_initializer);
    if (graph->initializer[i]->n_dims == 0)
        channel = 0;
    memcpy(&step, graph->initializer[i]->raw_data.data + channel * sizeof step,
           sizeof step);
    return step;
}

/* ONNX Runtime makes integers of 32 bits of a bias, in products of the steps of input and weights. */
static void no_step_of_weights_is_too_small_for_the_bias(void **state)
{
    const struct target_grids *const grids[] = {&written_paper, &written_onnx,
                                                &written_tensorrt};
    static const float biases[] = {3, 2, 1, 0.5};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(grids); i++) {
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written, faint, *grids[i / 2], i % 2 ? 8 : 4, 8, false);
        give_channel_steps(&written.placement, written.network, RATIO_OF_MINMAX);
        written_write(&written);
        written_assert_same(&written, "faint channels");
        model = written_model(&written);
        for (size_t channel = 0; channel < 4; channel++)
            assert_true(biases[channel] <= step_named(model, "r_scale", 0) *
                                               step_named(model, "w2_scale", channel) *
                                               0x1.01p30f);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

static const char *const flattened =
    "input x N,3,2,2\nfloats w1 3,3,1,1" WEIGHTS "floats w2 3,4" WEIGHTS
    "node Conv x w1 -> a\nnode Relu a -> r\nnode GlobalAveragePool r -> p\n"
    "node Flatten p -> f\nnode MatMul f w2 -> y\noutput y\n";

/* Else ONNX Runtime rounds what the product reads to 8 bits, by blocks. */
static void a_product_reads_codes_just_dequantized(void **state)
{
    const struct target_grids *const grids[] = {&written_paper, &written_onnx,
                                                &written_tensorrt};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(grids); i++) {
        struct written written;
        Onnx__ModelProto *model;
        const Onnx__GraphProto *graph;
        size_t at;

        written_open(&written, flattened, *grids[i / 2], 4, i % 2 ? 8 : 4, false);
        written_write(&written);
        written_assert_same(&written, "flattened");
        model = written_model(&written);
        graph = model->graph;
        at = graph->n_node - 1;
        assert_string_equal(graph->node[at]->op_type, "MatMul");
        while (at > 0 && strcmp(graph->node[at]->output[0],
                                graph->node[graph->n_node - 1]->input[0]) != 0)
            at--;
        assert_string_equal(graph->node[at]->op_type, "DequantizeLinear");
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* The last layer adds 1100 products, whose sum no float may hold. */
static const char *const wide =
    "input x N,2,1,1\nfloats w1 1100,2,1,1" WEIGHTS "floats w2 2,1100 = 4\n"
    "floats c2 2 = 1.2345 -0.678\nnode Conv x w1 -> a\nnode Relu a -> r\n"
    "node Flatten r -> f\nnode Gemm f w2 c2 -> y transB=1\noutput y\n";

/* What an exact file has in float rounds its bias as the evaluator does. */
static void a_bias_beside_exact_layers_is_rounded(void **state)
{
    static const float biases[] = {1.2345f, -0.678f};
    const struct placement_rules rules = {.grids = written_onnx,
                                          .weight_bits = 8,
                                          .activation_bits = 8,
                                          .all_activations = true,
                                          .rounds_like_kernels = true};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open_by_rules(&written, wide, rules, false);
    written.calibrated.is_exact = true;
    written_write(&written);
    model = written_model(&written);
    assert_int_equal(written_count_nodes(model, "Cast"), 3); /* of one exact layer */
    for (size_t i = 0; i < COUNT(biases); i++) {
        double unit = (double)(step_named(model, "r_scale_2", 0) *
                               step_named(model, "w2_scale", i));
        double written_bias = (double)step_named(model, "y_bias", i);

        assert_true(fabs(written_bias / unit - rint(written_bias / unit)) < 1e-3);
        assert_true(fabs(written_bias - (double)biases[i]) <= unit / 2);
        assert_true(written_bias != (double)biases[i]);
    }
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* Whether the evaluator rounds the shifts of the last layer with weights. */
static bool evaluator_rounds(const struct written *written)
{
    const struct network *network = written->network;
    int *held = early_codes(network, &written->placement);
    const struct kernel_rounding rounding = {.network = network,
                                             .placement = &written->placement,
                                             .rules = &written->calibrated.rules,
                                             .held = held,
                                             .choices = written->choices};
    int index = network->layer_count - 1;
    bool rounds;

    while (network->layers[index].kind != LAYER_CONV)
        index--;
    rounds = kernel_rounding_has(&rounding, index);
    free(held);
    return rounds;
}

static float first_of(const Onnx__TensorProto *tensor)
{
    float first;

    if (tensor->n_float_data > 0)
        return tensor->float_data[0];
    memcpy(&first, tensor->raw_data.data, sizeof first);
    return first;
}

/* A file has no scale for each channel of a ConvTranspose in groups, so that its bias stays as it is. */
static void
a_bias_is_rounded_by_the_evaluator_where_the_file_has_it_rounded(void **state)
{
    static const char *const operators[] = {"Conv r w2 c2 -> b",
                                            "ConvTranspose r w2 c2 -> b",
                                            "ConvTranspose r w3 c2 -> b group=2"};
    const struct placement_rules rules = {.grids = written_onnx,
                                          .weight_bits = 8,
                                          .activation_bits = 8,
                                          .all_activations = true,
                                          .rounds_like_kernels = true};

    (void)state;
    for (size_t i = 0; i < COUNT(operators); i++) {
        char text[1024];
        struct written written;
        Onnx__ModelProto *model;
        const Onnx__TensorProto *bias;

        snprintf(text, sizeof text,
                 "input x N,2,2,2\nfloats w1 4,2,1,1" WEIGHTS
                 "floats w2 4,4,1,1" WEIGHTS "floats w3 4,2,1,1" WEIGHTS
                 "floats c2 4 = 0.123 -0.456 0.789 0.1\n"
                 "node Conv x w1 -> a\nnode Relu a -> r\nnode %s\n"
                 "node Flatten b -> y\noutput y\n",
                 operators[i]);
        written_open_by_rules(&written, text, rules, false);
        written_write(&written);
        written_assert_same(&written, operators[i]);
        model = written_model(&written);
        bias = written_initialiser(model, i < 2 ? "b_bias" : "c2");
        assert_int_equal(first_of(bias) != 0.123f, i < 2);
        assert_int_equal(evaluator_rounds(&written), i < 2);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* The number of tensors that differ, and whether a layer does. */
static int differences(const struct written *written, bool *in_layers)
{
    struct network *file = written_read_back(written);
    struct qdq_comparison comparison;
    int different;

    qdq_unfold(written->network, &written->placement, written->choices,
               &written->calibrated.rules, file);
    qdq_compare(written->network, &written->placement, written->choices,
                &written->calibrated.rules, file, &comparison);
    *in_layers = comparison.layer[0] != '\0';
    different = comparison.different;
    qdq_comparison_clear(&comparison);
    network_destroy(file);
    return different;
}

/* A bias that the case has rounded and the file has not, or the other way round, is another. */
static void a_file_with_other_biases_is_told(void **state)
{
    static const char *const text =
        "input x N,2,2,2\nfloats w1 4,2,1,1" WEIGHTS "floats w2 4,4,1,1" WEIGHTS
        "floats c2 4 = 0.123 -0.456 0.789 0.1\nnode Conv x w1 -> a\nnode Relu a -> r\n"
        "node Conv r w2 c2 -> b\nnode Flatten b -> y\noutput y\n";
    bool in_layers;

    (void)state;
    for (int rounds = 0; rounds < 2; rounds++) {
        struct written written;

        written_open_by_rules(&written, text,
                              (struct placement_rules){.grids = written_onnx,
                                                       .weight_bits = 8,
                                                       .activation_bits = 8,
                                                       .all_activations = true,
                                                       .rounds_like_kernels = rounds},
                              false);
        written.calibrated.for_integer_kernels = true;
        written_write(&written);
        written_assert_same(&written, "biases");
        written.placement.rounds_like_kernels = !rounds;
        assert_int_not_equal(differences(&written, &in_layers) + in_layers, 0);
        written_close(&written);
    }
}

/* A layer in float reads what a later product has codes of. */
static void codes_stand_behind_what_makes_them(void **state)
{
    static const char *const in_float[] = {"h"};
    const struct placement_rules rules = {.grids = written_tensorrt,
                                          .weight_bits = 8,
                                          .activation_bits = 8,
                                          .all_activations = true,
                                          .keep_float = in_float,
                                          .keep_float_count = 1};
    struct written written;

    (void)state;
    written_open_by_rules(&written,
                          "input x N,5,4\nfloats w1 4,3" WEIGHTS "floats w2 4,3" WEIGHTS
                          "floats w3 3,2" WEIGHTS "node Identity x -> i\n"
                          "node MatMul i w1 -> h\nnode MatMul i w2 -> k\n"
                          "node Add h k -> s\nnode MatMul s w3 -> y\noutput y\n",
                          rules, false);
    written_write(&written);
    written_assert_same(&written, "a view that two read");
    written_close(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_step_of_weights_is_too_small_for_the_bias),
        cmocka_unit_test(a_product_reads_codes_just_dequantized),
        cmocka_unit_test(a_bias_beside_exact_layers_is_rounded),
        cmocka_unit_test(codes_stand_behind_what_makes_them),
        cmocka_unit_test(a_file_with_other_biases_is_told),
        cmocka_unit_test(
            a_bias_is_rounded_by_the_evaluator_where_the_file_has_it_rounded),
    };

    return cmocka_run_group_tests_name("onnx_write_layer", tests, NULL, NULL);
}
