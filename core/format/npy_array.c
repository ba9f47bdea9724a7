#include "core/format/npy_array.h"

#include "core/base/half.h"
#include "core/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- types --------------------------------------------------------------------------------- */

/* The values of a piece of an array. */
#define CONVERT(name, from, to)                                                        \
    static void name(const void *values, size_t count, void *out)                      \
    {                                                                                  \
        for (size_t i = 0; i < count; i++)                                             \
            ((to *)out)[i] = (to)((const from *)values)[i];                            \
    }

CONVERT(copy_u8, uint8_t, uint8_t)
CONVERT(widen_i8, int8_t, int32_t)
CONVERT(widen_i16, int16_t, int32_t)
CONVERT(widen_u16, uint16_t, int32_t)
CONVERT(copy_i32, int32_t, int32_t)
CONVERT(widen_u32, uint32_t, int64_t)
CONVERT(copy_i64, int64_t, int64_t)
CONVERT(copy_f32, float, float)
CONVERT(narrow_f64, double, float)

static void widen_f16(const void *values, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++)
        ((float *)out)[i] = half_to_float(((const uint16_t *)values)[i]);
}

static const struct type {
    const char *name; /* in the file, without the order of bytes */
    size_t bytes;
    enum hdf5_kind kind;
    size_t as_bytes;
    bool is_signed;
    void (*convert)(const void *values, size_t count, void *out);
} types[] = {
    {"u1", 1, HDF5_INTEGERS, 1, false, copy_u8},
    {"b1", 1, HDF5_INTEGERS, 1, false, copy_u8},
    {"i1", 1, HDF5_INTEGERS, 4, true, widen_i8},
    {"i2", 2, HDF5_INTEGERS, 4, true, widen_i16},
    {"u2", 2, HDF5_INTEGERS, 4, true, widen_u16},
    {"i4", 4, HDF5_INTEGERS, 4, true, copy_i32},
    {"u4", 4, HDF5_INTEGERS, 8, true, widen_u32},
    {"i8", 8, HDF5_INTEGERS, 8, true, copy_i64},
    {"u8", 8, HDF5_INTEGERS, 8, true, copy_i64}, /* those that fit */
    {"f2", 2, HDF5_FLOATS, 4, true, widen_f16},
    {"f4", 4, HDF5_FLOATS, 4, true, copy_f32},
    {"f8", 8, HDF5_FLOATS, 4, true, narrow_f64},
};

/* ---- the header ---------------------------------------------------------------------------- */

enum { HEADER_MOST = 1 << 20 };

static int damaged(const struct byte_stream *stream, const char *what,
                   struct error *err)
{
    return error_set(err, EXIT_INPUT, "%s is no array of numpy.save(), or damaged: %s",
                     stream->name, what);
}

/* The text, to be freed; NULL on failure. */
static char *read_header(struct byte_stream *stream, struct error *err)
{
    unsigned char begin[8], length[4] = {0};
    size_t bytes;
    char *header;

    if (byte_stream_take(stream, begin, sizeof begin, err) < 0)
        return NULL;
    if (memcmp(begin, "\x93NUMPY", 6) != 0 || begin[6] < 1 || begin[6] > 3) {
        damaged(stream, "it begins otherwise", err);
        return NULL;
    }
    if (byte_stream_take(stream, length, begin[6] == 1 ? 2 : 4, err) < 0)
        return NULL;
    bytes = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
            (size_t)length[3] << 24;
    if (bytes > HEADER_MOST) {
        damaged(stream, "its header is too long", err);
        return NULL;
    }
    header = memory_zeroed(bytes + 1, 1);
    if (byte_stream_take(stream, header, bytes, err) == 0)
        return header;
    free(header);
    return NULL;
}

/* What stands behind 'key': in the text of a dictionary of Python; NULL: it is not there. */
static const char *value_of(const char *header, const char *key)
{
    const char *at = strstr(header, key);

    if (!at)
        return NULL;
    at += strlen(key);
    return at + strspn(at, " :");
}

static int take_type(struct npy_array *array, const char *descr, struct error *err)
{
    uint16_t one = 1;
    char other = *(uint8_t *)&one == 1 ? '>' : '<';

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (descr && descr[0] == '\'' && descr[1] &&
            strncmp(descr + 2, types[i].name, 2) == 0 && descr[4] == '\'') {
            array->type = (int)i;
            array->is_turned = descr[1] == other;
            array->as.kind = types[i].kind;
            array->as.bytes = types[i].as_bytes;
            array->as.is_signed = types[i].is_signed;
            return 0;
        }
    return error_set(err, EXIT_INPUT,
                     "%s holds values of the type %.24s; calq packs integers of 1 to 8 "
                     "bytes, truth values, and floats of 2, 4 or 8 bytes",
                     array->stream->name, descr ? descr : "?");
}

/* "(768, 1, 24, 24), " */
static int take_shape(struct npy_array *array, const char *shape, struct error *err)
{
    struct hdf5_dataset *as = &array->as;
    const unsigned long long most = 1ull << 40;
    unsigned long long values = 1;

    if (!shape || *shape != '(')
        return damaged(array->stream, "it has no shape", err);
    shape++;
    for (as->rank = 0; *shape && *shape != ')'; shape += strspn(shape, ", ")) {
        char *end;
        unsigned long long size = strtoull(shape, &end, 10);

        if (end == shape || size > most || as->rank == HDF5_RANK_MAX)
            return error_set(err, EXIT_INPUT,
                             "%s: its shape is (%.60s; calq packs up to %d dimensions",
                             array->stream->name, shape, HDF5_RANK_MAX);
        as->sizes[as->rank++] = size;
        shape = end;
    }
    for (int i = 0; i < as->rank; i++)
        values = values <= most ? values * as->sizes[i] : values;
    if (as->rank >= 1 && values >= 1 && values <= most)
        return 0;
    return error_set(
        err, EXIT_INPUT, "%s holds %s; an array of samples, [N, ...], is needed",
        array->stream->name, as->rank < 1 ? "one value" : "no values, or too many");
}

static int take_header(struct npy_array *array, const char *header, struct error *err)
{
    const char *order = value_of(header, "'fortran_order'");

    if (take_type(array, value_of(header, "'descr'"), err) < 0 ||
        take_shape(array, value_of(header, "'shape'"), err) < 0)
        return -1;
    if (order && strncmp(order, "True", 4) == 0 && array->as.rank > 1)
        return error_set(err, EXIT_INPUT,
                         "%s is in Fortran's order; save numpy.ascontiguousarray(it)",
                         array->stream->name);
    return 0;
}

int npy_array_begin(struct npy_array *array, struct byte_stream *stream,
                    struct error *err)
{
    char *header = read_header(stream, err);
    int status;

    *array = (struct npy_array){.stream = stream};
    if (!header)
        return -1;
    status = take_header(array, header, err);
    free(header);
    return status;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void turn(unsigned char *values, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++, values += bytes)
        for (size_t low = 0, high = bytes - 1; low < high; low++, high--) {
            unsigned char byte = values[low];

            values[low] = values[high];
            values[high] = byte;
        }
}

static int check_large(const struct npy_array *array, const uint64_t *values,
                       size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] > INT64_MAX)
            return error_set(
                err, EXIT_INPUT,
                "%s holds %llu, which is beyond the integers that calq reads",
                array->stream->name, (unsigned long long)values[i]);
    return 0;
}

/* A piece after the other, so that what is converted needs little room. */
int npy_array_rows(struct npy_array *array, size_t count, void *rows, struct error *err)
{
    enum { PIECE = 4096 };
    const struct type *type = &types[array->type];
    size_t left = count * hdf5_dataset_row(&array->as);
    uint64_t piece[PIECE];
    char *to = rows;

    while (left > 0) {
        size_t some = left < PIECE ? left : PIECE;

        if (byte_stream_take(array->stream, piece, some * type->bytes, err) < 0)
            return -1;
        if (array->is_turned)
            turn((unsigned char *)piece, some, type->bytes);
        if (strcmp(type->name, "u8") == 0 && check_large(array, piece, some, err) < 0)
            return -1;
        type->convert(piece, some, to);
        to += some * type->as_bytes;
        left -= some;
    }
    return 0;
}
