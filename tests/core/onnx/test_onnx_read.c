#include "core/onnx/onnx_read.h"

#include "core/base/memory.h"
#include "tests/support/kit.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SMALL "input x N,2\nnode Relu x -> y name=/relu\noutput y"

static void assert_refused(const char *text, const char *sentence)
{
    struct error err = {0};

    if (onnx_builder_read(text, &err))
        fail_msg("it was read instead of: %s", sentence);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence))
        fail_msg("%s", err.text);
}

static void assert_model_refused(Onnx__ModelProto *model, const char *sentence)
{
    struct error err = {0};

    assert_null(onnx_builder_read_model(model, &err));
    if (!strstr(err.text, sentence))
        fail_msg("%s", err.text);
    onnx__model_proto__free_unpacked(model, NULL);
}

static struct network *read_text(const char *text)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(text, &err);

    if (!network)
        fail_msg("%s", err.text);
    return network;
}

/* ---- the file ---- */

static void assert_path_refused(const char *path, const char *sentence)
{
    struct error err = {0};

    assert_null(onnx_read(path, &err));
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence) || strncmp(err.text, path, strlen(path)) != 0)
        fail_msg("%s", err.text);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_path_refused("/nowhere/a.onnx", "cannot open: No such file");
}

static void a_folder_is_no_file(void **state)
{
    (void)state;
    assert_path_refused("/tmp", "this is no regular file");
    assert_path_refused("/dev/null", "this is no regular file");
}

static const struct content {
    uint8_t bytes[8];
    size_t size;
    const char *sentence;
} contents[] = {
    {{0}, 0, "the file is empty"},
    {{0x08, 7}, 2, "the file has no graph"},
    {{0x3a, 0}, 2, "no ir_version"},
    {{'<', 'h', 't', 'm', 'l', '>'}, 6, "the file is damaged"},
    {{0x0a, 0, 0x3a, 0}, 4, "damaged or no ONNX file"}, /* ir_version is no text */
    {{0x08, 7, 0x3a, 0}, 4, "does not say which opset"},
};

static void a_file_that_is_no_model_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        char *path = onnx_builder_save_bytes(contents[i].bytes, contents[i].size);

        assert_path_refused(path, contents[i].sentence);
        onnx_builder_delete(path);
    }
}

static void a_model_cut_off_anywhere_is_refused(void **state)
{
    Onnx__ModelProto *model = onnx_builder_model(SMALL);
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);

    (void)state;
    onnx__model_proto__pack(model, bytes);
    for (size_t length = 0; length < size; length++) {
        char *path = onnx_builder_save_bytes(bytes, length);

        assert_path_refused(path, ": ");
        onnx_builder_delete(path);
    }
    free(bytes);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void opsets_7_to_26_are_read(void **state)
{
    (void)state;
    network_destroy(read_text("opset 7\n" SMALL));
    network_destroy(read_text("opset 22\n" SMALL));
    network_destroy(read_text("opset 26\n" SMALL));
    assert_refused("opset 6\n" SMALL, "opset 6; calq reads opset 7 to 26");
    assert_refused("opset 27\n" SMALL, "opset 27; calq reads opset 7 to 26");
}

/* ---- the graph ---- */

static const struct onnx_refusal refusals[] = {
    {"an operator is unknown",
     "input x N,2\nnode Unique x -> y name=/unique/Unique\noutput y",
     "needs operators which calq cannot run: Unique (1); the first Unique is node "
     "\"/unique/Unique\"; supported operators are Abs, "},
    {"an operator of another domain is unknown",
     "input x N,2\nnode Relu x -> y domain=com.vendor\noutput y",
     "operators which calq cannot run: com.vendor.Relu (1); "},
    {"all operators that are lacking are counted, the most frequent first",
     "input x N,2\nnode Unique x -> a name=l\nnode Relu a -> b\n"
     "node Normalizer b -> c domain=ai.onnx.ml\nnode Gelu c -> d domain=com.microsoft\n"
     "node Gelu d -> e domain=com.microsoft name=second\nnode Det e -> f\n"
     "node Shape x -> s\nnode Relu s -> unneeded\nnode Erf x -> unneeded2\n"
     "node Add f f -> y\noutput y",
     "which calq cannot run: com.microsoft.Gelu (2), Unique (1), ai.onnx.ml.Normalizer "
     "(1), Det (1); the first Gelu is node \"Gelu d\"; those of com.microsoft"},
    {"the default domain may be written out",
     "input x N,2\nnode Unique x -> y domain=ai.onnx\noutput y",
     "cannot run: Unique (1);"},
    {"what only works on constants counts by itself",
     "input x N,2\nintegers i - = 1\nnode Range x x x -> a\n"
     "node Range i i i -> c\nnode Range x i i -> b\nnode Det a -> e\nnode Det x -> "
     "s\n"
     "node Add s b -> y\nnode Add y a -> z\noutput z",
     "cannot run: Range on computed values (2), Det (1); "},
    {"nodes behind one that is lacking are not blamed for it",
     "input x N,2\nintegers i - = 0\nnode Det x -> s\nnode Gather s i -> g\n"
     "node Reshape x g -> y\noutput y",
     "cannot run: Det (1); "},
    {"a node without name is named by its output",
     "input x N,2\nnode Det x -> y\noutput y", "the first Det is node \"Det y\""},
    {"control characters are not printed",
     "input x N,2\nnode Sig\033[2J x -> y\noutput y", "cannot run: Sig?[2J (1);"},
    {"operators are checked before the inputs",
     "input a N\ninput b N\nnode Unique a b -> y\noutput y", "cannot run: Unique (1)"},
    {"two inputs are of other numbers of samples",
     "input a 4,2\ninput b 8,2\nnode Add a b -> y\noutput y",
     "input \"b\" is of 8 samples, another of 4"},
    {"two inputs that are added have other shapes",
     "input a N,2\ninput b N,3\nnode Add a b -> y\noutput y",
     "node \"Add y\" (Add): the shapes [N, 2] and [N, 3] do not fit each other"},
    {"a batch that is not the first dimension is computed with",
     "input x 4,N,3,3\nnode GlobalMaxPool x -> y\noutput y",
     "node \"GlobalMaxPool y\" (GlobalMaxPool): its input \"x\" has the batch as "
     "dimension 1; calq needs it first, as a Transpose makes it"},
    {"the output's batch is not the first dimension",
     "input x 4,N,3\nnode Identity x -> i\nnode Transpose i -> y perm=2,1,0\noutput y",
     "the output \"y\" has the batch as dimension 1; calq needs [N, classes]"},
    {"there is no input", "floats c 1,2\nnode Relu c -> y\noutput y",
     "the network has 0 inputs"},
    {"there is no output", "input x N,2\nnode Relu x -> y",
     "the network has 0 outputs"},
    {"there are two outputs", "input x N,2\nnode Relu x -> y\noutput y\noutput x",
     "the network has 2 outputs, \"y\" and \"x\"; calq needs one: the setting "
     "outputs of the model picks it, or --outputs of calq inspect, e.g. outputs: "
     "\"y\""},
    {"what is lacking is told beside that there are two outputs",
     "input x N,2\nnode TopK x -> y i\noutput y\noutput i",
     "; for all outputs together calq lacks TopK (1)"},
    {"nothing makes the output", "input x N,2\nnode Relu x -> y\noutput z",
     "nothing in the file makes the output \"z\""},
    {"the output is the input", "input x N,2\nnode Identity x -> y\noutput y",
     "the output \"y\" is not computed from the input"},
    {"the output is a constant",
     "input x N,2\nfloats c 1\nnode Identity c -> y\noutput y",
     "not computed from the input"},
    {"a sequence has no steps", "input x N,0,2\nnode Relu x -> y\noutput y",
     "dimension 1 of input \"x\" is 0: the file has [N, 0, 2], and there is nothing to "
     "compute of sequences without steps"},
    {"nothing makes an input of a node", "input x N,2\nnode Add x z -> y\noutput y",
     "nothing in the file makes its input \"z\""},
    {"nodes wait for each other",
     "input x N,2\nnode Add a x -> y\nnode Relu y -> a\noutput y",
     "is made by a later node"},
    {"an optimiser's operator is told what to do about",
     "input x N,2\nnode Gelu x -> y domain=com.microsoft\noutput y",
     "com.microsoft.Gelu (1); the first Gelu is node \"Gelu y\"; those of "
     "com.microsoft "
     "are what ONNX Runtime makes where it optimises or quantizes: take the file from "
     "before; supported"},
    {"an operator of another domain is told what to do about",
     "input x N,2\nnode Scaler x -> y domain=ai.onnx.ml\noutput y",
     "of other domains than ONNX's own calq knows none: export without them"},
    {"sequences are told what to do about",
     "input x N,2\nnode SequenceConstruct x -> y\noutput y",
     "sequences and optional values have no fixed shape: export without them"},
    {"a node needs itself", "input x N,2\nnode Add x y -> y\noutput y",
     "by a later node"},
    {"two values have one name",
     "input x N,2\nnode Relu x -> y\nnode Relu x -> y\noutput y",
     "two values are named \"y\""},
    {"two initialisers have one name",
     "input x N,2\nfloats c 1\nfloats c 1\nnode Add x c -> y\noutput y",
     "two values are named \"c\""},
    {"a node has too many inputs", "input x N,2\nnode Relu x x -> y\noutput y",
     "it has 2 inputs; at most 1 are possible"},
    {"an attribute is of no opset that is read",
     "input x N,2\nnode Relu x -> y name=/r threshold=1.0\noutput y",
     "node \"/r\" (Relu): calq does not know its attribute threshold"},
    {"an attribute is that of another operator",
     "input x N,2\nfloats w 2,2\nnode MatMul x w -> y transB=1\noutput y",
     "calq does not know its attribute transB"},
    {"half of a name is no attribute",
     "input x N,2\nfloats w 2,2\nnode Gemm x w -> y trans=1\noutput y",
     "calq does not know its attribute trans"},
    {"a size is open", "input x N,H\nnode Relu x -> y\noutput y",
     "dimension 1 of input \"x\" is not fixed: the file has [N, H]; the setting shape "
     "of "
     "the model fixes it, e.g. shape: {H: 128}"},
    {"a size is zero", "input x N,0\nnode Relu x -> y\noutput y",
     "dimension 1 of input \"x\" is 0"},
    {"the input is too large",
     "input x N,99999,99999,99\nnode Flatten x -> y\noutput y",
     "input \"x\" is too large"},
    {"the input has no features", "input x N\nnode Relu x -> y\noutput y",
     "input \"x\" has 1 dimensions; calq needs [N, C, H, W] or [N, features]"},
    {"the output is only a second one", "input x N,2\nnode Dropout x -> . m\noutput m",
     "its output 0 has no name"},
};

static void a_graph_calq_cannot_use_is_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_refused(refusals[i].model, refusals[i].sentence);
}

/* What the sentence would be too long for is counted. */
static void a_list_of_operators_too_long_is_cut(void **state)
{
    enum { OPERATORS = 100 };
    char text[OPERATORS * 160], *at = text;
    struct error err = {0};

    (void)state;
    at += sprintf(at, "input x N,2\n");
    for (int i = 0; i < OPERATORS; i++)
        at += sprintf(at, "node An_operator_with_a_lengthy_name_%d x -> x%d\n", i, i);
    sprintf(at,
            "node Max x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 "
            "x18 x19 x20 x21 x22 x23 x24 x25 x26 x27 x28 x29 -> y\noutput y");
    assert_null(onnx_builder_read(text, &err));
    if (!strstr(err.text, "An_operator_with_a_lengthy_name_0 (1), ") ||
        !strstr(err.text, " operators more; the first An_operator"))
        fail_msg("%s", err.text);
}

/* A graph inside a node is not looked into. */
static void operators_in_inner_graphs_are_not_counted(void **state)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input x N,2\nnode Loop x -> a then=1\nnode Det a -> y\noutput y");
    Onnx__ModelProto *inner = onnx_builder_model("node Det x -> y\noutput y");
    Onnx__AttributeProto *attribute = model->graph->node[0]->attribute[0];

    (void)state;
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    attribute->g = inner->graph;
    inner->graph = NULL;
    onnx__model_proto__free_unpacked(inner, NULL);
    assert_model_refused(model, "cannot run: Loop (1), Det (1), without those in the "
                                "graphs that nodes hold; the first Loop is node");
}

static void names_are_onnx_names(void **state)
{
    struct network *network =
        read_text("input image N,2\nnode Relu image -> a name=/first\n"
                  "node Identity a -> b\nnode Relu b -> c\noutput c");

    (void)state;
    assert_int_equal(network->layer_count, 2);
    assert_string_equal(network->layers[0].name, "/first");
    assert_string_equal(network->layers[1].name, "Relu c");
    assert_int_equal(network_find_tensor(network, "image"), network->inputs[0]);
    assert_int_equal(network_find_tensor(network, "c"), network->output);
    assert_int_equal(network->layers[1].inputs[0], network_find_tensor(network, "a"));
    network_destroy(network);
}

static void nodes_the_output_does_not_need_are_left_out(void **state)
{
    struct network *network =
        read_text("input x N,2\nnode Unique x -> unused\nnode Relu "
                  "x -> y\nnode Relu y -> z\noutput y");

    (void)state;
    assert_int_equal(network->layer_count, 1);
    network_destroy(network);
}

static const struct shapes {
    const char *text, *input, *name, *output;
} shapes[] = {
    {"input x N,2\nnode Relu x -> y\noutput y", "[N, 2]", "y", "[N, 2]"},
    {"input x batch_size,6,10\nfloats w 10,5\nnode MatMul x w -> a\n"
     "integers s 2 = -1 30\nnode Reshape a s -> y\noutput y rows,30",
     "[batch_size, 6, 10]", "y", "[rows, 30]"},
    {"input x 1,3,2,2\nnode GlobalAveragePool x -> y\noutput y 1,3,1,1", "[1, 3, 2, 2]",
     "y", "[1, 3, 1, 1]"},
    {"input x N,2\nnode Relu x -> a\nnode Identity a -> b\nnode Softmax b -> "
     "probabilities\noutput probabilities N,2",
     "[N, 2]", "probabilities", "[N, 2]"},
    {"input x N,2\nnode Relu x -> a\nnode Sigmoid a -> probabilities\n"
     "output probabilities N,2",
     "[N, 2]", "probabilities", "[N, 2]"},
};

/* Behind it values have other names and shapes at most; else it is a layer. */
static void a_sigmoid_at_the_end_is_the_losses(void **state)
{
    static const struct {
        const char *text;
        bool is_layer;
    } networks[] = {
        {"node Sigmoid a -> y\noutput y", false},
        {"node Sigmoid a -> b\nnode Identity b -> y\noutput y", false},
        {"node Sigmoid a -> b\nnode Dropout b -> y\noutput y", false},
        {"node Sigmoid a -> b\nintegers s 2 = 0 2\nnode Reshape b s -> y\noutput y",
         false},
        {"node Sigmoid a -> b\nnode Relu b -> y\noutput y", true},
        {"node Sigmoid a -> b\nnode Identity b -> c\nnode Add b c -> y\noutput y",
         true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct network *network;
        bool has_one = false;
        char text[256];

        snprintf(text, sizeof text, "input x N,2\nnode Relu x -> a\n%s",
                 networks[i].text);
        network = read_text(text);
        for (int layer = 0; layer < network->layer_count; layer++)
            has_one = has_one || network->layers[layer].kind == LAYER_UNARY;
        assert_int_equal(has_one, networks[i].is_layer);
        network_destroy(network);
    }
}

static void shapes_are_told_as_the_file_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct network *network = read_text(shapes[i].text);

        assert_string_equal(network->input_shapes[0], shapes[i].input);
        assert_string_equal(network->output_name, shapes[i].name);
        assert_string_equal(network->output_shape, shapes[i].output);
        network_destroy(network);
    }
}

/* Neither lengthy names nor control characters. */
static void a_dimension_without_a_proper_name_is_a_question_mark(void **state)
{
    static char lengthy[200];
    const char *const names[] = {NULL, "", "a\033[2J", lengthy};

    (void)state;
    memset(lengthy, 'a', sizeof lengthy - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Onnx__ModelProto *model = onnx_builder_model(SMALL);
        Onnx__TensorShapeProto__Dimension *dim =
            model->graph->input[0]->type->tensor_type->shape->dim[0];
        struct error err = {0};
        struct network *network;

        free(dim->dim_param);
        dim->dim_param = names[i] ? memory_text(names[i]) : NULL;
        if (!names[i])
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET;
        network = onnx_builder_read_model(model, &err);
        assert_non_null(network);
        assert_string_equal(network->input_shapes[0], "[?, 2]");
        network_destroy(network);
        onnx__model_proto__free_unpacked(model, NULL);
    }
}

static void an_initialiser_listed_as_input_is_no_input(void **state)
{
    struct network *network = read_text(
        "input x N,2\ninput c 2\nfloats c 2 = 1 2\nnode Add x c -> y\noutput y");

    (void)state;
    assert_int_equal(network->layer_count, 1);
    assert_int_equal(network->inputs[0], network_find_tensor(network, "x"));
    network_destroy(network);
}

static void an_output_of_one_pixel_is_an_output_of_classes(void **state)
{
    struct network *network =
        read_text("input x N,3,2,2\nnode GlobalAveragePool x -> y\noutput y");

    (void)state;
    assert_int_equal(network->tensors[network->output].channels, 3);
    network_destroy(network);
}

/* ---- several inputs ---- */

static void inputs_are_those_that_are_read(void **state)
{
    struct network *network = read_text(
        "input unread N,7\ninput b N,3\ninput a M,2,4,4\ninput c N,2,4,4\n"
        "floats c 1,2,4,4\nnode GlobalAveragePool a -> p\nnode Flatten p -> f\n"
        "node Concat f b -> y axis=1\noutput y");

    (void)state;
    assert_int_equal(network->input_count, 2);
    assert_string_equal(network_input(network, 0)->name, "b");
    assert_string_equal(network_input(network, 1)->name, "a");
    assert_string_equal(network->input_shapes[1], "[M, 2, 4, 4]");
    assert_true(network_is_input(network, network_find_tensor(network, "a")));
    assert_false(network_is_input(network, network->output));
    assert_int_equal(network->tensors[network->output].count, 5);
    network_destroy(network);
}

/* Steps of sequences [T, N, F] become [N, T, F]: nothing moves within a sample. */
static void a_transpose_moves_the_batch_to_the_front(void **state)
{
    struct network *network =
        read_text("input x 4,N,3\nfloats w 12,2\nnode Transpose x -> t perm=1,0,2\n"
                  "node Flatten t -> f\nnode MatMul f w -> y\noutput y");
    const struct layer *layer = &network->layers[0];

    (void)state;
    assert_int_equal(network_input(network, 0)->rank, 2);
    assert_int_equal(layer->kind, LAYER_REARRANGE);
    for (int i = 0; i < 12; i++)
        assert_int_equal(layer->rearrange.from[i], i);
    network_destroy(network);
    network =
        read_text("input x 4,N,3\nfloats w 12,2\nnode Transpose x -> t perm=1,2,0\n"
                  "node Flatten t -> f\nnode MatMul f w -> y\noutput y");
    for (int i = 0; i < 12; i++)
        assert_int_equal(network->layers[0].rearrange.from[i], i % 4 * 3 + i / 4);
    network_destroy(network);
}

/* ---- what the file leaves open ---- */

#define OPEN                                                                           \
    "input x N,H,W\nnode Relu x -> r\nnode Flatten r -> y\nnode Sin r -> s\n"          \
    "node Softsign s -> other\noutput other\noutput y"

static struct network *read_open(char *const *shape, int count, const char *output,
                                 struct error *err)
{
    const struct onnx_choices choices = {output, shape, count};
    Onnx__ModelProto *model = onnx_builder_model(OPEN);
    char *path = onnx_builder_save(model);
    struct network *network = onnx_read_as(path, &choices, err);

    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
    return network;
}

static void open_dimensions_are_fixed_and_one_output_is_read(void **state)
{
    char *shape[] = {"H=3", "x.2=5"};
    struct error err = {0};
    struct network *network = read_open(shape, 2, "y", &err);

    (void)state;
    if (!network)
        fail_msg("%s", err.text);
    assert_int_equal(network->tensors[network->output].count, 15);
    assert_string_equal(network->output_name, "y");
    network_destroy(network);
}

static void assert_open_refused(char *const *shape, int count, const char *output,
                                const char *sentence)
{
    struct error err = {0};

    assert_null(read_open(shape, count, output, &err));
    if (!strstr(err.text, sentence))
        fail_msg("%s", err.text);
}

static void what_is_not_open_is_not_chosen(void **state)
{
    char *fixed[] = {"H=3"}, *unknown[] = {"V=3"}, *none[] = {"H=0"};

    (void)state;
    assert_open_refused(fixed, 1, "y", "e.g. shape: {W: 128}");
    assert_open_refused(unknown, 1, "y",
                        "shape: no input has an open dimension \"V\"; open are N, H, "
                        "W");
    assert_open_refused(none, 1, "y",
                        "\"H=0\" must be a dimension's name and its size");
    assert_open_refused(NULL, 0, "z",
                        "outputs: the network has no output \"z\"; it has \"other\", "
                        "\"y\"");
}

/* ---- what only a program can write ---- */

static void the_input_is_a_float_tensor(void **state)
{
    Onnx__ModelProto *typed = onnx_builder_model(SMALL),
                     *untyped = onnx_builder_model(SMALL);

    (void)state;
    typed->graph->input[0]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    assert_model_refused(typed,
                         "(Relu): its input \"x\" is int32; calq computes with float");
    typed = onnx_builder_model(SMALL);
    typed->graph->input[0]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    assert_model_refused(typed,
                         "input \"x\" is uint8; calq needs float, int32 or int64");
    onnx__type_proto__free_unpacked(untyped->graph->input[0]->type, NULL);
    untyped->graph->input[0]->type = NULL;
    assert_model_refused(untyped, "input \"x\" is no tensor with a shape");
}

static void opsets_of_other_domains_do_not_count(void **state)
{
    Onnx__ModelProto *model = onnx_builder_model(SMALL);
    Onnx__OperatorSetIdProto *opset = model->opset_import[0];
    struct error err = {0};
    struct network *network;

    (void)state;
    opset->domain = memory_text("ai.onnx");
    network = onnx_builder_read_model(model, &err);
    assert_non_null(network);
    network_destroy(network);
    free(opset->domain);
    opset->domain = memory_text("com.vendor");
    assert_model_refused(model, "does not say which opset");
}

static void sparse_initialisers_are_refused(void **state)
{
    Onnx__ModelProto *model = onnx_builder_model(SMALL);
    Onnx__SparseTensorProto *sparse = memory_get(sizeof *sparse);

    (void)state;
    onnx__sparse_tensor_proto__init(sparse);
    model->graph->n_sparse_initializer = 1;
    model->graph->sparse_initializer = memory_copy(&sparse, sizeof sparse);
    assert_model_refused(model, "sparse initialisers are not supported");
}

static void values_and_nodes_have_names(void **state)
{
    Onnx__ModelProto *input = onnx_builder_model(SMALL);
    Onnx__ModelProto *op = onnx_builder_model(SMALL);
    Onnx__ModelProto *lengthy = onnx_builder_model(SMALL);

    (void)state;
    free(input->graph->input[0]->name);
    input->graph->input[0]->name = NULL;
    assert_model_refused(input, "an input has no name");
    free(op->graph->node[0]->op_type);
    op->graph->node[0]->op_type = NULL;
    assert_model_refused(op, "node 0 has no operator");
    free(lengthy->graph->node[0]->output[0]);
    lengthy->graph->node[0]->output[0] = memory_zeroed(5001, 1);
    memset(lengthy->graph->node[0]->output[0], 'a', 5000);
    assert_model_refused(lengthy, "an output of a node has more than 1000 bytes");
}

/* ---- the kit ---- */

static const struct known_network {
    const char *file;
    int layers, classes;
    size_t macs;
} known_networks[] = {
    {"cifar10/resnet20.onnx", 75, 10, 40551040},
    {"cifar10/resnet44.onnx", 159, 10, 97174144},
    {"cifar10/resnet8.onnx", 29, 10, 12501632},
    {"imagenet/mobilenetv1_025.onnx", 84, 1000, 41030272},
    {"imagenet/squeezenet11.onnx", 65, 1000, 349151936},
    {"ncf/mlp.onnx", 10, 1, 2696},
    {"lstm/textgenrnn.onnx", 18, 465, 10106340},
};

static void a_known_network_is_read(void **state)
{
    const struct known_network *known = *state;
    struct error err = {0};
    const char *path = kit_path("CALQ_KIT", "../shared/kit", known->file);
    struct network *network = onnx_read(path, &err);
    const struct tensor *output;

    if (!network)
        fail_msg("%s", err.text);
    assert_int_equal(network->layer_count, known->layers);
    assert_int_equal(network->tensor_count, known->layers + network->input_count);
    assert_int_equal(network_macs(network), known->macs);
    output = &network->tensors[network->output];
    assert_string_equal(output->name, "logits");
    assert_int_equal(output->rank, 1);
    assert_int_equal(output->channels, known->classes);
    network_destroy(network);
}

static void a_network_calq_cannot_run_is_told_so(void **state)
{
    Onnx__ModelProto *model =
        onnx_builder_model("input x N,2\nnode Loop x -> y name=/loop\noutput y");
    char *path = onnx_builder_save(model);

    (void)state;
    assert_path_refused(path,
                        "operators which calq cannot run: Loop (1); the first Loop "
                        "is node \"/loop\"");
    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
}

#define KNOWN(name, row)                                                               \
    {                                                                                  \
#name, a_known_network_is_read, NULL, NULL, (void *)&known_networks[row]       \
    }
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_folder_is_no_file),
        cmocka_unit_test(a_file_that_is_no_model_is_refused),
        cmocka_unit_test(a_model_cut_off_anywhere_is_refused),
        cmocka_unit_test(opsets_7_to_26_are_read),
        cmocka_unit_test(a_graph_calq_cannot_use_is_refused_with_a_sentence),
        cmocka_unit_test(a_list_of_operators_too_long_is_cut),
        cmocka_unit_test(operators_in_inner_graphs_are_not_counted),
        cmocka_unit_test(names_are_onnx_names),
        cmocka_unit_test(nodes_the_output_does_not_need_are_left_out),
        cmocka_unit_test(a_sigmoid_at_the_end_is_the_losses),
        cmocka_unit_test(shapes_are_told_as_the_file_has_them),
        cmocka_unit_test(a_dimension_without_a_proper_name_is_a_question_mark),
        cmocka_unit_test(an_initialiser_listed_as_input_is_no_input),
        cmocka_unit_test(an_output_of_one_pixel_is_an_output_of_classes),
        cmocka_unit_test(inputs_are_those_that_are_read),
        cmocka_unit_test(a_transpose_moves_the_batch_to_the_front),
        cmocka_unit_test(open_dimensions_are_fixed_and_one_output_is_read),
        cmocka_unit_test(what_is_not_open_is_not_chosen),
        cmocka_unit_test(the_input_is_a_float_tensor),
        cmocka_unit_test(opsets_of_other_domains_do_not_count),
        cmocka_unit_test(sparse_initialisers_are_refused),
        cmocka_unit_test(values_and_nodes_have_names),
        KNOWN(resnet20_is_read, 0),
        KNOWN(resnet44_is_read, 1),
        KNOWN(resnet8_is_read, 2),
        KNOWN(mobilenet_is_read, 3),
        KNOWN(squeezenet_is_read, 4),
        KNOWN(the_mlp_of_ncf_is_read, 5),
        KNOWN(the_lstm_is_read, 6),
        cmocka_unit_test(a_network_calq_cannot_run_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
