/* make_resnet18.c - writes ResNet-18 (He et al. 2015, arXiv:1512.03385, table 1) with random
 * weights, for benchmarks: input [N, 3, 224, 224], 1000 logits, projection shortcuts.
 * Usage: make_resnet18 FILE */
#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STAGES = 4, BLOCKS_A_STAGE = 2, FIRST_CHANNELS = 64, CLASSES = 1000 };

struct shape {
    int in, out; /* channels */
    int size;    /* height = width of the window */
    int stride;
};

static void give_up(const char *problem, const char *path)
{
    fprintf(stderr, "make_resnet18: cannot %s %s\n", problem, path);
    exit(1);
}

/* ---- the graph, as text for the builder -------------------------------------------------- */

/* to [out, ...] = norm(conv(from [in, ...])), without a bias */
static void add_conv(FILE *text, struct shape shape, const char *from, const char *to)
{
    fprintf(text, "floats %s.weight %d,%d,%d,%d\n", to, shape.out, shape.in, shape.size,
            shape.size);
    fprintf(text, "node Conv %1$s %2$s.weight -> %2$s.conv name=%2$s.conv", from, to);
    fprintf(text,
            " kernel_shape=%1$d,%1$d pads=%2$d,%2$d,%2$d,%2$d strides=%3$d,%3$d\n",
            shape.size, shape.size / 2, shape.stride);
    fprintf(text, "floats %s.scale %d = 1\n", to, shape.out);
    fprintf(text, "floats %s.shift %d = 0.1 -0.1 0.05 -0.05 0\n", to, shape.out);
    fprintf(text, "floats %s.mean %d = 0\n", to, shape.out);
    fprintf(text, "floats %s.variance %d = 1\n", to, shape.out);
    fprintf(text,
            "node BatchNormalization %1$s.conv %1$s.scale %1$s.shift %1$s.mean "
            "%1$s.variance -> %1$s name=%1$s.norm\n",
            to);
}

static void add_relu(FILE *text, const char *from, const char *to)
{
    fprintf(text, "node Relu %1$s -> %2$s name=%2$s\n", from, to);
}

struct name {
    char text[32];
};

static struct name block_name(int block, const char *suffix)
{
    struct name name;

    snprintf(name.text, sizeof name.text, "block%d%s", block + 1, suffix);
    return name;
}

/* from [in, ...] -> blockN [out, ...] = relu(second(relu(first(from))) + shortcut(from)); the
 * shortcut is a projection where the shape changes. */
static void add_block(FILE *text, int block, int in, int out, const char *from)
{
    int stride = in == out ? 1 : 2;
    struct name first = block_name(block, ".first");
    struct name inner = block_name(block, ".inner");
    struct name second = block_name(block, ".second");
    struct name projection = block_name(block, ".projection");
    struct name sum = block_name(block, ".sum");
    const char *shortcut = from;

    add_conv(text, (struct shape){in, out, 3, stride}, from, first.text);
    add_relu(text, first.text, inner.text);
    add_conv(text, (struct shape){out, out, 3, 1}, inner.text, second.text);
    if (in != out) {
        shortcut = projection.text;
        add_conv(text, (struct shape){in, out, 1, stride}, from, shortcut);
    }
    fprintf(text, "node Add %1$s %2$s -> %3$s name=%3$s\n", second.text, shortcut,
            sum.text);
    add_relu(text, sum.text, block_name(block, "").text);
}

/* [3, 224, 224] -> pool [64, 56, 56] */
static void add_stem(FILE *text)
{
    fputs("input input N,3,224,224\n", text);
    add_conv(text, (struct shape){3, FIRST_CHANNELS, 7, 2}, "input", "stem");
    add_relu(text, "stem", "stem.relu");
    fputs("node MaxPool stem.relu -> pool name=pool kernel_shape=3,3 pads=1,1,1,1 "
          "strides=2,2\n",
          text);
}

/* pool [64, 56, 56] -> the last block [512, 7, 7], whose name this returns */
static struct name add_blocks(FILE *text)
{
    struct name last = {"pool"};
    int in = FIRST_CHANNELS;

    for (int block = 0; block < STAGES * BLOCKS_A_STAGE; block++) {
        int out = FIRST_CHANNELS << block / BLOCKS_A_STAGE;

        add_block(text, block, in, out, last.text);
        last = block_name(block, "");
        in = out;
    }
    return last;
}

/* from [512, 7, 7] -> logits [1000] */
static void add_classifier(FILE *text, const char *from)
{
    int in = FIRST_CHANNELS << (STAGES - 1);

    fprintf(text, "floats classify.weight %d,%d\n", CLASSES, in);
    fprintf(text, "floats classify.bias %d = 0\n", CLASSES);
    fprintf(text, "node GlobalAveragePool %s -> average name=average\n", from);
    fputs("node Flatten average -> features name=flatten axis=1\n", text);
    fputs("node Gemm features classify.weight classify.bias -> logits name=classify "
          "transB=1\n"
          "output logits\n",
          text);
}

static Onnx__ModelProto *make_graph(void)
{
    char *script = NULL;
    size_t size;
    FILE *text = open_memstream(&script, &size);
    Onnx__ModelProto *model;

    if (!text)
        give_up("describe", "ResNet-18");
    add_stem(text);
    add_classifier(text, add_blocks(text).text);
    fclose(text);
    model = onnx_builder_model(script);
    free(script);
    return model;
}

/* ---- the weights ------------------------------------------------------------------------- */

/* Uniform in -1..1 (splitmix64, so that all machines get the same network). */
static double random_number(uint64_t *state)
{
    uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-52 - 1;
}

/* weights [out, in, ...]: a variance of 2 / inputs, which keeps the size of what passes a Relu
 * (He et al. 2015, arXiv:1502.01852). */
static void fill_weights(Onnx__TensorProto *tensor, uint64_t *state)
{
    size_t inputs = tensor->n_float_data / (size_t)tensor->dims[0];
    double limit = sqrt(6.0 / (double)inputs);

    for (size_t i = 0; i < tensor->n_float_data; i++)
        tensor->float_data[i] = (float)(limit * random_number(state));
}

static void fill_all_weights(Onnx__GraphProto *graph)
{
    uint64_t state = 18;

    for (size_t i = 0; i < graph->n_initializer; i++)
        if (graph->initializer[i]->n_dims > 1)
            fill_weights(graph->initializer[i], &state);
}

static void write_model(const char *path, const Onnx__ModelProto *model)
{
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);
    FILE *file = fopen(path, "wb");

    onnx__model_proto__pack(model, bytes);
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        give_up("write", path);
    free(bytes);
}

int main(int count, char **arguments)
{
    Onnx__ModelProto *model;

    if (count != 2) {
        fprintf(stderr, "usage: make_resnet18 FILE\n");
        return 2;
    }
    model = make_graph();
    fill_all_weights(model->graph);
    write_model(arguments[1], model);
    onnx__model_proto__free_unpacked(model, NULL);
    return 0;
}
