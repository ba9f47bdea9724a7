#include "core/network/onnx_tensor.h"

#include "core/network/onnx_error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

static const struct onnx_type types[] = {
    {TYPE(FLOAT), "float", 4, false, 0, 0, false},
    {TYPE(DOUBLE), "double", 8, false, 0, 0, false},
    {TYPE(FLOAT16), "float16", 2, false, 0, 0, false},
    {TYPE(INT64), "int64", 8, true, INT64_MIN, INT64_MAX, false},
    {TYPE(INT32), "int32", 4, true, INT32_MIN, INT32_MAX, false},
    {TYPE(INT16), "int16", 2, true, INT16_MIN, INT16_MAX, false},
    {TYPE(INT8), "int8", 1, true, INT8_MIN, INT8_MAX, false},
    {TYPE(UINT64), "uint64", 8, true, 0, INT64_MAX, false},
    {TYPE(UINT32), "uint32", 4, true, 0, UINT32_MAX, false},
    {TYPE(UINT16), "uint16", 2, true, 0, UINT16_MAX, false},
    {TYPE(UINT8), "uint8", 1, true, 0, UINT8_MAX, false},
    {TYPE(BOOL), "bool", 1, true, 0, 1, false},
    {ONNX_TYPE_INT4, "int4", 1, true, -8, 7, true},
    {ONNX_TYPE_UINT4, "uint4", 1, true, 0, 15, true},
};

const struct onnx_type *onnx_type_find(int32_t number)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number)
            return &types[i];
    return NULL;
}

const char *onnx_type_text(int32_t number, char *text)
{
    const struct onnx_type *type = onnx_type_find(number);

    if (type)
        return type->name;
    snprintf(text, 32, "type %d", (int)number);
    return text;
}

/* Where a TensorProto that has no raw_data keeps the values of a type. */
static size_t typed_count(const Onnx__TensorProto *tensor, const struct onnx_type *type)
{
    switch (type->number) {
    case TYPE(FLOAT):
        return tensor->n_float_data;
    case TYPE(DOUBLE):
        return tensor->n_double_data;
    case TYPE(INT64):
        return tensor->n_int64_data;
    case TYPE(UINT32):
    case TYPE(UINT64):
        return tensor->n_uint64_data;
    default:
        return tensor->n_int32_data;
    }
}

/* Bytes of raw_data, or entries of a list, that hold so many values. */
static size_t stored_count(const struct onnx_type *type, size_t count)
{
    return type->is_packed ? (count + 1) / 2 : count;
}

static int check_size(const char *path, const char *name,
                      const Onnx__TensorProto *tensor, const struct onnx_type *type,
                      const struct onnx_shape *shape, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t count, stored;

    if (!onnx_shape_count(shape, &count))
        return onnx_error(err, path,
                          "tensor \"%s\": the shape %s is impossible or too large",
                          name, onnx_shape_text(shape, text));
    stored = stored_count(type, count);
    if (tensor->has_raw_data && tensor->raw_data.len != stored * type->bytes)
        return onnx_error(
            err, path,
            "tensor \"%s\": %s of %s needs %zu bytes of raw_data, there are %zu", name,
            type->name, onnx_shape_text(shape, text), stored * type->bytes,
            tensor->raw_data.len);
    if (!tensor->has_raw_data && typed_count(tensor, type) != stored)
        return onnx_error(err, path,
                          "tensor \"%s\": %s of %s needs %zu values, there are %zu",
                          name, type->name, onnx_shape_text(shape, text), stored,
                          typed_count(tensor, type));
    return 0;
}

int onnx_tensor_check(const char *path, const char *name,
                      const Onnx__TensorProto *tensor, const struct onnx_type **type,
                      struct onnx_shape *shape, struct error *err)
{
    char text[32];

    if (tensor->n_external_data > 0 ||
        (tensor->has_data_location &&
         tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL))
        return onnx_error(
            err, path,
            "tensor \"%s\" keeps its data in another file, which calq does not "
            "read; save the model with its data inside",
            name);
    if (tensor->segment)
        return onnx_error(err, path, "tensor \"%s\" is stored in segments", name);
    *type = onnx_type_find(tensor->data_type);
    if (!tensor->has_data_type || !*type)
        return onnx_error(err, path, "tensor \"%s\" has %s, which calq cannot read",
                          name, onnx_type_text(tensor->data_type, text));
    if (tensor->n_dims > ONNX_RANK_MAX)
        return onnx_error(err, path,
                          "tensor \"%s\" has %zu dimensions; at most %d are known",
                          name, tensor->n_dims, ONNX_RANK_MAX);
    *shape = (struct onnx_shape){.rank = (int)tensor->n_dims};
    for (int i = 0; i < shape->rank; i++) {
        shape->dims[i] = tensor->dims[i];
        if (shape->dims[i] < 0)
            return onnx_error(err, path, "tensor \"%s\": dimension %d is %lld", name, i,
                              (long long)shape->dims[i]);
    }
    return check_size(path, name, tensor, *type, shape, err);
}

static float half_to_float(uint16_t half)
{
    int exponent = half >> 10 & 31;
    int mantissa = half & 1023;
    float sign = half >> 15 ? -1.f : 1.f;

    if (exponent == 31)
        return mantissa ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexpf((float)mantissa, -24);
    return sign * ldexpf((float)(mantissa + 1024), exponent - 25);
}

/* raw_data is little-endian. */
static uint64_t raw_bits(const uint8_t *bytes, size_t count)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < count; i++)
        bits |= (uint64_t)bytes[i] << (8 * i);
    return bits;
}

static uint64_t stored_bits(const Onnx__TensorProto *tensor,
                            const struct onnx_type *type, size_t index)
{
    if (tensor->has_raw_data)
        return raw_bits(tensor->raw_data.data + index * type->bytes, type->bytes);
    switch (type->number) {
    case TYPE(INT64):
        return (uint64_t)tensor->int64_data[index];
    case TYPE(UINT32):
    case TYPE(UINT64):
        return tensor->uint64_data[index];
    default:
        return (uint64_t)(int64_t)tensor->int32_data[index];
    }
}

/* The bits of one value, at the low end. */
static uint64_t bits_of(const Onnx__TensorProto *tensor, const struct onnx_type *type,
                        size_t index)
{
    if (type->is_packed)
        return stored_bits(tensor, type, index / 2) >> index % 2 * 4 & 15;
    return stored_bits(tensor, type, index);
}

static float real_at(const Onnx__TensorProto *tensor, const struct onnx_type *type,
                     size_t index)
{
    uint64_t bits;
    uint32_t low;
    float single;
    double wide;

    if (!tensor->has_raw_data && type->number == TYPE(FLOAT))
        return tensor->float_data[index];
    if (!tensor->has_raw_data && type->number == TYPE(DOUBLE))
        return (float)tensor->double_data[index];
    bits = bits_of(tensor, type, index);
    if (type->number == TYPE(FLOAT16))
        return half_to_float((uint16_t)bits);
    if (type->number == TYPE(DOUBLE)) {
        memcpy(&wide, &bits, sizeof wide);
        return (float)wide;
    }
    low = (uint32_t)bits;
    memcpy(&single, &low, sizeof single);
    return single;
}

/* Values outside their type's range are cut to the range. */
static int64_t integer_at(const Onnx__TensorProto *tensor, const struct onnx_type *type,
                          size_t index)
{
    uint64_t bits = bits_of(tensor, type, index);
    bool is_signed = type->low < 0;
    int unused = 64 - (type->is_packed ? 4 : 8 * (int)type->bytes);
    int64_t value;

    if (!is_signed && bits > (uint64_t)type->high)
        return type->high;
    value = is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    return value < type->low ? type->low : value > type->high ? type->high : value;
}

struct onnx_constant *onnx_tensor_read(const char *name,
                                       const Onnx__TensorProto *tensor,
                                       const struct onnx_type *type,
                                       const struct onnx_shape *shape)
{
    struct onnx_constant *constant =
        onnx_constant_create(name, type->is_integer, shape);

    if (type->number == TYPE(FLOAT) && tensor->has_raw_data && constant->count &&
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        memcpy(constant->reals, tensor->raw_data.data, tensor->raw_data.len);
        return constant;
    }
    for (size_t i = 0; i < constant->count; i++) {
        if (type->is_integer)
            constant->integers[i] = integer_at(tensor, type, i);
        else
            constant->reals[i] = real_at(tensor, type, i);
    }
    return constant;
}
