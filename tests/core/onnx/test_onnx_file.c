#include "core/onnx/onnx_file.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "core/onnx/onnx_scan.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* ---- what stays in the file ---- */

/* Gives a tensor `count` floats that tell their index. */
static void fill(Onnx__TensorProto *tensor, size_t count, bool is_float_data)
{
    float *values = memory_get(count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)i + .5f;
    free(tensor->float_data);
    tensor->float_data = is_float_data ? values : NULL;
    tensor->n_float_data = is_float_data ? count : 0;
    tensor->dims[0] = (int64_t)count;
    if (is_float_data)
        return;
    tensor->has_raw_data = 1;
    tensor->raw_data.len = count * sizeof *values;
    tensor->raw_data.data = (uint8_t *)values;
}

static Onnx__AttributeProto *attribute_of(const Onnx__ModelProto *model)
{
    return model->graph->node[0]->attribute[0];
}

/* Tensors of all sizes, as raw_data and float_data, in initialisers, in a Constant node and in a graph
 * that a node holds. */
static Onnx__ModelProto *large_model(void)
{
    static const char text[] =
        "input x N,2\nfloats a 1\nfloats b 1\nfloats c 1\nfloats d 1\nfloats e 1\n"
        "node Constant -> k value=@e\nnode If x -> y then=1\noutput y";
    Onnx__ModelProto *model = onnx_builder_model(text);
    Onnx__ModelProto *inner = onnx_builder_model("floats a 1\noutput a");
    Onnx__AttributeProto *then = model->graph->node[1]->attribute[0];

    fill(inner->graph->initializer[0], 9000, false);
    then->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    then->g = inner->graph;
    inner->graph = NULL;
    onnx__model_proto__free_unpacked(inner, NULL);
    fill(model->graph->initializer[0], 300, false);
    fill(model->graph->initializer[1], 40000, true);
    fill(model->graph->initializer[2], 255, false);
    fill(model->graph->initializer[3], 255, true);
    fill(attribute_of(model)->t, 5000, false);
    return model;
}

/* Puts what was left in the file back into the tensor; returns how many bytes it was. */
static size_t put_back(const struct onnx_file *file, Onnx__TensorProto *tensor)
{
    struct onnx_left left = onnx_scan_left(tensor);
    struct error err = {0};
    uint8_t *bytes;

    if (left.bytes == 0)
        return 0;
    bytes = memory_get(left.bytes);
    assert_int_equal(onnx_file_bytes(file, left.offset, left.bytes, bytes, &err), 0);
    if (left.is_floats) {
        assert_int_equal(tensor->n_float_data, 0);
        tensor->float_data = (float *)bytes;
        tensor->n_float_data = left.bytes / sizeof(float);
    } else {
        assert_false(tensor->has_raw_data);
        tensor->has_raw_data = 1;
        tensor->raw_data = (ProtobufCBinaryData){.len = left.bytes, .data = bytes};
    }
    assert_int_equal(tensor->base.n_unknown_fields, 1);
    free(tensor->base.unknown_fields[0].data);
    free(tensor->base.unknown_fields);
    tensor->base.unknown_fields = NULL;
    tensor->base.n_unknown_fields = 0;
    return left.bytes;
}

static void values_of_large_tensors_stay_in_the_file(void **state)
{
    Onnx__ModelProto *model = large_model();
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *whole = memory_get(size), *again = memory_get(size);
    char *path = onnx_builder_save(model);
    struct onnx_file file;
    struct error err = {0};

    (void)state;
    onnx__model_proto__pack(model, whole);
    assert_int_equal(onnx_file_open(path, &file, &err), 0);
    assert_true(onnx__model_proto__get_packed_size(file.model) < size / 20);
    assert_int_equal(put_back(&file, file.model->graph->initializer[0]), 1200);
    assert_int_equal(put_back(&file, file.model->graph->initializer[1]), 160000);
    assert_int_equal(put_back(&file, file.model->graph->initializer[2]), 0);
    assert_int_equal(put_back(&file, file.model->graph->initializer[3]), 0);
    assert_int_equal(put_back(&file, attribute_of(file.model)->t), 20000);
    assert_int_equal(
        put_back(&file, file.model->graph->node[1]->attribute[0]->g->initializer[0]),
        36000);
    assert_int_equal(onnx__model_proto__get_packed_size(file.model), size);
    onnx__model_proto__pack(file.model, again);
    assert_memory_equal(whole, again, size);
    onnx_file_close(&file);
    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
    free(whole);
    free(again);
}

static void all_of_a_file_is_read_where_that_is_asked_for(void **state)
{
    Onnx__ModelProto *model = large_model(), *read;
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *whole = memory_get(size), *again = memory_get(size);
    char *path = onnx_builder_save(model);
    struct error err = {0};

    (void)state;
    onnx__model_proto__pack(model, whole);
    read = onnx_file_read(path, &err);
    assert_non_null(read);
    assert_int_equal(onnx__model_proto__get_packed_size(read), size);
    onnx__model_proto__pack(read, again);
    assert_memory_equal(whole, again, size);
    onnx__model_proto__free_unpacked(read, NULL);
    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
    free(whole);
    free(again);
}

static void a_file_that_became_shorter_is_told(void **state)
{
    Onnx__ModelProto *model = large_model();
    char *path = onnx_builder_save(model);
    struct onnx_file file;
    struct onnx_left left;
    struct error err = {0};
    uint8_t byte;

    (void)state;
    assert_int_equal(onnx_file_open(path, &file, &err), 0);
    left = onnx_scan_left(file.model->graph->initializer[1]);
    assert_int_equal(truncate(path, (off_t)left.offset + 7), 0);
    assert_int_equal(onnx_file_bytes(&file, left.offset + 6, 1, &byte, &err), 0);
    assert_int_equal(onnx_file_bytes(&file, left.offset + 7, 1, &byte, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "the file became shorter while it was read"));
    onnx_file_close(&file);
    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* ---- the wire format ---- */

/* A model with a graph with one initialiser that consists of these bytes. */
static char *save_tensor(const uint8_t *bytes, size_t size)
{
    enum {
        IR_VERSION = 0x08,
        MODEL_GRAPH = 0x3a,
        GRAPH_INITIALISER = 0x2a,
        LENGTH = 3
    };
    uint8_t head[] = {IR_VERSION, 7, MODEL_GRAPH, 0, 0, 0, GRAPH_INITIALISER, 0, 0, 0};
    size_t graph = size + 1 + LENGTH;
    uint8_t *all = memory_get(size + sizeof head);
    char *path;

    for (int i = 0; i < LENGTH; i++) {
        int more = i + 1 < LENGTH ? 128 : 0;

        head[3 + i] = (uint8_t)((graph >> (7 * i) & 127) | (size_t)more);
        head[7 + i] = (uint8_t)((size >> (7 * i) & 127) | (size_t)more);
    }
    memcpy(all, head, sizeof head);
    memcpy(all + sizeof head, bytes, size);
    path = onnx_builder_save_bytes(all, size + sizeof head);
    free(all);
    return path;
}

/* Appends a field of `bytes` zeroes behind its key and a length of two bytes. */
static size_t append(uint8_t *to, size_t used, uint8_t key, size_t bytes)
{
    to[used++] = key;
    to[used++] = (uint8_t)((bytes & 127) | 128);
    to[used++] = (uint8_t)(bytes >> 7);
    memset(to + used, 0, bytes);
    return used + bytes;
}

enum { FLOAT_DATA = 0x22, RAW_DATA = 0x4a, LARGE = 2000, SMALL = 40, ROOM = 8000 };

static const struct pieces {
    const char *fact;
    uint8_t keys[3];
    size_t bytes[3];
    const char *sentence; /* NULL: nothing is wrong */
    size_t left;
} pieces[] = {
    {"one piece stays in the file", {FLOAT_DATA}, {LARGE}, NULL, LARGE},
    {"raw_data goes before",
     {FLOAT_DATA, RAW_DATA},
     {LARGE, LARGE + 8},
     NULL,
     LARGE + 8},
    {"in any order", {RAW_DATA, FLOAT_DATA}, {LARGE + 8, LARGE}, NULL, LARGE + 8},
    {"small pieces are one list", {FLOAT_DATA, FLOAT_DATA}, {SMALL, SMALL}, NULL, 0},
    {"a large piece is the only one",
     {FLOAT_DATA, FLOAT_DATA},
     {LARGE, SMALL},
     "float_data of a TensorProto is in several pieces",
     0},
    {"wherever it stands",
     {FLOAT_DATA, FLOAT_DATA},
     {SMALL, LARGE},
     "float_data of a TensorProto is in several pieces",
     0},
    {"raw_data is there once",
     {RAW_DATA, RAW_DATA},
     {SMALL, LARGE},
     "raw_data of a TensorProto is there twice",
     0},
};

static void large_values_are_in_one_piece(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        uint8_t bytes[ROOM];
        size_t size = 0;
        struct onnx_file file;
        struct error err = {0};
        char *path;
        int status;

        for (int piece = 0; pieces[i].keys[piece]; piece++)
            size = append(bytes, size, pieces[i].keys[piece], pieces[i].bytes[piece]);
        path = save_tensor(bytes, size);
        status = onnx_file_open(path, &file, &err);
        onnx_builder_delete(path);
        if (status != (pieces[i].sentence ? -1 : 0) ||
            (status < 0 && !strstr(err.text, pieces[i].sentence)))
            fail_msg("%s: %s", pieces[i].fact, err.text);
        if (status < 0)
            continue;
        if (onnx_scan_left(file.model->graph->initializer[0]).bytes != pieces[i].left)
            fail_msg("%s", pieces[i].fact);
        onnx_file_close(&file);
    }
}

/* Whatever field says where values are, only calq writes it. */
static void a_file_cannot_say_where_values_are(void **state)
{
    struct onnx_file file;
    struct error err = {0};
    uint8_t bytes[ROOM];
    char *path;
    size_t size = append(bytes, 0, RAW_DATA, LARGE);
    const ProtobufCMessageUnknownField *field;
    Onnx__TensorProto *tensor;

    (void)state;
    path = save_tensor(bytes, size);
    assert_int_equal(onnx_file_open(path, &file, &err), 0);
    onnx_builder_delete(path);
    tensor = file.model->graph->initializer[0];
    field = &tensor->base.unknown_fields[0];
    /* The same field with another place. */
    size = 0;
    for (uint32_t key = field->tag << 3 | 2; key; key >>= 7)
        bytes[size++] = (uint8_t)((key & 127) | (key > 127 ? 128 : 0));
    memcpy(bytes + size, field->data, field->len);
    bytes[size + 1]++;
    size += field->len;
    onnx_file_close(&file);
    path = save_tensor(bytes, size);
    assert_int_equal(onnx_file_open(path, &file, &err), 0);
    assert_int_equal(onnx_scan_left(file.model->graph->initializer[0]).bytes, 0);
    onnx_file_close(&file);
    onnx_builder_delete(path);
}

/* ---- weights ---- */

enum { INS = 600, OUTS = 700, CHANNELS = 8, SIDE = 5 };

static const struct stored {
    const char *fact, *text;
    int64_t dims[4];
    size_t rank;
    int32_t type;
    bool is_float_data, is_columns;
} networks[] = {
    {"rows of raw_data",
     "node Gemm x w -> y transB=1",
     {OUTS, INS},
     2,
     TYPE(FLOAT),
     false,
     false},
    {"rows of float_data",
     "node Gemm x w -> y transB=1",
     {OUTS, INS},
     2,
     TYPE(FLOAT),
     true,
     false},
    {"columns", "node MatMul x w -> y", {INS, OUTS}, 2, TYPE(FLOAT), false, true},
    {"rows of a wider type",
     "node Gemm x w -> y transB=1",
     {OUTS, INS},
     2,
     TYPE(DOUBLE),
     false,
     false},
    {"columns by another name",
     "node Identity w -> v\nnode MatMul x v -> y",
     {INS, OUTS},
     2,
     TYPE(FLOAT),
     false,
     true},
    {"columns of a Constant",
     "node Constant -> v value=@w\nnode MatMul x v -> y",
     {INS, OUTS},
     2,
     TYPE(FLOAT),
     false,
     true},
    {"columns that were turned",
     "node Transpose w -> v\nnode MatMul x v -> y",
     {OUTS, INS},
     2,
     TYPE(FLOAT),
     false,
     false},
    {"rows that were turned",
     "node Transpose w -> v perm=1,0\nnode Gemm x v -> y transB=1",
     {INS, OUTS},
     2,
     TYPE(FLOAT),
     false,
     true},
    {"columns that were turned twice",
     "node Transpose w -> u\nnode Transpose u -> v perm=1,0\nnode MatMul x v -> y",
     {INS, OUTS},
     2,
     TYPE(FLOAT),
     false,
     true},
    {"columns of a wider type that were turned and reshaped",
     "node Transpose w -> u\nintegers s 2 = 600 700\nnode Reshape u s -> v\n"
     "node MatMul x v -> y",
     {OUTS, INS},
     2,
     TYPE(DOUBLE),
     false,
     false},
};

/* Halves up to 2^22 are exact in every type. */
static double value_at(size_t index)
{
    return (double)(index % (1 << 21)) / 2 - 1000;
}

static void fill_weights(Onnx__TensorProto *tensor, const struct stored *weights)
{
    size_t count = 1, bytes = weights->type == TYPE(DOUBLE) ? 8 : 4;
    uint8_t *values;

    for (size_t i = 0; i < weights->rank; i++)
        count *= (size_t)weights->dims[i];
    values = memory_get(count * bytes);
    for (size_t i = 0; i < count; i++) {
        double wide = value_at(i);
        float narrow = (float)wide;

        memcpy(values + i * bytes, bytes == 8 ? (void *)&wide : (void *)&narrow, bytes);
    }
    free(tensor->dims);
    free(tensor->float_data);
    tensor->dims = memory_copy(weights->dims, weights->rank * sizeof *tensor->dims);
    tensor->n_dims = weights->rank;
    tensor->data_type = weights->type;
    tensor->float_data = weights->is_float_data ? (float *)values : NULL;
    tensor->n_float_data = weights->is_float_data ? count : 0;
    if (weights->is_float_data)
        return;
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){.len = count * bytes, .data = values};
}

static struct network *read_weights(const struct stored *weights, const char *input,
                                    struct error *err)
{
    struct network *network;
    Onnx__ModelProto *model;
    char text[256];

    snprintf(text, sizeof text, "input x N,%s\nfloats w 1\n%s\noutput y", input,
             weights->text);
    model = onnx_builder_model(text);
    fill_weights(model->graph->n_initializer ? model->graph->initializer[0]
                                             : attribute_of(model)->t,
                 weights);
    network = onnx_builder_read_model(model, err);
    onnx__model_proto__free_unpacked(model, NULL);
    return network;
}

static void large_weights_of_products_are_in_their_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++) {
        struct error err = {0};
        struct network *network = read_weights(&networks[i], "600", &err);
        const float *weights;

        if (!network)
            fail_msg("%s: %s", networks[i].fact, err.text);
        weights = network->layers[network->layer_count - 1].weights->values;
        for (size_t out = 0; out < OUTS; out++)
            for (size_t in = 0; in < INS; in++) {
                size_t at = networks[i].is_columns ? in * OUTS + out : out * INS + in;

                if ((double)weights[out * INS + in] != value_at(at))
                    fail_msg("%s: weight %zu of output %zu", networks[i].fact, in, out);
            }
        network_destroy(network);
    }
}

static void large_weights_of_convolutions_are_in_their_places(void **state)
{
    static const struct stored conv = {"a convolution",
                                       "node Conv x w -> c\n"
                                       "node Flatten c -> y",
                                       {1500, CHANNELS, SIDE, SIDE},
                                       4,
                                       TYPE(FLOAT),
                                       false,
                                       false};
    enum { AREA = SIDE * SIDE };
    struct error err = {0};
    struct network *network = read_weights(&conv, "8,5,5", &err);
    const float *weights;

    (void)state;
    if (!network)
        fail_msg("%s", err.text);
    weights = network->layers[0].weights->values;
    for (size_t out = 0; out < 1500; out++)
        for (size_t in = 0; in < CHANNELS; in++)
            for (size_t at = 0; at < AREA; at++)
                assert_true((double)weights[(out * AREA + at) * CHANNELS + in] ==
                            value_at((out * CHANNELS + in) * AREA + at));
    network_destroy(network);
}

static void a_weight_that_is_not_finite_is_numbered(void **state)
{
    enum { WHERE = 400000 };
    Onnx__ModelProto *model = onnx_builder_model(
        "input x N,600\nfloats w 1\nnode Gemm x w -> y transB=1\noutput y");
    struct error err = {0};
    float *values;

    (void)state;
    fill_weights(model->graph->initializer[0], &networks[0]);
    values = (float *)(void *)model->graph->initializer[0]->raw_data.data;
    values[WHERE] = INFINITY;
    assert_null(onnx_builder_read_model(model, &err));
    if (!strstr(err.text, "value 400000 of \"w\" is not finite"))
        fail_msg("%s", err.text);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* Codes are integers of fewer bits, two a byte: they are read by pieces too. */
static void large_codes_are_read(void **state)
{
    enum { CODES = 3 * 5001, INT4 = 22 };
    Onnx__ModelProto *model = onnx_builder_model(
        "opset 21\ninput x N,5001\nint8 w 3,5001 = 1\nfloats s - = 0.5\n"
        "node DequantizeLinear w s -> v\nnode Gemm x v -> y transB=1\noutput y");
    Onnx__TensorProto *tensor = model->graph->initializer[0];
    struct error err = {0};
    struct network *network;

    (void)state;
    tensor->data_type = INT4;
    free(tensor->int32_data);
    tensor->int32_data = NULL;
    tensor->n_int32_data = 0;
    tensor->has_raw_data = 1;
    tensor->raw_data.len = (CODES + 1) / 2;
    tensor->raw_data.data = memory_zeroed(tensor->raw_data.len, 1);
    for (size_t i = 0; i < CODES; i++)
        tensor->raw_data.data[i / 2] |= (uint8_t)((i * 7 % 16) << (i % 2 * 4));
    network = onnx_builder_read_model(model, &err);
    if (!network)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < CODES; i++) {
        int code = (int)(i * 7 % 16);

        assert_true(network->layers[0].weights->values[i] ==
                    .5f * (float)(code < 8 ? code : code - 16));
    }
    network_destroy(network);
    onnx__model_proto__free_unpacked(model, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_large_tensors_stay_in_the_file),
        cmocka_unit_test(all_of_a_file_is_read_where_that_is_asked_for),
        cmocka_unit_test(a_file_that_became_shorter_is_told),
        cmocka_unit_test(large_values_are_in_one_piece),
        cmocka_unit_test(a_file_cannot_say_where_values_are),
        cmocka_unit_test(large_weights_of_products_are_in_their_places),
        cmocka_unit_test(large_weights_of_convolutions_are_in_their_places),
        cmocka_unit_test(a_weight_that_is_not_finite_is_numbered),
        cmocka_unit_test(large_codes_are_read),
    };

    return cmocka_run_group_tests_name("onnx_file", tests, NULL, NULL);
}
