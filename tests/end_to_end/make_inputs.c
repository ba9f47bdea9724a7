/* make_inputs.c - writes the bad and odd input files that the end-to-end cases need, made from
 * the embedded example. Usage: make_inputs FOLDER, in the root of the repository. */
#include "core/base/memory.h"
#include "core/export/onnx_edit.h"
#include "tests/support/hdf5_builder.h"
#include "tests/support/onnx_builder.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"

#define NETWORK "examples/glyphs/glyphs.onnx"
#define DATA "examples/glyphs/calibration.h5"

static const char *folder;

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void give_up(const char *problem, const char *path)
{
    fprintf(stderr, "make_inputs: %s %s\n", problem, path);
    exit(1);
}

static void write_bytes(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(in_folder(name), "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        give_up("cannot write", in_folder(name));
}

/* ---- networks ------------------------------------------------------------------------------ */

static uint8_t *read_bytes(const char *path, size_t *size)
{
    enum { ROOM = 1 << 20 };
    uint8_t *bytes = memory_get(ROOM);
    FILE *file = fopen(path, "rb");

    if (!file)
        give_up("cannot read", path);
    *size = fread(bytes, 1, ROOM, file);
    fclose(file);
    return bytes;
}

static void write_model(const char *name, const Onnx__ModelProto *model)
{
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);

    onnx__model_proto__pack(model, bytes);
    write_bytes(name, bytes, size);
    free(bytes);
}

static void replace_text(char **text, const char *by)
{
    free(*text);
    *text = memory_text(by);
}

static Onnx__NodeProto *first_relu(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++)
        if (strcmp(graph->node[i]->op_type, "Relu") == 0)
            return graph->node[i];
    give_up("no Relu in", NETWORK);
    return NULL;
}

/* The network with a Clip from 0 to 0.5 in place of each Relu. */
static void write_clamped(const uint8_t *bytes, size_t size)
{
    static const float ends[] = {0, 0.5f};
    struct onnx_edit edit;

    onnx_edit_init(&edit, onnx__model_proto__unpack(NULL, size, bytes));
    onnx_edit_add_floats(&edit, "clip.low", NULL, 0, &ends[0]);
    onnx_edit_add_floats(&edit, "clip.high", NULL, 0, &ends[1]);
    for (size_t i = 0; i < edit.model->graph->n_node; i++) {
        Onnx__NodeProto *node = edit.model->graph->node[i];

        if (strcmp(node->op_type, "Relu") != 0)
            continue;
        replace_text(&node->op_type, "Clip");
        onnx_edit_set_input(node, 1, "clip.low");
        onnx_edit_set_input(node, 2, "clip.high");
    }
    write_model("clamped.onnx", edit.model);
    onnx_edit_clear(&edit);
}

static void write_networks(void)
{
    size_t size;
    uint8_t *bytes = read_bytes(NETWORK, &size);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, size, bytes);
    Onnx__NodeProto *relu;

    if (!model)
        give_up("cannot read", NETWORK);
    write_bytes("truncated.onnx", bytes, size / 2);
    write_bytes("empty.onnx", bytes, 0);
    write_clamped(bytes, size);
    replace_text(&model->producer_name, "somebody else");
    write_model("another.onnx", model); /* the same network, other content */
    model->opset_import[0]->version = 26;
    write_model("newest.onnx", model);
    relu = first_relu(model->graph);
    replace_text(&relu->op_type, "Hardmax");
    replace_text(&relu->name, "the_odd_one");
    write_model("unsupported.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
    free(bytes);
}

/* Weights that two layers share, one of them by the name that an Identity gives; BATCH is "N" or a
 * number. */
static void write_sharing(const char *name, const char *batch)
{
    char text[1024];
    Onnx__ModelProto *model;

    snprintf(text, sizeof text,
             "input x %s,3,8,8\n"
             "floats first 8,3,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75\n"
             "floats own 8,8,3,3 = 0.1 0.2 -0.3 0.4 -0.55 0.05 -0.15\n"
             "floats classify 5,8 = 0.6 -0.5 0.4 0.3 -0.2\n"
             "node Identity own -> shared\n"
             "node Conv x first -> c0 pads=1,1,1,1\n"
             "node Relu c0 -> r0\n"
             "node Conv r0 own -> c1 pads=1,1,1,1\n"
             "node Relu c1 -> r1\n"
             "node Conv r1 shared -> c2 pads=1,1,1,1\n"
             "node Relu c2 -> r2\n"
             "node Conv r2 own -> c3 pads=1,1,1,1\n"
             "node GlobalAveragePool c3 -> p\n"
             "node Flatten p -> f\n"
             "node Gemm f classify -> y transB=1\n"
             "output y\n",
             batch);
    model = onnx_builder_model(text);
    write_model(name, model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* A layer whose weights are all zero, beside one that hands on what it reads; for the glyphs. */
static void write_zero_layer(void)
{
    Onnx__ModelProto *model =
        onnx_builder_model("input x N,1,24,24\n"
                           "floats first 8,1,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75 0.1\n"
                           "floats zero 8,8,3,3 = 0\n"
                           "floats bias 8 = 0.5 0.25 -0.5 0.125\n"
                           "floats classify 47,8 = 0.6 -0.5 0.4 0.3 -0.2\n"
                           "node Conv x first -> c0 pads=1,1,1,1\n"
                           "node Relu c0 -> r0\n"
                           "node Conv r0 zero bias -> c1 pads=1,1,1,1\n"
                           "node Add r0 c1 -> a1\n"
                           "node Relu a1 -> r1\n"
                           "node GlobalAveragePool r1 -> p\n"
                           "node Flatten p -> f\n"
                           "node Gemm f classify -> y transB=1\n"
                           "output y\n");

    write_model("zero-layer.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Constants are inputs as well, as they had to be before IR version 4. */
static void list_constants_as_inputs(Onnx__ModelProto *model)
{
    Onnx__GraphProto *graph = model->graph;
    size_t count = graph->n_input + graph->n_initializer;

    graph->input = memory_resize(graph->input, count * sizeof *graph->input);
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const Onnx__TensorProto *tensor = graph->initializer[i];
        Onnx__ValueInfoProto *input;
        size_t size;
        uint8_t *bytes;

        /* A copy of the first input, by another name and with another shape. */
        size = onnx__value_info_proto__get_packed_size(graph->input[0]);
        bytes = memory_get(size);
        onnx__value_info_proto__pack(graph->input[0], bytes);
        input = onnx__value_info_proto__unpack(NULL, size, bytes);
        free(bytes);
        replace_text(&input->name, tensor->name);
        onnx__tensor_shape_proto__free_unpacked(input->type->tensor_type->shape, NULL);
        input->type->tensor_type->shape = NULL;
        graph->input[graph->n_input++] = input;
    }
    model->ir_version = 3;
}

/* What has been written in another way since opset 7. */
static void write_old_network(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "opset 7\ninput input N,1,24,24\n"
        "floats w1 8,1,3,3 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats w2 8,8,3,3 = 0.2 -0.1 0.05 -0.15 0.3 -0.25 0.12 -0.07 0.02 -0.2 0.11\n"
        "floats w3 47,8 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "floats b3 47 = 0.1 -0.2 0.3 0 -0.1\n"
        "floats g 8 = 1.5 0.5 1 2\nfloats b 8 = 0.1 -0.2 0.3\n"
        "floats m 8 = 0.05 -0.1 0 0.2\nfloats v 8 = 0.5 0.25 1\n"
        "node Pad input -> p pads=0,0,1,1,0,0,1,1 value=0.0\n"
        "node Conv p w1 -> c1 strides=2,2\n"
        "node BatchNormalization c1 g b m v -> n1 spatial=1\n"
        "node Clip n1 -> r1 min=0.0 max=2.5\nnode Dropout r1 -> d ratio=0.5\n"
        "node Slice d -> s starts=1,0 ends=11,12 axes=2,3\n"
        "node Hardmax s -> dead\nnode Relu dead -> deader\n"
        "node Conv s w2 -> c2\nnode Relu c2 -> r2\n"
        "node ReduceMean r2 -> m2 axes=2,3\nnode Squeeze m2 -> q axes=2,\n"
        "node Unsqueeze q -> u axes=3,\nnode Flatten u -> f\n"
        "node Gemm f w3 b3 -> z transB=1\nnode Softmax z -> y\noutput y\n");

    list_constants_as_inputs(model);
    write_model("opset-7.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Nothing that multiplies. */
static void write_pools(void)
{
    Onnx__ModelProto *model =
        onnx_builder_model("input input N,1,24,24\nnode Relu input -> r\n"
                           "node MaxPool r -> p kernel_shape=4,4 strides=4,4\n"
                           "node Flatten p -> y\noutput y\n");

    write_model("pools.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Says with one output whether an image is bright. */
static void write_one_output(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input input N,1,24,24\n"
        "floats w1 8,1,3,3 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats w2 8,8,3,3 = 0.2 -0.1 0.05 -0.15 0.3 -0.25 0.12 -0.07 0.02 -0.2 0.11\n"
        "floats w3 1,8 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9\nfloats b3 1 = -0.4\n"
        "node Conv input w1 -> c1 strides=2,2\nnode Relu c1 -> r1\n"
        "node Conv r1 w2 -> c2\nnode Relu c2 -> r2\n"
        "node GlobalAveragePool r2 -> m\nnode Flatten m -> f\n"
        "node Gemm f w3 b3 -> y transB=1\noutput y\n");

    write_model("one-output.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Two images that are added and joined, and rows of features beside what comes of them. */
static void write_inputs_network(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input image N,1,24,24\ninput side N,6\ninput other N,1,24,24\n"
        "floats w1 8,1,3,3 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats w2 8,1,3,3 = -0.3 0.2 0.7 -0.6 0.1\n"
        "floats w5 8,1,3,3 = 0.4 -0.1 0.2\n"
        "floats w3 8,24,3,3 = 0.2 -0.1 0.05 -0.15 0.3 -0.25 0.12 -0.07 0.02 -0.2 0.11\n"
        "floats w4 47,14 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "floats b4 47 = 0.137 -0.211 0.3119 0.0173 -0.1093\n"
        "node Add image other -> sum\n"
        "node Conv sum w1 -> c1 strides=2,2\nnode Relu c1 -> r1\n"
        "node Conv other w2 -> c2 strides=2,2\nnode Relu c2 -> r2\n"
        "node Conv image w5 -> c5 strides=2,2\nnode Relu c5 -> r5\n"
        "node Concat r1 r2 r5 -> k axis=1\nnode Conv k w3 -> c3\nnode Relu c3 -> r3\n"
        "node GlobalAveragePool r3 -> p\nnode Flatten p -> f\n"
        "node Concat f side -> j axis=1\nnode Gemm j w4 b4 -> y transB=1\noutput y\n");

    write_model("inputs.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Rows of an image that look at each other: heads, shared ones, and products written by letters. */
static void write_attention(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input input N,1,24,24\n"
        "floats wq 24,12 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats wk 24,12 = 0.2 -0.1 0.45 -0.15 0.3 -0.25 0.32 -0.07 0.42 -0.2 0.31\n"
        "floats wv 24,4 = -0.3 0.2 0.7 -0.6 0.1\n"
        "floats wo 12,24 = 0.3 -0.2 0.1 0.25 -0.35 0.05 0.15\nfloats bo 24 = 0.1 "
        "-0.05\n"
        "floats w3 47,576 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "floats b3 47 = 0.137 -0.211 0.3119 0.0173 -0.1093\nfloats half - = 0.5\n"
        "integers rows 3 = 0 24 24\nintegers apart 4 = 0 24 3 4\n"
        "integers shared 4 = 0 1 24 4\nintegers back 3 = 0 24 12\n"
        "node Reshape input rows -> x\n"
        "node MatMul x wq -> q0\nnode Reshape q0 apart -> q1\n"
        "node Transpose q1 -> q perm=0,2,1,3\n"
        "node MatMul x wk -> k0\nnode Reshape k0 apart -> k1\n"
        "node Transpose k1 -> k perm=0,2,3,1\n"
        "node MatMul x wv -> v0\nnode Reshape v0 shared -> v\n"
        "node MatMul q k -> s0\nnode Mul s0 half -> s\nnode Softmax s -> a axis=-1\n"
        "node MatMul a v -> m0\nnode Transpose m0 -> m1 perm=0,2,1,3\n"
        "node Reshape m1 back -> m\nnode MatMul m wo -> o0\nnode Add o0 bo -> o1\n"
        "node Add x o1 -> o\n"
        "node Einsum o o -> g0 equation=bid,bjd->bij\nnode Softmax g0 -> g axis=-1\n"
        "node Einsum g o -> h equation=bij,bjd->bid\n"
        "node Flatten h -> f\nnode Gemm f w3 b3 -> y transB=1\noutput y\n");

    write_model("attention.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Rows of tables for a user and an item, and what becomes of both. */
static void write_numbers_network(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input user N int32\ninput item N int64\n"
        "floats users 8,4 = 0.3 -0.7 1.1 0.2 -0.4 0.9 -1.3 0.6 0.05\n"
        "floats items 16,4 = -0.5 0.8 0.1 -0.9 1.2 0.35 -0.15\n"
        "floats w1 8,6 = 0.4 -0.3 0.2 0.6 -0.5 0.1 0.7 -0.2 0.35 -0.65 0.15\n"
        "floats b1 6 = 0.1 -0.05 0.2\nfloats w2 6,1 = 0.7 -0.4 0.9 0.3 -0.8\n"
        "node Gather users user -> u\nnode Gather items item -> i axis=0\n"
        "node Concat u i -> j axis=1\nnode Gemm j w1 b1 -> h\nnode Relu h -> r\n"
        "node MatMul r w2 -> y\noutput y\n");

    write_model("numbers.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* The rows of an image as steps of an LSTM in two directions, and those of it as steps of a GRU. */
static void write_recurrent_network(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input input N,1,24,24\nintegers rows 3 = 0 24 24\nintegers joined 3 = 0 0 -1\n"
        "floats w1 2,24,24 = 0.3 -0.2 0.1 0.25 -0.35 0.05 -0.15\n"
        "floats r1 2,24,6 = 0.4 -0.3 0.2 -0.1 0.35\n"
        "floats b1 2,48 = 0.1 -0.2 0.3 0 -0.1 0.05 0.2\n"
        "floats w2 1,27,12 = 0.6 -0.5 0.4 0.3 -0.2 0.7 -0.1\n"
        "floats r2 1,27,9 = 0.5 -0.4 0.3 -0.2 0.15\n"
        "floats b2 1,54 = 0.1 -0.1 0.2 0.3 -0.3\n"
        "floats classify 47,9 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "integers zero 1 = 0\n"
        "node Reshape input rows -> x\nnode Transpose x -> steps perm=1,0,2\n"
        "node LSTM steps w1 r1 b1 -> both direction=bidirectional hidden_size=6\n"
        "node Transpose both -> turned perm=0,2,1,3\n"
        "node Reshape turned joined -> more\n"
        "node GRU more w2 r2 b2 -> . last hidden_size=9 linear_before_reset=1\n"
        "node Squeeze last zero -> state\n"
        "node Gemm state classify -> y transB=1\noutput y\n");

    write_model("recurrent.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Images whose height and width are open, a number that decides between two branches, and two outputs, of which one
 * needs what calq cannot run. */
static void write_choices(void)
{
    Onnx__ModelProto *model = onnx_builder_model(
        "input images N,1,height,width\ninput rate - int64\nintegers fast - = 16000\n"
        "floats w1 8,1,3,3 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats w3 47,12 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "floats w4 5,12 = 0.3 -0.4 0.7 0.1\nfloats b3 47 = 0.1 -0.2 0.3 0 -0.1\n"
        "node Conv images w1 -> c1 strides=2,2 pads=1,1,1,1\nnode Relu c1 -> r1\n"
        "node Equal rate fast -> is_fast\nnode If is_fast -> r2\nbranch then_branch\n"
        "floats w2 12,8,3,3 = 0.2 -0.1 0.05 -0.15 0.3 -0.25 0.12 -0.07 0.02 -0.2\n"
        "node Conv r1 w2 -> c2 strides=2,2\nnode Relu c2 -> a\noutput a\nend\n"
        "branch else_branch\nfloats w2 12,8,1,1 = 0.5 -0.5 0.25\n"
        "node Conv r1 w2 -> c2\noutput c2\nend\n"
        "node GlobalAveragePool r2 -> m\nnode Flatten m -> f\n"
        "node Gemm f w4 -> sides transB=1\nnode NonZero sides -> others\n"
        "node Gemm f w3 b3 -> scores transB=1\noutput others\noutput scores\n");

    write_model("choices.onnx", model);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* What opsets since 22 have of the operators that calq reads, shape arithmetic among them. */
static void write_new_networks(void)
{
    enum { FIRST = 22, LAST = 26, IR_VERSION = 10 };
    static const char text[] =
        "opset %d\ninput input N,1,24,24\n"
        "floats w1 8,1,3,3 = 0.5 -0.25 0.125 0.75 -1 0.3 0.1\n"
        "floats w2 8,8,3,3 = 0.2 -0.1 0.05 -0.15 0.3 -0.25 0.12 -0.07 0.02 -0.2 0.11\n"
        "floats w3 47,16 = 1.1 -0.7 0.3 2 -1.3 0.6 -0.2 0.9 -1.7 0.4 1.4\n"
        "floats b3 47 = 0.1 -0.2 0.3 0 -0.1\n"
        "floats g 8 = 1.5 0.5 1 2\nfloats b 8 = 0.1 -0.2 0.3\n"
        "floats m 8 = 0.05 -0.1 0 0.2\nfloats v 8 = 0.5 0.25 1\n"
        "floats low - = 0\nfloats high - = 2.5\nfloats pad - = 0\n"
        "integers pads 8 = 0 0 1 1 0 0 1 1\nintegers starts 2 = 1 0\n"
        "integers ends 2 = 11 12\nintegers over 2 = 2 3\nintegers zero - = 0\n"
        "integers at 1 = 0\nintegers two 1 = 2\nintegers rest 1 = -1\n"
        "node Pad input pads pad -> p mode=constant\n"
        "node Conv p w1 -> c1 strides=2,2\n"
        "node BatchNormalization c1 g b m v -> n1 epsilon=0.001\n"
        "node Clip n1 low high -> r1\nnode Dropout r1 -> d\n"
        "node Slice d starts ends over -> s\n"
        "node MaxPool s -> t kernel_shape=2,2 strides=1,1 dilations=2,2 ceil_mode=1\n"
        "node Conv s w2 -> c2\nnode Relu c2 -> r2\n"
        "node AveragePool r2 -> a2 kernel_shape=2,2 pads=0,0,1,1 count_include_pad=1\n"
        "node ReduceMean t over -> mt keepdims=1\nnode GlobalAveragePool a2 -> ma\n"
        "node Concat ma mt -> j axis=1\nnode Squeeze j two -> q\n"
        "node Unsqueeze q two -> u\nnode Transpose u -> x perm=0,1,2,3\n"
        "node Shape x -> shape\nnode Gather shape at -> batch axis=0\n"
        "node Cast batch -> batch64 to=7\nnode Concat batch64 rest -> flat axis=0\n"
        "node Reshape x flat -> f allowzero=0\nnode Identity f -> i\n"
        "node Gemm i w3 b3 -> z transB=1\nnode Softmax z -> y axis=-1\noutput y\n";

    for (int opset = FIRST; opset <= LAST; opset++) {
        char model_text[sizeof text + 8], name[32];
        Onnx__ModelProto *model;

        snprintf(model_text, sizeof model_text, text, opset);
        snprintf(name, sizeof name, "opset-%d.onnx", opset);
        model = onnx_builder_model(model_text);
        model->ir_version = IR_VERSION;
        write_model(name, model);
        onnx__model_proto__free_unpacked(model, NULL);
    }
}

/* Bytes that grow towards the front, so that a message's length is known when it is written. */
struct message {
    uint8_t bytes[1 << 18];
    size_t begin;
};

static void put_before(struct message *message, const uint8_t *bytes, size_t count)
{
    message->begin -= count;
    memcpy(message->bytes + message->begin, bytes, count);
}

/* Makes all that was written so far one field of a message. */
static void wrap(struct message *message, int field)
{
    enum { LENGTH_DELIMITED = 2, MORE = 0x80, PART_BITS = 7 };
    size_t size = sizeof message->bytes - message->begin;
    uint8_t head[8];
    size_t used = 0;

    head[used++] = (uint8_t)(field << 3 | LENGTH_DELIMITED);
    for (; size >= MORE; size >>= PART_BITS)
        head[used++] = (uint8_t)(size | MORE);
    head[used++] = (uint8_t)size;
    put_before(message, head, used);
}

/* A graph within an attribute of a node of a graph, and so on. */
static void write_nested(int depth)
{
    enum { MODEL_GRAPH = 7, GRAPH_NODE = 1, NODE_ATTRIBUTE = 5, ATTRIBUTE_GRAPH = 6 };
    static const uint8_t ir_version_7[] = {1 << 3, 7};
    struct message *message = memory_zeroed(1, sizeof *message);

    message->begin = sizeof message->bytes;
    for (int i = 0; i < depth; i++) {
        wrap(message, ATTRIBUTE_GRAPH);
        wrap(message, NODE_ATTRIBUTE);
        wrap(message, GRAPH_NODE);
    }
    wrap(message, MODEL_GRAPH);
    put_before(message, ir_version_7, sizeof ir_version_7);
    write_bytes("nested.onnx", message->bytes + message->begin,
                sizeof message->bytes - message->begin);
    free(message);
}

/* ---- data ---------------------------------------------------------------------------------- */

/* The first samples of the example's calibration data: four blocks of eight. */
enum {
    SAMPLES = 32,
    ALL_SAMPLES = 768,
    SIDE = 24,
    ELEMENTS = SIDE * SIDE,
    CLASSES = 47
};
enum { ODD_SAMPLE = 20 }; /* in the third block: of 3 ranks, the last has it */

struct data {
    double images[SAMPLES * ELEMENTS], labels[SAMPLES];
};

static void read_dataset(const char *dataset, double *values, size_t count)
{
    enum { ROOM = ALL_SAMPLES * ELEMENTS };
    float *all = memory_get(ROOM * sizeof *all);

    hdf5_builder_read(DATA, dataset, all, ROOM);
    for (size_t i = 0; i < count; i++)
        values[i] = all[i];
    free(all);
}

static void write_data(const char *name, enum hdf5_type type, const struct data *data,
                       size_t labels)
{
    static const size_t sizes[] = {SAMPLES, 1, SIDE, SIDE};
    const char *path = in_folder(name);

    hdf5_builder_create(path);
    hdf5_builder_add(path, "/images", type, 4, sizes, data->images, 0);
    hdf5_builder_add(path, "/labels", HDF5_I32, 1, &labels, data->labels, 0);
}

/* For inputs.onnx: the images, their negatives in floats, and numbers of each sample. */
static void write_inputs_data(const struct data *data)
{
    enum { SIDE_VALUES = 6 };
    static const size_t images[] = {SAMPLES, 1, SIDE, SIDE}, side[] = {SAMPLES, 2, 3};
    const char *path = in_folder("inputs.h5");
    double *negatives = memory_get(SAMPLES * ELEMENTS * sizeof *negatives);
    double numbers[SAMPLES * SIDE_VALUES], users[SAMPLES];

    for (int i = 0; i < SAMPLES * ELEMENTS; i++)
        negatives[i] = 0.5 - data->images[i] / 255;
    for (int i = 0; i < SAMPLES * SIDE_VALUES; i++)
        numbers[i] = sin(i) + data->labels[i / SIDE_VALUES] / CLASSES;
    for (int i = 0; i < SAMPLES; i++)
        users[i] = i / 3;
    write_data("inputs.h5", HDF5_U8, data, SAMPLES);
    hdf5_builder_add(path, "/negatives", HDF5_F32, 4, images, negatives, 0);
    hdf5_builder_add(path, "/side", HDF5_F64, 3, side, numbers, 0);
    hdf5_builder_add(path, "/user", HDF5_I32, 1, side, users, 0);
    free(negatives);
}

/* For numbers.onnx: groups of four items a user, the first of which was taken. */
static void write_numbers_data(const char *name, double last_item)
{
    enum { PAIRS = 32, EACH = 4 };
    static const size_t pairs[] = {PAIRS};
    const char *path = in_folder(name);
    double users[PAIRS], items[PAIRS], taken[PAIRS], uneven[PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        users[i] = i / EACH;
        items[i] = i * 7 % 32 - 16; /* of the end as of the beginning */
        taken[i] = i % EACH == 0;
        uneven[i] = i < EACH + 1 ? 0 : i / EACH;
    }
    items[PAIRS - 1] = last_item;
    hdf5_builder_create(path);
    hdf5_builder_add(path, "/user", HDF5_U8, 1, pairs, users, 0);
    hdf5_builder_add(path, "/item", HDF5_I64, 1, pairs, items, 0);
    hdf5_builder_add(path, "/taken", HDF5_I32, 1, pairs, taken, 0);
    hdf5_builder_add(path, "/uneven", HDF5_I32, 1, pairs, uneven, 0);
    hdf5_builder_add_unwritten(path, "/nothing", 2, (const size_t[]){PAIRS, 0});
}

static void write_data_files(void)
{
    struct data *data = memory_get(sizeof *data);
    double pixel, label;

    read_dataset("/images", data->images, SAMPLES * ELEMENTS);
    read_dataset("/labels", data->labels, SAMPLES);
    write_inputs_data(data);
    write_numbers_data("numbers.h5", 3);
    write_numbers_data("beyond.h5", 16);
    write_data("same-in-float.h5", HDF5_F32, data, SAMPLES);
    write_data("too-few-labels.h5", HDF5_U8, data, SAMPLES - 1);

    label = data->labels[ODD_SAMPLE];
    data->labels[ODD_SAMPLE] = CLASSES;
    write_data("label-out-of-range.h5", HDF5_U8, data, SAMPLES);
    data->labels[ODD_SAMPLE] = label;

    pixel = data->images[ODD_SAMPLE * ELEMENTS];
    data->images[ODD_SAMPLE * ELEMENTS] = NAN;
    write_data("nan.h5", HDF5_F32, data, SAMPLES);
    data->images[ODD_SAMPLE * ELEMENTS] = 1e7;
    write_data("far-outlier.h5", HDF5_F32, data, SAMPLES);
    data->images[ODD_SAMPLE * ELEMENTS] = pixel;

    for (int i = 0; i < SAMPLES; i++)
        data->labels[i] = fmin(data->labels[i] + 1, CLASSES - 1);
    write_data("labels-from-1.h5", HDF5_U8, data, SAMPLES);

    for (int i = 0; i < SAMPLES; i++)
        data->labels[i] = i % 2;
    write_data("no-and-yes.h5", HDF5_U8, data, SAMPLES);
    free(data);
}

int main(int count, char **arguments)
{
    enum { DEPTH = 4000 };

    if (count != 2) {
        fprintf(stderr, "usage: make_inputs FOLDER\n");
        return 2;
    }
    folder = arguments[1];
    write_networks();
    write_old_network();
    write_pools();
    write_one_output();
    write_inputs_network();
    write_attention();
    write_numbers_network();
    write_recurrent_network();
    write_choices();
    write_new_networks();
    write_sharing("shared.onnx", "N");
    write_sharing("batch-of-one.onnx", "1");
    write_zero_layer();
    write_nested(DEPTH);
    write_data_files();
    return 0;
}
