#include "core/export/onnx_write.h"

#include "core/network/layer_kind.h"
#include "tests/support/written_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS                                                                          \
    "input x N,3,4\nfloats wl 1,12,4" WEIGHTS "floats rl 1,12,3" WEIGHTS               \
    "floats wg 2,9,4" WEIGHTS "floats rg 2,9,3" WEIGHTS "floats b 1,24" WEIGHTS        \
    "floats v 9,2" WEIGHTS "floats u 18,2" WEIGHTS
#define END "\nnode Flatten all -> flat\nnode MatMul flat "
#define LSTM "node LSTM x wl rl b -> all layout=1" END "v -> y\noutput y\n"
#define GRU                                                                            \
    "node GRU x wg rg -> all layout=1 direction=bidirectional" END "u -> y\noutput "   \
    "y\n"
#define TURNED                                                                         \
    "node Transpose x -> t perm=1,0,2\nnode LSTM t wl rl b -> all\n"                   \
    "integers one 1 = 1\nnode Squeeze all one -> s\n"                                  \
    "node LSTM s w2 r2 -> . last\nnode Squeeze last zero -> l\n"                       \
    "node MatMul l u2 -> y\noutput y\n"
#define BOTH                                                                           \
    "integers one 1 = 1\nfloats z 12,2" WEIGHTS                                        \
    "node Transpose x -> t perm=1,0,2\nnode LSTM t wl rl b -> all last\n"              \
    "node Squeeze all one -> s\nnode Transpose s -> n perm=1,0,2\n"                    \
    "node Transpose last -> l perm=1,0,2\nnode Flatten l -> e\n"                       \
    "node Flatten n -> f\nnode Concat f e -> j axis=1\n"                               \
    "node MatMul j z -> y\noutput y\n"
#define SECOND                                                                         \
    "floats w2 1,8,3" WEIGHTS "floats r2 1,8,2" WEIGHTS "floats u2 2,2" WEIGHTS        \
    "integers zero 1 = 0\n"

static const struct network_case cases[] = {
    {"an LSTM", STEPS LSTM},
    {"a GRU of two directions", STEPS GRU},
    {"one behind another, with the batch in the middle", STEPS SECOND TURNED},
    {"all states beside the last ones", STEPS BOTH},
};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

static void weights_and_states_come_back(void **state)
{
    static const int bits[][2] = {{8, 8}, {4, 8}, {4, 4}, {8, 32}, {32, 8}};

    (void)state;
    for (int i = 0; i < CASE_COUNT; i++)
        for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
            struct written written;

            written_open(&written, cases[i].text, written_onnx, bits[b][0], bits[b][1],
                         false);
            written_write(&written);
            written_assert_same(&written, cases[i].fact);
            written_close(&written);
        }
}

/* What is but another name of states that are rounded is not rounded once more for what joins it. */
static void joined_states_come_back(void **state)
{
    static const int bits[] = {8, 16};
    const struct placement_rules rules = {
        .grids = written_onnx, .weight_bits = 8, .all_activations = true};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct placement_rules own = rules;
        struct written written;

        own.activation_bits = bits[i];
        written_open_by_rules(
            &written,
            STEPS "node Transpose x -> t perm=1,0,2\n"
                  "node LSTM t wl rl b -> all\nintegers one 1 = 1\n"
                  "node Squeeze all one -> s\nnode Concat t s -> j axis=2\n"
                  "node Transpose j -> k perm=1,0,2\nnode Flatten k -> f\n"
                  "floats z 21,2" WEIGHTS "node MatMul f z -> y\noutput y\n",
            own, false);
        written.calibrated.for_integer_kernels = true;
        written_write(&written);
        written_assert_same(&written, "joined states");
        written_close(&written);
    }
}

static void a_node_reads_integers_of_both_weights(void **state)
{
    struct written written;
    Onnx__ModelProto *model;
    int dequantized = 0;

    (void)state;
    written_open(&written, STEPS LSTM, written_onnx, 8, 8, false);
    written_write(&written);
    model = written_model(&written);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const Onnx__NodeProto *node = model->graph->node[i];

        if (strcmp(node->op_type, "LSTM") == 0) {
            assert_string_equal(node->input[1], "wl_dequantized");
            assert_string_equal(node->input[2], "rl_dequantized");
            assert_string_equal(node->input[3], "b");
        }
        dequantized += strcmp(node->op_type, "DequantizeLinear") == 0;
    }
    assert_int_equal(dequantized, 6); /* x, all, flat, and three weights */
    assert_int_equal(written_initialiser(model, "wl_quantized")->dims[1], 12);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* They are another output of the node: as those of all states they are rounded. */
static void last_states_have_the_codes_of_all(void **state)
{
    struct written written;
    Onnx__ModelProto *model;
    int quantized = 0;

    (void)state;
    written_open(&written, STEPS BOTH, written_onnx, 8, 8, false);
    written_write(&written);
    model = written_model(&written);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const Onnx__NodeProto *node = model->graph->node[i];
        const Onnx__TensorProto *step;

        if (strcmp(node->op_type, "QuantizeLinear") != 0 ||
            (strcmp(node->input[0], "all") != 0 && strcmp(node->input[0], "last") != 0))
            continue;
        step = written_initialiser(model, node->input[1]);
        assert_memory_equal(step->raw_data.data,
                            written_initialiser(model, "all_scale")->raw_data.data,
                            sizeof(float));
        quantized++;
    }
    assert_int_equal(quantized, 2);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

static void two_directions_have_one_step(void **state)
{
    struct error err = {0};
    struct written written;
    uint8_t *bytes;
    size_t size;

    (void)state;
    written_open(&written, STEPS GRU, written_onnx, 8, 8, false);
    for (int item = 0; item < written.placement.count; item++)
        if (written.placement.items[item].is_weight) {
            written.placement.items[item].ratios = malloc(64 * sizeof(float));
            for (int i = 0; i < 64; i++)
                written.placement.items[item].ratios[i] = 1;
        }
    assert_int_equal(onnx_write(&written.calibrated, &bytes, &size, &err), -1);
    assert_non_null(strstr(err.text, "goes in two directions, and ONNX cannot say"));
    written_close(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_and_states_come_back),
        cmocka_unit_test(joined_states_come_back),
        cmocka_unit_test(a_node_reads_integers_of_both_weights),
        cmocka_unit_test(last_states_have_the_codes_of_all),
        cmocka_unit_test(two_directions_have_one_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
