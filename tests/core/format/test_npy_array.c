/* Arrays of NumPy, alone and in ZIP files: their types, and what is wrong with others. */
#include "core/base/memory.h"
#include "core/format/npy_array.h"
#include "core/format/zip_file.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* An array file: header as text, and values. Returns its bytes. */
static size_t build(char *file, const char *header, const void *values, size_t bytes)
{
    size_t length = strlen(header);

    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + 10, header, length);
    memcpy(file + 10 + length, values, bytes);
    return 10 + length + bytes;
}

static void write_bytes(const void *bytes, size_t count)
{
    FILE *file = fopen(scratch_file, "wb");

    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static const char header_of[] = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n";

static int open_array(const char *descr, const char *order, const char *shape,
                      const void *values, size_t bytes, struct npy_array *array,
                      struct error *err)
{
    char header[200], file[1000];
    struct byte_stream *stream;

    snprintf(header, sizeof header, header_of, descr, order, shape);
    write_bytes(file, build(file, header, values, bytes));
    stream = byte_stream_open(scratch_file, err);
    assert_non_null(stream);
    if (npy_array_begin(array, stream, err) == 0)
        return 0;
    byte_stream_close(stream);
    return -1;
}

static void values_are_given_as_they_are(void **state)
{
    static const struct {
        const char *descr;
        size_t bytes;
        unsigned char values[16]; /* two */
        enum hdf5_kind kind;
        size_t as_bytes;
        double first, second;
    } cases[] = {
        {"|u1", 1, {7, 255}, HDF5_INTEGERS, 1, 7, 255},
        {"|b1", 1, {0, 1}, HDF5_INTEGERS, 1, 0, 1},
        {"|i1", 1, {7, 255}, HDF5_INTEGERS, 4, 7, -1},
        {"<i2", 2, {1, 2, 255, 255}, HDF5_INTEGERS, 4, 513, -1},
        {">i2", 2, {1, 2, 255, 255}, HDF5_INTEGERS, 4, 258, -1},
        {"<u2", 2, {1, 2, 255, 255}, HDF5_INTEGERS, 4, 513, 65535},
        {"<u4", 4, {1, 0, 0, 0, 255, 255, 255, 255}, HDF5_INTEGERS, 8, 1, 4294967295.},
        {"<i8",
         8,
         {5, [8] = 255, 255, 255, 255, 255, 255, 255, 255},
         HDF5_INTEGERS,
         8,
         5,
         -1},
        {"<f2", 2, {0, 0x3c, 1, 0x80}, HDF5_FLOATS, 4, 1, -1. / (1 << 24)},
        {"<f4", 4, {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}, HDF5_FLOATS, 4, 1, -2},
        {">f4", 4, {0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0}, HDF5_FLOATS, 4, 1, -2},
        {"<f8", 8, {[6] = 0xf0, 0x3f, [15] = 0xc0}, HDF5_FLOATS, 4, 1, -2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct npy_array array;
        struct error err = {0};
        int64_t values[2];
        double found[2];

        assert_int_equal(open_array(cases[i].descr, "False", "(2,)", cases[i].values,
                                    2 * cases[i].bytes, &array, &err),
                         0);
        assert_int_equal(array.as.kind, cases[i].kind);
        assert_int_equal(array.as.bytes, cases[i].as_bytes);
        assert_int_equal(array.as.rank, 1);
        assert_int_equal(npy_array_rows(&array, 2, values, &err), 0);
        for (int k = 0; k < 2; k++)
            found[k] = array.as.kind == HDF5_FLOATS ? ((float *)values)[k]
                       : array.as.bytes == 1        ? ((uint8_t *)values)[k]
                       : array.as.bytes == 4        ? ((int32_t *)values)[k]
                                                    : (double)values[k];
        assert_true(found[0] == cases[i].first && found[1] == cases[i].second);
        assert_int_equal(npy_array_rows(&array, 1, values, &err), -1);
        assert_non_null(strstr(err.text, "is cut short"));
        byte_stream_close(array.stream);
    }
}

static void other_arrays_are_refused_by_a_sentence(void **state)
{
    static const struct {
        const char *descr, *order, *shape, *sentence;
    } cases[] = {
        {"<c8", "False", "(2,)", "holds values of the type '<c8'"},
        {"<U5", "False", "(2,)", "holds values of the type '<U5'"},
        {"<f4", "True", "(2, 2)", "is in Fortran's order"},
        {"<f4", "False", "()", "holds one value; an array of samples"},
        {"<f4", "False", "(0, 3)", "holds no values"},
        {"<f4", "False", "(-1,)", "its shape is (-1,)"},
        {"<f4", "False", "(1048576, 1048576, 1048576)", "no values, or too many"},
        {"<f4", "False", "(1,1,1,1,1,1,1,1,1,1,1,1)", "up to"},
        {"<f4", "False", "2", "it has no shape"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct npy_array array;
        struct error err = {0};

        assert_int_equal(open_array(cases[i].descr, cases[i].order, cases[i].shape,
                                    "1234567890123456", 16, &array, &err),
                         -1);
        assert_int_equal(err.code, EXIT_INPUT);
        assert_non_null(strstr(err.text, cases[i].sentence));
        assert_non_null(strstr(err.text, scratch_file));
    }
}

static void integers_beyond_what_is_read_are_told(void **state)
{
    struct npy_array array;
    struct error err = {0};
    int64_t value;

    (void)state;
    assert_int_equal(open_array("<u8", "False", "(1,)",
                                "\xff\xff\xff\xff\xff\xff\xff\xff", 8, &array, &err),
                     0);
    assert_int_equal(npy_array_rows(&array, 1, &value, &err), -1);
    assert_non_null(strstr(err.text, "holds 18446744073709551615"));
    byte_stream_close(array.stream);
}

/* ---- ZIP files ------------------------------------------------------------------------------ */

static void put(char **at, unsigned long long number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *(*at)++ = i < 8 ? (char)(number >> 8 * i) : 0;
}

/* A ZIP file of one deflated file `a`, without the sizes that a list may lack. Returns its bytes. */
static size_t zip_of(const char *content, size_t bytes, char *file)
{
    char packed[1000], *at = file, *list;
    z_stream deflating = {.next_in = (Bytef *)content,
                          .avail_in = (uInt)bytes,
                          .next_out = (Bytef *)packed,
                          .avail_out = sizeof packed};
    uLong checksum = crc32(0, (const Bytef *)content, (uInt)bytes);

    deflateInit2(&deflating, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    deflate(&deflating, Z_FINISH);
    deflateEnd(&deflating);
    put(&at, 0x04034b50, 4);
    at += 22;
    put(&at, 1, 2);
    put(&at, 0, 2);
    put(&at, 'a', 1);
    memcpy(at, packed, deflating.total_out);
    at += deflating.total_out;
    list = at;
    put(&at, 0x02014b50, 4);
    put(&at, 0, 6);
    put(&at, 8, 2);
    put(&at, 0, 4);
    put(&at, checksum, 4);
    put(&at, deflating.total_out, 4);
    put(&at, bytes, 4);
    put(&at, 1, 2);
    put(&at, 0, 12);
    put(&at, 0, 4);
    put(&at, 'a', 1);
    put(&at, 0x06054b50, 4);
    put(&at, 0, 4);
    put(&at, 1, 2);
    put(&at, 1, 2);
    put(&at, (unsigned long long)(at - list - 12), 4);
    put(&at, (unsigned long long)(list - file), 4);
    put(&at, 0, 2);
    return (size_t)(at - file);
}

/* Reads all of it: 0, or -1. */
static int read_zip(char *content, size_t bytes, struct error *err)
{
    struct zip_file *zip = zip_file_open(scratch_file, err);
    struct byte_stream *stream = NULL;
    int status = -1;

    if (zip && zip_file_count(zip) > 0)
        stream = zip_file_stream(zip, 0, err);
    if (stream)
        status = byte_stream_take(stream, content, bytes, err);
    byte_stream_close(stream);
    zip_file_close(zip);
    return status;
}

static void a_deflated_file_is_read(void **state)
{
    char content[500], file[2000] = {0}, found[500];
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * i / 7);
    write_bytes(file, zip_of(content, sizeof content, file));
    assert_int_equal(read_zip(found, sizeof found, &err), 0);
    assert_memory_equal(found, content, sizeof content);
}

/* Any byte may be another, and any end missing: a sentence, or the same content. */
static void damaged_zip_files_end_with_a_sentence(void **state)
{
    char content[300], file[2000] = {0}, found[300];
    size_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * i / 7);
    bytes = zip_of(content, sizeof content, file);
    for (size_t at = 0; at < 2 * bytes; at++) {
        struct error err = {0};
        char damaged[2000];
        size_t length = at < bytes ? bytes : at - bytes;

        memcpy(damaged, file, bytes);
        if (at < bytes)
            damaged[at] ^= 0x55;
        write_bytes(damaged, length);
        if (read_zip(found, sizeof found, &err) == 0)
            assert_memory_equal(found, content, sizeof content);
        else if (err.text[0]) /* none where the list is empty now */
            assert_true(err.code == EXIT_INPUT && strstr(err.text, scratch_file));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_given_as_they_are),
        cmocka_unit_test(other_arrays_are_refused_by_a_sentence),
        cmocka_unit_test(integers_beyond_what_is_read_are_told),
        cmocka_unit_test(a_deflated_file_is_read),
        cmocka_unit_test(damaged_zip_files_end_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
