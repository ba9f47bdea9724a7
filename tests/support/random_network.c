#include "tests/support/random_network.h"

#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <stdlib.h>

void random_network_add_conv(FILE *text, const struct random_conv *conv,
                             const char *from, const char *to)
{
    fprintf(text, "floats %s.weight %d,%d,%d,%d\n", to, conv->out,
            conv->in / conv->groups, conv->size, conv->size);
    fprintf(text, "node Conv %1$s %2$s.weight -> %2$s.conv name=%2$s.conv", from, to);
    fprintf(text, " kernel_shape=%1$d,%1$d pads=%2$d,%2$d,%2$d,%2$d", conv->size,
            conv->size / 2);
    fprintf(text, " strides=%1$d,%1$d group=%2$d\n", conv->stride, conv->groups);
    fprintf(text, "floats %s.scale %d = 1\n", to, conv->out);
    fprintf(text, "floats %s.shift %d = 0.1 -0.1 0.05 -0.05 0\n", to, conv->out);
    fprintf(text, "floats %s.mean %d = 0\n", to, conv->out);
    fprintf(text, "floats %s.variance %d = 1\n", to, conv->out);
    fprintf(text,
            "node BatchNormalization %1$s.conv %1$s.scale %1$s.shift %1$s.mean "
            "%1$s.variance -> %1$s name=%1$s.norm\n",
            to);
}

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

static void fill_all_weights(Onnx__GraphProto *graph, uint64_t state)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (graph->initializer[i]->n_dims > 1)
            fill_weights(graph->initializer[i], &state);
}

static void write_network(const char *program, const char *text, uint64_t seed,
                          const char *path)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    FILE *file = fopen(path, "wb");
    uint8_t *bytes;
    size_t size;

    fill_all_weights(model->graph, seed);
    size = onnx__model_proto__get_packed_size(model);
    bytes = memory_get(size);
    onnx__model_proto__pack(model, bytes);
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot write %s\n", program, path);
        exit(1);
    }
    onnx__model_proto__free_unpacked(model, NULL);
    free(bytes);
}

void random_network_add_classifier(FILE *text, int in, const char *from)
{
    enum { CLASSES = 1000 };

    fprintf(text, "floats classify.weight %d,%d\n", CLASSES, in);
    fprintf(text, "floats classify.bias %d = 0\n", CLASSES);
    fprintf(text, "node GlobalAveragePool %s -> average name=average\n", from);
    fputs("node Flatten average -> features name=flatten axis=1\n", text);
    fputs("node Gemm features classify.weight classify.bias -> logits name=classify "
          "transB=1\n"
          "output logits\n",
          text);
}

int random_network_main(const char *program, uint64_t seed,
                        void (*describe)(FILE *text), int count, char **arguments)
{
    char *script = NULL;
    size_t size;
    FILE *text;

    if (count != 2) {
        fprintf(stderr, "usage: %s FILE\n", program);
        return 2;
    }
    text = open_memstream(&script, &size);
    if (!text)
        return 1;
    describe(text);
    fclose(text);
    write_network(program, script, seed, arguments[1]);
    free(script);
    return 0;
}
