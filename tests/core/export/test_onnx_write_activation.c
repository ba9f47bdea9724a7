#include "core/export/onnx_write_parts.h"

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

/* Clamps of the network itself may end at a code; each of them is told from those that are added. */
static const struct network_case clamped[] = {
    {"Clip",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = 0\nfloats h - = 6\nnode Conv x w1 -> c\nnode Clip c l h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"a clamp on both sides",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = -6\nfloats h - = 6\nnode Conv x w1 -> c\nnode Clip c l h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"Max and Min",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = -3\nfloats h - = 6\nnode Conv x w1 -> c\nnode Max c l -> m\n"
     "node Min m h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"Clip below alone",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = 0.9\nnode Conv x w1 -> c\nnode Clip c l -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"Relu", "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
             "node Conv x w1 -> c\nnode Relu c -> r\n"
             "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
};

/* A step of which `codes` are 6 to the last bit, or nearly. */
static float step_to_six(float codes)
{
    float step = 6 / codes;

    for (float near = nextafterf(step, 0); near <= nextafterf(step, 7);
         near = nextafterf(near, 7))
        if (codes * near == 6)
            return near;
    return step;
}

/* At the highest code of the type or of the grid, or at one between. */
static void clamps_that_end_at_a_code_are_the_networks_own(void **state)
{
    const struct target_grids *const grids[] = {&written_paper, &written_onnx,
                                                &written_tensorrt};
    static const float ends[] = {1, 3, 6, 7, 12, 15, 24, 127, 254, 255};

    (void)state;
    for (size_t i = 0; i < COUNT(clamped); i++)
        for (size_t end = 0; end < 2 * COUNT(ends); end++)
            for (size_t grid = 0; grid < COUNT(grids); grid++) {
                struct written written;

                written_open(&written, clamped[i].text, *grids[grid], 8,
                             end % 2 ? 8 : 4, false);
                for (int item = 0; item < written.placement.count; item++)
                    written.choices[item].step = step_to_six(ends[end / 2]);
                written_write(&written);
                written_assert_same(&written, clamped[i].fact);
                written_close(&written);
            }
}

static void a_clip_is_there_only_where_the_type_is_wider(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    for (int bits = 4; bits <= 8; bits += 4) {
        written_open(&written, written_networks[0].text, written_onnx, 4, bits, false);
        written_write(&written);
        model = written_model(&written);
        assert_int_equal(written_count_nodes(model, "Clip"), bits == 8 ? 0 : 2);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* ONNX Runtime makes no session of a scalar there. */
static void a_scale_has_a_shape_where_a_clamp_ends_at_the_highest_code(void **state)
{
    static const struct {
        float step;
        size_t rank;
    } trials[] = {{0.02354f, 1}, {0.0234f, 0}, {0.031f, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written,
                     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS
                     "floats w2 5,4,2,2" WEIGHTS
                     "floats lo - = 0\nfloats hi - = 6\nnode Conv x w1 -> c\n"
                     "node Clip c lo hi -> r\nnode Conv r w2 -> d\n"
                     "node Flatten d -> y\noutput y\n",
                     written_onnx, 8, 8, false);
        written.choices[written.placement.of_tensor[written.network->layers[0].output]]
            .step = trials[i].step;
        written_write(&written);
        model = written_model(&written);
        assert_int_equal(written_initialiser(model, "r_scale")->n_dims, trials[i].rank);
        written_assert_same(&written, "Clip");
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* Two layers have float weights, or weights that are floats in the file, and read codes, one those of the network's
 * input; what they give is rounded. */
static void min_stands_where_float_weights_would_be_rounded(void **state)
{
    static const struct {
        int weights, activations, nodes;
    } bits[] = {
        {BITS_FLOAT, 8, 2}, {8, 16, 2}, {4, 16, 2}, {BITS_FLOAT, 16, 2}, {8, 8, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(bits); i++) {
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written,
                     "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 6,3" WEIGHTS
                     "floats w3 3,3" WEIGHTS "node MatMul x w1 -> h\nnode Relu h -> r\n"
                     "node MatMul r w2 -> i\nnode Relu i -> s\nnode MatMul s w3 -> y\n"
                     "output y\n",
                     written_onnx, bits[i].weights, bits[i].activations, false);
        written_write(&written);
        model = written_model(&written);
        assert_int_equal(written_count_nodes(model, "QuantizeLinear"), 3);
        assert_int_equal(written_count_nodes(model, "Clip"), 0);
        assert_int_equal(written_count_nodes(model, "Min"), bits[i].nodes);
        written_assert_same(&written, "Min");
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* ONNX Runtime rounds a bias to products of the steps of input and weights. */
static void min_stands_where_a_bias_would_be_rounded_coarsely(void **state)
{
    static const float weight_steps[] = {0.01f, 1};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written,
                     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats c1 4 = 0.3\n"
                     "floats w2 3,4,4,4" WEIGHTS "node Conv x w1 c1 -> r\n"
                     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n",
                     written_tensorrt, 8, 8, false);
        written.choices[0].step = written.choices[2].step = 0.1f;
        written.choices[1].step = weight_steps[i];
        assert_true(written.placement.items[1].is_weight);
        written_write(&written);
        written_assert_same(&written, "a coarse bias");
        model = written_model(&written);
        assert_int_equal(written_count_nodes(model, "Min"), i == 0 ? 0 : 1);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* The steps of what is read, and of what comes out, which is tensor "c". */
static void set_steps(struct written *written, float of_inputs, float of_output)
{
    for (int item = 0; item < written->placement.count; item++) {
        const struct quantized_tensor *tensor = &written->placement.items[item];

        if (!tensor->is_weight)
            written->choices[item].step =
                strcmp(tensor->name, "c") == 0 ? of_output : of_inputs;
    }
}

/* ONNX Runtime's kernels of codes give the lowest code where sums, products and means of codes are 2^31 steps or
 * more; that of global means takes no session through a run. */
static void min_stands_where_codes_would_leave_integers(void **state)
{
    static const struct {
        const char *node;
        float of_inputs, of_output;
        int nodes;
    } trials[] = {{"Add a b", 1e6f, 1, 0},
                  {"Add a b", 1e7f, 1, 1},
                  {"Mul a b", 100, 1, 0},
                  {"Mul a b", 1e4f, 1, 1},
                  {"GlobalAveragePool a", 100, 1, 0},
                  {"GlobalAveragePool a", 1e3f, 1, 1},
                  {"GlobalAveragePool a", 1, 1e8f, 0},
                  {"GlobalAveragePool a", 1, 1e9f, 1},
                  {"LeakyRelu a", 1e9f, 1, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        char text[1024];
        struct written written;
        Onnx__ModelProto *model;

        snprintf(text, sizeof text,
                 "input x N,3,4,4\nfloats w1 3,3,1,1" WEIGHTS
                 "floats w2 3,3,1,1" WEIGHTS "node Conv x w1 -> o\nnode Relu o -> a\n"
                 "node Conv x w2 -> p\nnode Relu p -> b\nnode %s -> c\n"
                 "floats w3 4,3,1,1" WEIGHTS
                 "node Conv c w3 -> d\nnode Flatten d -> y\noutput y\n",
                 trials[i].node);
        written_open_by_rules(&written, text,
                              (struct placement_rules){.grids = written_onnx,
                                                       .weight_bits = 8,
                                                       .activation_bits = 8,
                                                       .all_activations = true},
                              false);
        set_steps(&written, trials[i].of_inputs, trials[i].of_output);
        written_write(&written);
        written_assert_same(&written, trials[i].node);
        model = written_model(&written);
        assert_int_equal(written_count_nodes(model, "Min"), trials[i].nodes);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* ONNX Runtime's pools of codes know no dilations. */
static void pools_of_codes_have_no_dilations(void **state)
{
    (void)state;
    for (int dilation = 1; dilation < 3; dilation++) {
        char text[1024];
        struct written written;
        Onnx__ModelProto *model;
        size_t attributes = 0;

        snprintf(text, sizeof text,
                 "opset 19\ninput x N,3,6,6\nfloats w1 4,3,1,1" WEIGHTS
                 "floats w2 3,4,3,3" WEIGHTS "node Conv x w1 -> c\nnode Relu c -> r\n"
                 "node AveragePool r -> p kernel_shape=2,2 dilations=%d,%d\n"
                 "node Conv p w2 -> d\nnode GlobalAveragePool d -> g\n"
                 "node Flatten g -> y\noutput y\n",
                 dilation, dilation);
        written_open_by_rules(&written, text,
                              (struct placement_rules){.grids = written_onnx,
                                                       .weight_bits = 8,
                                                       .activation_bits = 8,
                                                       .all_activations = true},
                              false);
        written.calibrated.for_integer_kernels = true;
        written_write(&written);
        written_assert_same(&written, "a pool");
        model = written_model(&written);
        for (size_t i = 0; i < model->graph->n_node; i++)
            if (strcmp(model->graph->node[i]->op_type, "AveragePool") == 0)
                attributes = model->graph->node[i]->n_attribute;
        assert_int_equal(attributes, dilation);
        assert_int_equal(written_count_nodes(model, "Min"), dilation - 1);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

static bool has_4_bits(const Onnx__TensorProto *tensor)
{
    enum { UINT4 = 21, INT4 = 22 };

    return tensor->data_type == UINT4 || tensor->data_type == INT4;
}

static bool is_zero_point_of_codes(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_node; i++)
        if (strcmp(graph->node[i]->op_type, "QuantizeLinear") == 0 &&
            strcmp(graph->node[i]->input[2], name) == 0)
            return true;
    return false;
}

/* ONNX Runtime writes past the end of the buffer of integers of 4 bits, once it is another tensor's. */
static void weights_alone_have_4_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(clamped); i++) {
        size_t weights = 0;
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written, clamped[i / 2].text,
                     i % 2 ? written_onnx : written_tensorrt, 4, 4, false);
        written.calibrated.narrowest = 4;
        written_write(&written);
        written_assert_same(&written, clamped[i / 2].fact);
        model = written_model(&written);
        for (size_t k = 0; k < model->graph->n_initializer; k++) {
            const Onnx__TensorProto *tensor = model->graph->initializer[k];

            assert_false(has_4_bits(tensor) &&
                         is_zero_point_of_codes(model->graph, tensor->name));
            weights += has_4_bits(tensor) && tensor->n_dims > 1;
        }
        assert_int_not_equal(weights, 0);
        assert_int_equal(model->opset_import[0]->version, 21);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* ONNX Runtime makes no session where it has to change signed codes itself. */
static void codes_with_a_sign_are_unsigned_from_opset_21_on(void **state)
{
    static const char text[] = "floats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
                               "input x N,3,4,4\nnode Conv x w1 -> r\n"
                               "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n";

    (void)state;
    for (int i = 0; i < 4; i++) {
        bool keeps_signs = i % 2 != 0;
        int opset = i < 2 ? 20 : 21;
        char with_opset[1024];
        struct written written;
        Onnx__ModelProto *model;

        snprintf(with_opset, sizeof with_opset, "opset %d\n%s", opset, text);
        written_open(&written, with_opset, written_onnx, 8, 8, false);
        written.calibrated.keeps_signs = keeps_signs;
        written_write(&written);
        written_assert_same(&written, "signs");
        model = written_model(&written);
        assert_int_equal(written_initialiser(model, "r_zero_point")->data_type,
                         opset == 21 && !keeps_signs
                             ? ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
                             : ONNX__TENSOR_PROTO__DATA_TYPE__INT8);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* Nor where it multiplies int8 of two tensors, of which CPUs with AVX2 alone saturate sums; a file of W32A8 is not
 * for integer kernels. */
static void codes_of_products_are_unsigned(void **state)
{
    static const char text[] = "input x N,4,4\nnode Transpose x -> t perm=0,2,1\n"
                               "node MatMul x t -> a\nfloats w 4,3" WEIGHTS
                               "node MatMul a w -> m\nnode Flatten m -> y\noutput y\n";

    (void)state;
    for (int keeps_signs = 0; keeps_signs < 2; keeps_signs++) {
        struct written written;
        Onnx__ModelProto *model;

        written_open(&written, text, written_onnx, BITS_FLOAT, 8, false);
        written.calibrated.keeps_signs = keeps_signs;
        written_write(&written);
        written_assert_same(&written, "products");
        model = written_model(&written);
        assert_int_equal(written_initialiser(model, "x_zero_point")->data_type,
                         keeps_signs ? ONNX__TENSOR_PROTO__DATA_TYPE__INT8
                                     : ONNX__TENSOR_PROTO__DATA_TYPE__UINT8);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

/* It moves QuantizeLinear in front of a max pool, and then the pool with dilations before that is one of codes. */
static void dilations_are_seen_past_max_pools(void **state)
{
    (void)state;
    for (int dilation = 1; dilation < 3; dilation++) {
        char text[512];
        struct written written;
        Onnx__ModelProto *model;

        snprintf(text, sizeof text,
                 "opset 19\ninput x N,3,6,6\nfloats w1 4,3,1,1" WEIGHTS
                 "floats w2 3,4,3,3" WEIGHTS "node Conv x w1 -> r\n"
                 "node AveragePool r -> p kernel_shape=2,2 dilations=%d,%d\n"
                 "node MaxPool p -> q kernel_shape=2,2\nnode Conv q w2 -> d\n"
                 "node GlobalAveragePool d -> g\nnode Flatten g -> y\noutput y\n",
                 dilation, dilation);
        written_open(&written, text, written_onnx, 8, 8, false);
        written_write(&written);
        written_assert_same(&written, "dilations before a max pool");
        model = written_model(&written);
        assert_int_equal(written_count_nodes(model, "Min"), dilation == 1 ? 0 : 1);
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

#define ROWS                                                                           \
    "input x N,2,3,4\nfloats w 4,4" WEIGHTS "floats v 4,4" WEIGHTS                     \
    "node MatMul x w -> a\n"

static void rows_of_an_image_have_one_reader_or_are_rounded_for_all(void **state)
{
    struct written written;

    (void)state;
    written_open(
        &written,
        ROWS "node MatMul x v -> b\nnode Add a b -> c\nnode Flatten c -> y\noutput y\n",
        written_onnx, 8, 8, false);
    written_write(&written);
    written_assert_same(&written, "two products");
    written_close(&written);
}

static void rows_of_an_image_that_is_read_as_floats_too_are_refused(void **state)
{
    struct written written;
    struct error err;

    (void)state;
    written_open(
        &written,
        ROWS "node Sigmoid x -> b\nnode Add a b -> c\nnode Flatten c -> y\noutput y\n",
        written_onnx, 8, 8, false);
    assert_int_equal(
        onnx_write(&written.calibrated, &written.bytes, &written.size, &err), -1);
    if (!strstr(err.text,
                "\"x\" is read as floats by Sigmoid b and, rounded, by others as rows"))
        fail_msg("%s", err.text);
    written_close(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clamps_that_end_at_a_code_are_the_networks_own),
        cmocka_unit_test(a_clip_is_there_only_where_the_type_is_wider),
        cmocka_unit_test(a_scale_has_a_shape_where_a_clamp_ends_at_the_highest_code),
        cmocka_unit_test(rows_of_an_image_have_one_reader_or_are_rounded_for_all),
        cmocka_unit_test(rows_of_an_image_that_is_read_as_floats_too_are_refused),
        cmocka_unit_test(min_stands_where_float_weights_would_be_rounded),
        cmocka_unit_test(min_stands_where_a_bias_would_be_rounded_coarsely),
        cmocka_unit_test(min_stands_where_codes_would_leave_integers),
        cmocka_unit_test(pools_of_codes_have_no_dilations),
        cmocka_unit_test(weights_alone_have_4_bits),
        cmocka_unit_test(codes_with_a_sign_are_unsigned_from_opset_21_on),
        cmocka_unit_test(codes_of_products_are_unsigned),
        cmocka_unit_test(dilations_are_seen_past_max_pools),
    };

    return cmocka_run_group_tests_name("onnx_write_activation", tests, NULL, NULL);
}
