#include "core/export/onnx_opset.h"

#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/written_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define REDUCING                                                                       \
    "input x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS "node Conv x w1 -> c\n"               \
    "node ReduceMean c -> p axes=2,3 keepdims=0\nfloats w2 3,4" WEIGHTS                \
    "node Gemm p w2 -> y transB=1\noutput y\n"

static void a_list_that_became_an_input_is_moved(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open(&written, REDUCING, written_paper, 8, 8, false);
    written_write(&written);
    model = written_model(&written);
    assert_int_equal(model->opset_import[0]->version, 21);
    assert_int_equal(model->ir_version, 10);
    written_assert_same(&written, "ReduceMean");
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* Each operator that is written in another way since, one that nothing needs, and one that reads it. */
#define OLD                                                                            \
    "input x N,2,8,8\nfloats w1 4,2,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS           \
    "floats w3 3,4" WEIGHTS "floats b3 3 = 0.5 -0.5 1\n" NORM                          \
    "node Pad x -> p pads=0,0,1,1,0,0,1,1 value=0.0\nnode Conv p w1 -> c1\n"           \
    "node BatchNormalization c1 g b m v -> n1 spatial=1\n"                             \
    "node Clip n1 -> r1 min=0.0 max=6.0\nnode Clip r1 -> k max=5.0\n"                  \
    "node Dropout k -> d ratio=0.5\nnode Slice d -> s starts=1,1 ends=7,8 axes=2,3\n"  \
    "node Hardmax s -> dead\nnode Relu dead -> deader\n"                               \
    "node Conv s w2 -> c2\nnode Relu c2 -> r2\n"                                       \
    "node ReduceMean r2 -> m2 axes=2,3\nnode Squeeze m2 -> q axes=2,\n"                \
    "node Unsqueeze q -> u axes=3,\nnode Flatten u -> f\n"                             \
    "node Gemm f w3 b3 -> y transB=1\noutput y\n"

static void list_initialisers_as_inputs(Onnx__ModelProto *model)
{
    Onnx__GraphProto *graph = model->graph;

    for (size_t i = 0; i < graph->n_initializer; i++) {
        Onnx__ValueInfoProto *input = memory_get(sizeof *input);

        onnx__value_info_proto__init(input);
        input->name = memory_text(graph->initializer[i]->name);
        graph->input =
            memory_resize(graph->input, (graph->n_input + 1) * sizeof *graph->input);
        graph->input[graph->n_input++] = input;
    }
    model->ir_version = 3;
}

static void write_old(const char *opset, struct target_grids grids, int wanted)
{
    char text[2048];
    struct written written;
    Onnx__ModelProto *model;
    struct placement_rules rules = {
        .grids = grids, .weight_bits = 8, .activation_bits = 8};

    snprintf(text, sizeof text, "opset %s\n%s", opset, OLD);
    model = onnx_builder_model(text);
    list_initialisers_as_inputs(model);
    written_open_model(&written, model, rules, false);
    written_write(&written);
    written_assert_same(&written, opset);
    model = written_model(&written);
    assert_int_equal(model->opset_import[0]->version, wanted);
    assert_int_equal(model->ir_version, wanted == 21 ? 10 : 4);
    assert_int_equal(model->graph->n_input, 1);
    assert_int_equal(written_count_nodes(model, "Hardmax"), 0);
    assert_int_equal(written_count_nodes(model, "Relu"), 1);
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->op_type, "Clip") == 0)
            assert_int_equal(model->graph->node[i]->n_attribute, 0);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

static void old_opsets_are_raised(void **state)
{
    static const char *const opsets[] = {"7", "8", "9"};

    (void)state;
    for (size_t i = 0; i < COUNT(opsets); i++) {
        write_old(opsets[i], written_onnx, 13);
        write_old(opsets[i], written_paper, 21);
    }
}

/* Axes are an input of every reduction, if not since the same opset. */
static void axes_of_reductions_are_moved(void **state)
{
    static const char *const names[] = {"ReduceL1",        "ReduceL2",   "ReduceLogSum",
                                        "ReduceLogSumExp", "ReduceMax",  "ReduceMean",
                                        "ReduceMin",       "ReduceProd", "ReduceSum",
                                        "ReduceSumSquare"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        for (int is_paper = 0; is_paper < 2; is_paper++) {
            bool is_input = is_paper || strcmp(names[i], "ReduceSum") == 0;
            struct written written;
            Onnx__ModelProto *model;
            char text[512];

            snprintf(text, sizeof text,
                     "opset 11\ninput x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS
                     "node Conv x w1 -> c\nnode %s c -> p axes=1,3\n"
                     "node Flatten p -> f\nfloats w2 3,4" WEIGHTS
                     "node Gemm f w2 -> y transB=1\noutput y",
                     names[i]);
            written_open(&written, text, is_paper ? written_paper : written_onnx, 8, 8,
                         false);
            written_write(&written);
            written_assert_same(&written, names[i]);
            model = written_model(&written);
            for (size_t k = 0; k < model->graph->n_node; k++)
                if (strcmp(model->graph->node[k]->op_type, names[i]) == 0)
                    assert_int_equal(model->graph->node[k]->n_input, is_input ? 2 : 1);
            onnx__model_proto__free_unpacked(model, NULL);
            written_close(&written);
        }
}

/* A Softmax along one axis says so since opset 13; before, it went along those behind it, too. */
#define ROWS                                                                           \
    "opset 11\ninput x N,2,4,1\nfloats w1 4,2,1,1" WEIGHTS "node Conv x w1 -> c\n"     \
    "node %s\nnode Add s c -> a\nnode Flatten a -> f\nfloats w2 3,16" WEIGHTS          \
    "node Gemm f w2 -> z transB=1\nnode Softmax z -> y\noutput y\n"

static const struct {
    const char *node;
    int axis; /* of opset 13; 0: it has none */
} rows[] = {
    {"Softmax c -> s axis=3", 3},    {"Softmax c -> s axis=-2", 2},
    {"LogSoftmax c -> s axis=2", 2}, {"Softmax c -> s", 0},
    {"LogSoftmax c -> s axis=1", 0},
};

static int64_t axis_of(const Onnx__NodeProto *node)
{
    assert_int_equal(node->n_attribute, 1);
    assert_string_equal(node->attribute[0]->name, "axis");
    return node->attribute[0]->i;
}

static void check_axes(const struct written *written, int expected)
{
    Onnx__ModelProto *model = written_model(written);

    for (size_t i = 0; i < model->graph->n_node; i++) {
        const Onnx__NodeProto *node = model->graph->node[i];
        bool is_last = strcmp(node->output[0], "y") == 0;

        if (strstr(node->op_type, "Softmax"))
            assert_int_equal(axis_of(node), is_last ? 1 : expected);
    }
    onnx__model_proto__free_unpacked(model, NULL);
}

static void a_softmax_keeps_its_axis(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        struct written written;
        char text[512];

        snprintf(text, sizeof text, ROWS, rows[i].node);
        written_open(&written, text, written_onnx, 8, 8, false);
        if (rows[i].axis == 0) {
            assert_int_equal(
                onnx_write(&written.calibrated, &written.bytes, &written.size, &err),
                -1);
            assert_non_null(strstr(err.text, "goes along several dimensions"));
        } else {
            written_write(&written);
            written_assert_same(&written, rows[i].node);
            check_axes(&written, rows[i].axis);
        }
        written_close(&written);
    }
}

/* Its scale is one a group before opset 21, one a channel since. */
static void scales_of_groups_become_those_of_channels(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open(&written,
                 "opset 18\ninput x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS
                 "floats s 2 = 0.5 2\nfloats b 2 = 1 -1\nnode Conv x w1 -> c\n"
                 "node GroupNormalization c s b -> g num_groups=2\n"
                 "node GlobalAveragePool g -> p\nnode Flatten p -> f\n"
                 "floats w2 3,4" WEIGHTS "node Gemm f w2 -> y transB=1\noutput y",
                 written_paper, 8, 8, false);
    written_write(&written);
    written_assert_same(&written, "GroupNormalization");
    model = written_model(&written);
    assert_int_equal(model->opset_import[0]->version, 21);
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        assert_string_not_equal(model->graph->initializer[i]->name, "s");
    assert_int_equal(written_initialiser(model, "g_scale")->dims[0], 4);
    assert_int_equal(written_initialiser(model, "g_shift")->dims[0], 4);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_became_an_input_is_moved),
        cmocka_unit_test(old_opsets_are_raised),
        cmocka_unit_test(axes_of_reductions_are_moved),
        cmocka_unit_test(a_softmax_keeps_its_axis),
        cmocka_unit_test(scales_of_groups_become_those_of_channels),
    };

    return cmocka_run_group_tests_name("onnx_opset", tests, NULL, NULL);
}
