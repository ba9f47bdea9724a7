#include "core/onnx/onnx_tensor.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

enum { VALUES = 4, RAW_BYTES = 32 };

static const struct raw {
    const char *fact;
    int32_t type;
    uint8_t bytes[RAW_BYTES];
    size_t size;
    bool is_integer;
    double expected[VALUES];
    size_t count;
} raws[] = {
    {"float", TYPE(FLOAT), {0, 0, 128, 63, 0, 0, 0, 192}, 8, false, {1, -2}, 2},
    {"double", TYPE(DOUBLE), {0, 0, 0, 0, 0, 0, 224, 63}, 8, false, {.5}, 1},
    {"float16",
     TYPE(FLOAT16),
     {0, 60, 0, 192, 1, 0, 0, 124},
     8,
     false,
     {1, -2, 0x1p-24, INFINITY},
     4},
    {"bfloat16",
     TYPE(BFLOAT16),
     {128, 63, 0, 192, 128, 255},
     6,
     false,
     {1, -2, -INFINITY},
     3},
    {"int64", TYPE(INT64), {255, 255, 255, 255, 255, 255, 255, 255}, 8, true, {-1}, 1},
    {"int32", TYPE(INT32), {254, 255, 255, 255, 2, 1, 0, 0}, 8, true, {-2, 258}, 2},
    {"int16", TYPE(INT16), {0, 128, 1, 0}, 4, true, {-32768, 1}, 2},
    {"int8", TYPE(INT8), {128, 127}, 2, true, {-128, 127}, 2},
    {"uint8", TYPE(UINT8), {128, 127}, 2, true, {128, 127}, 2},
    {"uint16", TYPE(UINT16), {255, 255}, 2, true, {65535}, 1},
    {"uint32", TYPE(UINT32), {255, 255, 255, 255}, 4, true, {4294967295.}, 1},
    {"bool", TYPE(BOOL), {0, 1}, 2, true, {0, 1}, 2},
};

static struct onnx_constant *read_tensor(const Onnx__TensorProto *tensor,
                                         struct error *err)
{
    const struct onnx_type *type;
    struct onnx_shape shape;

    struct onnx_constant *constant;

    if (onnx_tensor_check("a.onnx", "w", tensor, &type, &shape, err) < 0)
        return NULL;
    constant = onnx_tensor_constant("w", tensor, type, &shape);
    assert_int_equal(onnx_tensor_load(NULL, constant, err), 0);
    return constant;
}

static void assert_values(const char *fact, const struct onnx_constant *constant,
                          bool is_integer, const double *expected)
{
    if (constant->is_integer != is_integer)
        fail_msg("%s: the kind of number", fact);
    for (size_t i = 0; i < constant->count; i++) {
        double value =
            is_integer ? (double)constant->integers[i] : (double)constant->reals[i];

        if (value != expected[i])
            fail_msg("%s: value %zu is %g, not %g", fact, i, value, expected[i]);
    }
}

static void raw_data_of_every_type_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        const struct raw *raw = &raws[i];
        uint8_t *bytes = memory_copy(raw->bytes, raw->size);
        int64_t dim = (int64_t)raw->count;
        Onnx__TensorProto tensor = ONNX__TENSOR_PROTO__INIT;
        struct error err = {0};
        struct onnx_constant *constant;

        tensor.n_dims = 1;
        tensor.dims = &dim;
        tensor.has_data_type = tensor.has_raw_data = 1;
        tensor.data_type = raw->type;
        tensor.raw_data = (ProtobufCBinaryData){raw->size, bytes};
        constant = read_tensor(&tensor, &err);
        if (!constant)
            fail_msg("%s: %s", raw->fact, err.text);
        assert_int_equal(constant->count, raw->count);
        assert_values(raw->fact, constant, raw->is_integer, raw->expected);
        onnx_constant_destroy(constant);
        free(bytes);
    }
}

/* The same two numbers in each of the typed fields. */
static Onnx__TensorProto two_numbers(int32_t type)
{
    static float floats[] = {3, 0};
    static double doubles[] = {3, 0};
    static int32_t integers[] = {3, 0}, halves[] = {0x4200, 0}, tops[] = {0x4040, 0};
    static int64_t longs[] = {3, 0}, dims[] = {2, 1};
    static uint64_t unsigned_longs[] = {3, 0};
    Onnx__TensorProto tensor = ONNX__TENSOR_PROTO__INIT;

    tensor.n_dims = 2;
    tensor.dims = dims;
    tensor.has_data_type = 1;
    tensor.data_type = type;
    tensor.n_float_data = tensor.n_double_data = tensor.n_int32_data = 2;
    tensor.n_int64_data = tensor.n_uint64_data = 2;
    if (onnx_type_find(type) && onnx_type_find(type)->packed > 1)
        tensor.n_int32_data = 1; /* both are in one byte */
    tensor.float_data = floats;
    tensor.double_data = doubles;
    tensor.int32_data = type == TYPE(FLOAT16)    ? halves
                        : type == TYPE(BFLOAT16) ? tops
                                                 : integers;
    tensor.int64_data = longs;
    tensor.uint64_data = unsigned_longs;
    return tensor;
}

static void typed_fields_of_every_type_are_read(void **state)
{
    static const double expected[] = {3, 0}, as_bool[] = {1, 0}, as_int2[] = {-1, 0};

    (void)state;
    for (int32_t number = 0; number < 32; number++) {
        const struct onnx_type *type = onnx_type_find(number);
        Onnx__TensorProto tensor = two_numbers(number);
        struct error err = {0};
        struct onnx_constant *constant;

        if (!type)
            continue;
        constant = read_tensor(&tensor, &err);
        if (!constant)
            fail_msg("%s: %s", type->name, err.text);
        assert_values(type->name, constant, type->is_integer,
                      number == TYPE(BOOL)       ? as_bool
                      : number == ONNX_TYPE_INT2 ? as_int2
                                                 : expected);
        onnx_constant_destroy(constant);
    }
}

static void assert_refused(const Onnx__TensorProto *tensor, const char *sentence)
{
    struct error err = {0};

    assert_null(read_tensor(tensor, &err));
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence) || !strstr(err.text, "a.onnx: tensor \"w\""))
        fail_msg("%s", err.text);
}

static void values_must_fill_the_shape(void **state)
{
    Onnx__TensorProto typed = two_numbers(TYPE(FLOAT)), raw = typed;
    uint8_t bytes[7] = {0};

    (void)state;
    typed.n_float_data = 1;
    assert_refused(&typed, "float of [2, 1] needs 2 values, there are 1");
    raw.has_raw_data = 1;
    raw.raw_data = (ProtobufCBinaryData){sizeof bytes, bytes};
    assert_refused(&raw, "float of [2, 1] needs 8 bytes of raw_data, there are 7");
}

static void unreadable_types_are_named(void **state)
{
    Onnx__TensorProto text = two_numbers(TYPE(STRING)), none = two_numbers(TYPE(FLOAT));

    (void)state;
    assert_refused(&text, "has type 8, which calq cannot read");
    none.has_data_type = 0;
    assert_refused(&none, "which calq cannot read");
}

static void impossible_shapes_are_refused(void **state)
{
    int64_t negative[] = {2, -1}, huge[] = {INT64_MAX, INT64_MAX}, many[8] = {1};
    Onnx__TensorProto tensor = two_numbers(TYPE(FLOAT));

    (void)state;
    tensor.dims = negative;
    assert_refused(&tensor, "dimension 1 is -1");
    tensor.dims = huge;
    assert_refused(&tensor, "is impossible or too large");
    tensor.dims = many;
    tensor.n_dims = 8;
    assert_refused(&tensor, "has 8 dimensions");
}

static void data_outside_the_file_is_refused(void **state)
{
    Onnx__StringStringEntryProto location = ONNX__STRING_STRING_ENTRY_PROTO__INIT;
    Onnx__StringStringEntryProto *locations[] = {&location};
    Onnx__TensorProto tensor = two_numbers(TYPE(FLOAT));
    Onnx__TensorProto__Segment segment = ONNX__TENSOR_PROTO__SEGMENT__INIT;

    (void)state;
    tensor.segment = &segment;
    assert_refused(&tensor, "is stored in segments");
    tensor.segment = NULL;
    tensor.n_external_data = 1;
    tensor.external_data = locations;
    assert_refused(&tensor, "only files in the folder of the model");
    tensor.n_external_data = 0;
    tensor.has_data_location = 1;
    tensor.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    assert_refused(&tensor, "only files in the folder of the model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_data_of_every_type_is_read),
        cmocka_unit_test(typed_fields_of_every_type_are_read),
        cmocka_unit_test(values_must_fill_the_shape),
        cmocka_unit_test(unreadable_types_are_named),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(data_outside_the_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
