/* make_large.c - writes a network of about so many megabytes of weights for the embedded example's data.
 * Usage: make_large FILE MEGABYTES KIND
 *
 * KIND says what holds most of the weights, and how: gemm, matmul, conv (raw_data of initialisers),
 * floats (float_data), constants (a Constant node), turned (behind a Transpose). */
#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 576, WIDTH = 1024, CLASSES = 47 };

static const char head[] = "input input N,1,24,24\nfloats first 1\nfloats large 1\n"
                           "floats last 1\nnode Flatten input -> f\n"
                           "node Gemm f first -> a transB=1\nnode Relu a -> b\n";

/* %s are the names of large weights. */
static const struct kind {
    const char *name, *text;
    bool is_transposed, is_conv, is_float_data;
} kinds[] = {
    {"gemm", "node Gemm b large -> c transB=1\n", true, false, false},
    {"matmul", "node MatMul b large -> c\n", false, false, false},
    {"conv",
     "integers image 4 = 0 64 4 4\nnode Reshape b image -> d\n"
     "node Conv d large -> e\nnode Flatten e -> c\n",
     true, true, false},
    {"floats", "node Gemm b large -> c transB=1\n", true, false, true},
    {"constants", "node Constant -> w value=@large\nnode MatMul b w -> c\n", false,
     false, false},
    {"turned", "node Transpose large -> w\nnode MatMul b w -> c\n", true, false, false},
};

static const char tail[] = "node Relu c -> r\nnode Gemm r last -> y\noutput y\n";

static void give_up(const char *problem, const char *what)
{
    fprintf(stderr, "make_large: %s %s\n", problem, what);
    exit(1);
}

/* Small numbers that look random. */
static float *make_values(size_t count)
{
    float *values = memory_get(count * sizeof *values);
    uint32_t state = 1;

    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = ((float)(state >> 8) * 0x1p-24f - .5f) * .1f;
    }
    return values;
}

static void fill(Onnx__TensorProto *tensor, const int64_t *dims, size_t rank,
                 bool is_float_data)
{
    size_t count = 1;

    for (size_t i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    free(tensor->dims);
    free(tensor->float_data);
    tensor->dims = memory_copy(dims, rank * sizeof *dims);
    tensor->n_dims = rank;
    tensor->float_data = is_float_data ? make_values(count) : NULL;
    tensor->n_float_data = is_float_data ? count : 0;
    if (is_float_data)
        return;
    tensor->has_raw_data = 1;
    tensor->raw_data.len = count * sizeof(float);
    tensor->raw_data.data = (uint8_t *)make_values(count);
}

static Onnx__TensorProto *find(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return graph->initializer[i];
    for (size_t i = 0; i < graph->n_node; i++)
        if (strcmp(graph->node[i]->op_type, "Constant") == 0)
            return graph->node[i]->attribute[0]->t;
    give_up("no tensor", name);
    return NULL;
}

static void fill_all(const Onnx__GraphProto *graph, const struct kind *kind,
                     int64_t outputs)
{
    const int64_t first[] = {WIDTH, INPUTS}, last[] = {outputs, CLASSES};
    const int64_t rows[] = {outputs, WIDTH}, columns[] = {WIDTH, outputs};
    const int64_t conv[] = {outputs, WIDTH / 16, 4, 4};

    fill(find(graph, "first"), first, 2, false);
    fill(find(graph, "last"), last, 2, false);
    if (kind->is_conv)
        fill(find(graph, "large"), conv, 4, false);
    else
        fill(find(graph, "large"), kind->is_transposed ? rows : columns, 2,
             kind->is_float_data);
}

static void write_model(const char *path, const Onnx__ModelProto *model)
{
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);
    FILE *file = fopen(path, "wb");

    onnx__model_proto__pack(model, bytes);
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        give_up("cannot write", path);
    free(bytes);
}

int main(int count, char **arguments)
{
    const struct kind *kind = NULL;
    Onnx__ModelProto *model;
    char text[1024];

    for (size_t i = 0; count == 4 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, arguments[3]) == 0)
            kind = &kinds[i];
    if (!kind || atoi(arguments[2]) < 1) {
        fprintf(stderr, "usage: make_large FILE MEGABYTES KIND\n");
        return 2;
    }
    snprintf(text, sizeof text, "%s%s%s", head, kind->text, tail);
    model = onnx_builder_model(text);
    fill_all(model->graph, kind, atoi(arguments[2]) * INT64_C(256));
    write_model(arguments[1], model);
    onnx__model_proto__free_unpacked(model, NULL);
    return 0;
}
