/* HDF5 files that are written row by row: what is read again, and what becomes of those that fail. */
#include "core/format/hdf5_reader.h"
#include "core/format/hdf5_writer.h"
#include "tests/support/hdf5_builder.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 7, COLUMNS = 5, AT_ONCE = 3, CHUNK = 4 };

static struct hdf5_dataset table_of(enum hdf5_kind kind, size_t bytes, bool is_signed)
{
    return (struct hdf5_dataset){.name = "/group/table",
                                 .kind = kind,
                                 .bytes = bytes,
                                 .is_signed = is_signed,
                                 .rank = 2,
                                 .sizes = {0, COLUMNS}};
}

/* Value i of all, which all types hold. */
static double value_at(int i)
{
    return i * 3 % 100;
}

static void fill(const struct hdf5_dataset *about, int first, int count, void *rows)
{
    for (int i = 0; i < count; i++)
        if (about->kind == HDF5_FLOATS)
            ((float *)rows)[i] = (float)value_at(first + i);
        else if (about->bytes == 1)
            ((uint8_t *)rows)[i] = (uint8_t)value_at(first + i);
        else if (about->bytes == 4)
            ((int32_t *)rows)[i] = (int32_t)value_at(first + i);
        else
            ((int64_t *)rows)[i] = (int64_t)value_at(first + i);
}

static void write_table(struct hdf5_dataset about, int gzip)
{
    struct error err = {0};
    struct hdf5_writer *writer = hdf5_writer_open(scratch_file, &err);
    int64_t rows[AT_ONCE * COLUMNS];

    assert_non_null(writer);
    assert_int_equal(hdf5_writer_add(writer, &about, CHUNK, gzip, &err), 0);
    for (int row = 0; row < ROWS; row += AT_ONCE) {
        int count = ROWS - row < AT_ONCE ? ROWS - row : AT_ONCE;

        fill(&about, row * COLUMNS, count * COLUMNS, rows);
        assert_int_equal(hdf5_writer_append(writer, &about, rows, (size_t)count, &err),
                         0);
    }
    assert_int_equal(hdf5_writer_close(writer, 0, &err), 0);
}

static void rows_are_read_as_they_were_written(void **state)
{
    static const struct {
        enum hdf5_kind kind;
        size_t bytes;
        bool is_signed;
    } types[] = {{HDF5_FLOATS, 4, true},
                 {HDF5_INTEGERS, 1, false},
                 {HDF5_INTEGERS, 4, true},
                 {HDF5_INTEGERS, 8, true}};

    (void)state;
    for (size_t type = 0; type < sizeof types / sizeof *types; type++)
        for (int gzip = 0; gzip <= 4; gzip += 4) {
            float found[ROWS * COLUMNS + 1];

            write_table(
                table_of(types[type].kind, types[type].bytes, types[type].is_signed),
                gzip);
            assert_int_equal(hdf5_builder_read(scratch_file, "/group/table", found,
                                               ROWS * COLUMNS + 1),
                             ROWS * COLUMNS);
            for (int i = 0; i < ROWS * COLUMNS; i++)
                assert_true(found[i] == (float)value_at(i));
        }
}

static void the_reader_tells_types_and_attributes(void **state)
{
    struct error err = {0};
    struct hdf5_dataset about = table_of(HDF5_INTEGERS, 1, false), found;
    struct hdf5_numbers three = {3, {0.5, -2, 1e-3}}, read;
    struct hdf5_writer *writer = hdf5_writer_open(scratch_file, &err);
    struct hdf5_reader *reader;
    uint8_t row[COLUMNS] = {1, 2, 3, 4, 255};

    (void)state;
    assert_int_equal(hdf5_writer_add(writer, &about, CHUNK, 0, &err), 0);
    assert_int_equal(hdf5_writer_append(writer, &about, row, 1, &err), 0);
    assert_int_equal(hdf5_writer_numbers(writer, &about, "mean", &three, &err), 0);
    assert_int_equal(hdf5_writer_text(writer, NULL, "made_by", "a test", &err), 0);
    assert_int_equal(hdf5_writer_close(writer, 0, &err), 0);
    reader = hdf5_reader_open(scratch_file, &err);
    assert_non_null(reader);
    assert_int_equal(hdf5_reader_find(reader, "/group/table", &found, &err), 0);
    assert_int_equal(found.kind, HDF5_INTEGERS);
    assert_int_equal(found.bytes, 1);
    assert_false(found.is_signed);
    assert_int_equal(found.sizes[0], 1);
    assert_int_equal(hdf5_reader_attribute(reader, &found, "mean", &read, &err), 0);
    assert_int_equal(read.count, 3);
    assert_memory_equal(read.values, three.values, 3 * sizeof(double));
    hdf5_reader_close(reader);
}

static void a_file_that_is_given_up_is_removed(void **state)
{
    struct error err = {0};
    struct hdf5_writer *writer;
    char draft[512];

    (void)state;
    unlink(scratch_file);
    writer = hdf5_writer_open(scratch_file, &err);
    assert_int_equal(hdf5_writer_close(writer, -1, &err), -1);
    assert_int_not_equal(access(scratch_file, F_OK), 0);
    snprintf(draft, sizeof draft, "%s.draft", scratch_file);
    assert_int_not_equal(access(draft, F_OK), 0);
}

static void a_folder_that_is_missing_is_told(void **state)
{
    struct error err = {0};

    (void)state;
    assert_null(hdf5_writer_open("build/no/such/file.h5", &err));
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_string_equal(err.text, "cannot write build/no/such/file.h5: there is no "
                                  "folder build/no/such; make it first");
}

static void a_dataset_that_is_there_is_not_made_again(void **state)
{
    struct error err = {0};
    struct hdf5_dataset about = table_of(HDF5_FLOATS, 4, true), again = about;
    struct hdf5_writer *writer = hdf5_writer_open(scratch_file, &err);

    (void)state;
    assert_int_equal(hdf5_writer_add(writer, &about, CHUNK, 0, &err), 0);
    assert_int_equal(hdf5_writer_add(writer, &again, CHUNK, 0, &err), -1);
    assert_non_null(strstr(err.text, "cannot make the dataset /group/table"));
    assert_int_equal(hdf5_writer_close(writer, -1, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_they_were_written),
        cmocka_unit_test(the_reader_tells_types_and_attributes),
        cmocka_unit_test(a_file_that_is_given_up_is_removed),
        cmocka_unit_test(a_folder_that_is_missing_is_told),
        cmocka_unit_test(a_dataset_that_is_there_is_not_made_again),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
