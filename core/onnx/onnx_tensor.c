#include "core/onnx/onnx_tensor.h"

#include "core/base/half.h"
#include "core/base/memory.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_external.h"
#include "core/onnx/onnx_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

static const struct onnx_type types[] = {
    {TYPE(FLOAT), "float", 4, false, 0, 0, 1},
    {TYPE(DOUBLE), "double", 8, false, 0, 0, 1},
    {TYPE(FLOAT16), "float16", 2, false, 0, 0, 1},
    {TYPE(BFLOAT16), "bfloat16", 2, false, 0, 0, 1},
    {TYPE(INT64), "int64", 8, true, INT64_MIN, INT64_MAX, 1},
    {TYPE(INT32), "int32", 4, true, INT32_MIN, INT32_MAX, 1},
    {TYPE(INT16), "int16", 2, true, INT16_MIN, INT16_MAX, 1},
    {TYPE(INT8), "int8", 1, true, INT8_MIN, INT8_MAX, 1},
    {TYPE(UINT64), "uint64", 8, true, 0, INT64_MAX, 1},
    {TYPE(UINT32), "uint32", 4, true, 0, UINT32_MAX, 1},
    {TYPE(UINT16), "uint16", 2, true, 0, UINT16_MAX, 1},
    {TYPE(UINT8), "uint8", 1, true, 0, UINT8_MAX, 1},
    {TYPE(BOOL), "bool", 1, true, 0, 1, 1},
    {ONNX_TYPE_INT4, "int4", 1, true, -8, 7, 2},
    {ONNX_TYPE_INT2, "int2", 1, true, -2, 1, 4},
    {ONNX_TYPE_UINT2, "uint2", 1, true, 0, 3, 4},
    {ONNX_TYPE_UINT4, "uint4", 1, true, 0, 15, 2},
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

/* Whether raw_data has the values, and how many bytes they are. */
static bool has_raw_data(const Onnx__TensorProto *tensor, size_t *bytes)
{
    struct onnx_left left = onnx_scan_left(tensor);

    if (left.bytes > 0 && !left.is_floats) {
        *bytes = left.bytes;
        return true;
    }
    *bytes = tensor->raw_data.len;
    return tensor->has_raw_data;
}

/* Where a TensorProto that has no raw_data keeps the values of a type. */
static size_t typed_count(const Onnx__TensorProto *tensor, const struct onnx_type *type)
{
    switch (type->number) {
    case TYPE(FLOAT):
        return tensor->n_float_data + onnx_scan_left(tensor).bytes / sizeof(float);
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
    return (count + type->packed - 1) / type->packed;
}

static int check_size(const char *path, const char *name,
                      const Onnx__TensorProto *tensor, const struct onnx_type *type,
                      const struct onnx_shape *shape, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t count, stored, bytes;
    bool is_raw = has_raw_data(tensor, &bytes);

    if (!onnx_shape_count(shape, &count))
        return onnx_error(err, path,
                          "tensor \"%s\": the shape %s is impossible or too large",
                          name, onnx_shape_text(shape, text));
    stored = stored_count(type, count);
    if (onnx_external_is(tensor))
        return onnx_external_check(path, name, tensor, stored * type->bytes, err);
    if (is_raw && bytes != stored * type->bytes)
        return onnx_error(
            err, path,
            "tensor \"%s\": %s of %s needs %zu bytes of raw_data, there are %zu", name,
            type->name, onnx_shape_text(shape, text), stored * type->bytes, bytes);
    if (!is_raw && typed_count(tensor, type) != stored)
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
    size_t bits = 8 / type->packed;

    if (type->packed > 1)
        return stored_bits(tensor, type, index / type->packed) >>
                   index % type->packed * bits &
               ((1u << bits) - 1);
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
    if (type->number == TYPE(BFLOAT16))
        bits <<= 16;
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
    int unused = 64 - 8 * (int)type->bytes / (int)type->packed;
    int64_t value;

    if (!is_signed && bits > (uint64_t)type->high)
        return type->high;
    value = is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    return value < type->low ? type->low : value > type->high ? type->high : value;
}

/* ---- values of constants ------------------------------------------------------------------ */

struct onnx_constant *onnx_tensor_constant(const char *name,
                                           const Onnx__TensorProto *tensor,
                                           const struct onnx_type *type,
                                           const struct onnx_shape *shape)
{
    struct onnx_constant *constant = memory_zeroed(1, sizeof *constant);

    constant->name = name;
    constant->shape = *shape;
    onnx_shape_count(shape, &constant->count);
    constant->is_integer = type->is_integer;
    constant->stored = tensor;
    constant->stored_type = type;
    return constant;
}

/* Where values go: one of the two. */
struct target {
    float *reals;
    int64_t *integers;
};

/* `count` values of a tensor that is in memory, from `first` on. */
static void decode(const Onnx__TensorProto *tensor, const struct onnx_type *type,
                   size_t first, size_t count, struct target to)
{
    for (size_t i = 0; i < count; i++) {
        if (to.integers)
            to.integers[i] = integer_at(tensor, type, first + i);
        else
            to.reals[i] = real_at(tensor, type, first + i);
    }
}

/* Bytes of values that are not in memory, from one of these on. */
static int read_left(const struct onnx_file *file, const Onnx__TensorProto *tensor,
                     const struct onnx_left *left, uint64_t first, size_t count,
                     void *to, struct error *err)
{
    return onnx_external_is(tensor)
               ? onnx_external_bytes(file->path, tensor, first, count, to, err)
               : onnx_file_bytes(file, left->offset + first, count, to, err);
}

/* The same of one whose values are not in memory, by pieces of which the first value begins a byte. */
static int decode_left(const struct onnx_file *file, const Onnx__TensorProto *tensor,
                       const struct onnx_left *left, const struct onnx_type *type,
                       size_t first, size_t count, struct target to, struct error *err)
{
    enum { PIECE_BYTES = 1 << 16 };
    uint8_t bytes[PIECE_BYTES];
    size_t in_unit = type->packed;

    for (size_t done = 0; done < count;) {
        size_t skipped = (first + done) % in_unit;
        size_t unit = (first + done) / in_unit;
        size_t units = PIECE_BYTES / type->bytes;
        size_t units_left = left->bytes / type->bytes - unit;
        Onnx__TensorProto piece = ONNX__TENSOR_PROTO__INIT;
        size_t values;

        units = units_left < units ? units_left : units;
        values = units * in_unit - skipped;
        values = values < count - done ? values : count - done;
        if (read_left(file, tensor, left, unit * type->bytes, units * type->bytes,
                      bytes, err) < 0)
            return -1;
        piece.has_raw_data = 1;
        piece.raw_data =
            (ProtobufCBinaryData){.len = units * type->bytes, .data = bytes};
        decode(&piece, type, skipped, values,
               (struct target){.reals = to.reals ? to.reals + done : NULL,
                               .integers = to.integers ? to.integers + done : NULL});
        done += values;
    }
    return 0;
}

static int read_stored(const struct onnx_file *file,
                       const struct onnx_constant *constant, size_t first, size_t count,
                       struct target to, struct error *err)
{
    const Onnx__TensorProto *tensor = constant->stored;
    const struct onnx_type *type = constant->stored_type;
    struct onnx_left left = onnx_scan_left(tensor);

    if (onnx_external_is(tensor))
        left = (struct onnx_left){.bytes = stored_count(type, constant->count) *
                                           type->bytes};
    if (left.bytes == 0 ||
        (left.is_floats && (tensor->has_raw_data || type->number != TYPE(FLOAT)))) {
        decode(tensor, type, first, count, to);
        return 0;
    }
    if (type->number == TYPE(FLOAT) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return read_left(file, tensor, &left, first * sizeof(float),
                         count * sizeof(float), to.reals, err);
    return decode_left(file, tensor, &left, type, first, count, to, err);
}

/* The columns of a matrix [columns, rows] as rows, in its place. */
static void turn(float *values, size_t rows, size_t columns)
{
    size_t count = rows * columns;
    float *from = memory_get(count * sizeof *from);

    memcpy(from, values, count * sizeof *from);
    for (size_t i = 0; i < count; i++)
        values[i] = from[i % columns * rows + i / columns];
    free(from);
}

int onnx_tensor_load(const struct onnx_file *file, struct onnx_constant *constant,
                     struct error *err)
{
    struct target to = {.reals = NULL};

    if (constant->is_integer)
        to.integers = memory_zeroed(constant->count, sizeof *to.integers);
    else
        to.reals = memory_zeroed(constant->count, sizeof *to.reals);
    if (read_stored(file, constant, 0, constant->count, to, err) < 0) {
        free(to.integers);
        free(to.reals);
        return -1;
    }
    if (constant->is_turned)
        turn(to.reals, (size_t)constant->shape.dims[0],
             (size_t)constant->shape.dims[1]);
    constant->is_turned = false;
    constant->integers = to.integers;
    constant->reals = to.reals;
    constant->stored = NULL;
    return 0;
}

int onnx_tensor_reals(const struct onnx_file *file,
                      const struct onnx_constant *constant, size_t first, size_t count,
                      float *to, struct error *err)
{
    if (constant->stored)
        return read_stored(file, constant, first, count, (struct target){.reals = to},
                           err);
    memcpy(to, constant->reals + first, count * sizeof *to);
    return 0;
}
