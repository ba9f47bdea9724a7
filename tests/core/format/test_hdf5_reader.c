#include "core/format/hdf5_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/hdf5_builder.h"
#include "tests/support/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { ROWS = 6, WIDTH = 4 };

static struct error err;

/* /x [6, 4] of 0, 1, 2 ..., and its mean; /train/images and /train/labels; a group /empty. */
static void write_file(void)
{
    static const size_t sizes[] = {ROWS, WIDTH};
    double values[ROWS * WIDTH];

    for (int i = 0; i < ROWS * WIDTH; i++)
        values[i] = i;
    hdf5_builder_create(scratch_file);
    hdf5_builder_add(scratch_file, "/x", HDF5_F32, 2, sizes, values, 2);
    hdf5_builder_add_group(scratch_file, "/train");
    hdf5_builder_add_group(scratch_file, "/empty");
    hdf5_builder_add(scratch_file, "/train/images", HDF5_U8, 2, sizes, values, 0);
    hdf5_builder_add(scratch_file, "/train/labels", HDF5_I64, 1, sizes, values, 0);
    hdf5_builder_attribute(scratch_file, "/x", "mean", (double[]){1, 2, 3}, 3);
}

static struct hdf5_reader *open_reader(void)
{
    struct hdf5_reader *reader = hdf5_reader_open(scratch_file, &err);

    if (!reader)
        fail_msg("%s", err.text);
    return reader;
}

static void assert_reads_rows(struct hdf5_reader *reader)
{
    struct hdf5_dataset samples, labels;
    void *rows;

    assert_int_equal(hdf5_reader_find(reader, "/x", &samples, &err), 0);
    assert_int_equal(hdf5_reader_find(reader, "/train/labels", &labels, &err), 0);
    assert_true(samples.kind == HDF5_FLOATS && samples.rank == 2 &&
                samples.sizes[0] == ROWS && samples.sizes[1] == WIDTH);
    assert_int_equal(
        hdf5_reader_rows(reader, &samples, 2, 3, HDF5_AS_FLOATS, &rows, &err), 0);
    for (int i = 0; i < 3 * WIDTH; i++)
        assert_true(((float *)rows)[i] == (float)(2 * WIDTH + i));
    assert_int_equal(
        hdf5_reader_rows(reader, &labels, 5, 1, HDF5_AS_LONG_LONGS, &rows, &err), 0);
    assert_true(*(long long *)rows == 5);
}

static void assert_reads_attributes(struct hdf5_reader *reader)
{
    struct hdf5_dataset samples;
    struct hdf5_numbers numbers;

    assert_int_equal(hdf5_reader_find(reader, "/x", &samples, &err), 0);
    assert_int_equal(hdf5_reader_attribute(reader, &samples, "mean", &numbers, &err),
                     0);
    assert_true(numbers.count == 3 && numbers.values[2] == 3);
    assert_int_equal(hdf5_reader_attribute(reader, NULL, "mean", &numbers, &err), 0);
    assert_int_equal(numbers.count, 0);
}

static void read_all(void)
{
    struct hdf5_reader *reader = open_reader(), *other = open_reader();
    bool has;

    assert_reads_rows(reader);
    assert_reads_attributes(other);
    assert_int_equal(hdf5_reader_has(other, "/train/images", &has, &err), 0);
    assert_true(has);
    assert_int_equal(hdf5_reader_has(other, "/train/image", &has, &err), 0);
    assert_false(has);
    hdf5_reader_close(reader);
    hdf5_reader_close(other);
}

static void what_is_read_is_the_same_in_a_process_apart(void **state)
{
    (void)state;
    write_file();
    read_all();
    hdf5_reader_stand_apart();
    read_all();
}

static void what_is_wrong_is_told_in_a_process_apart_too(void **state)
{
    char expected[512];

    (void)state;
    hdf5_reader_stand_apart();
    snprintf(
        expected, sizeof expected,
        "%s is not an HDF5 file; it is a folder: `calq data pack` makes a data file of "
        "the pictures in it",
        scratch_folder);
    assert_null(hdf5_reader_open(scratch_folder, &err));
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, EXIT_INPUT);
}

static void a_missing_dataset_is_told_with_all_of_the_file(void **state)
{
    static const struct {
        const char *name, *sentence;
    } cases[] = {
        {"/y", "%s has no dataset /y; datasets in the file: /train/images, "
               "/train/labels, /x; name one of them in `inputs`, `labels` or `groups`"},
        {"/train/imagse", "%s has no dataset /train/imagse; datasets in the file: "
                          "/train/images, /train/labels, /x; did you mean "
                          "/train/images?"},
        {"/tain/labels", "%s has no dataset /tain/labels; datasets in the file: "
                         "/train/images, /train/labels, /x; did you mean "
                         "/train/labels?"},
        {"/train", "%s: /train is a group, not a dataset; datasets in the file: "
                   "/train/images, /train/labels, /x; name one of them in `inputs`, "
                   "`labels` or `groups`"},
    };

    (void)state;
    write_file();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hdf5_reader *reader = open_reader();
        struct hdf5_dataset dataset;
        char expected[512];

        snprintf(expected, sizeof expected, cases[i].sentence, scratch_file);
        assert_int_equal(hdf5_reader_find(reader, cases[i].name, &dataset, &err), -1);
        assert_string_equal(err.text, expected);
        hdf5_reader_close(reader);
    }
}

static void of_many_datasets_as_many_are_told_as_fit(void **state)
{
    static const double zero;
    struct hdf5_reader *reader;
    struct hdf5_dataset dataset;

    (void)state;
    hdf5_builder_create(scratch_file);
    for (int i = 0; i < 300; i++) {
        char name[32];

        snprintf(name, sizeof name, "/dataset-number-%d", i);
        hdf5_builder_add(scratch_file, name, HDF5_U8, 0, NULL, &zero, 0);
    }
    reader = open_reader();
    assert_int_equal(hdf5_reader_find(reader, "/x", &dataset, &err), -1);
    assert_non_null(strstr(err.text, "/dataset-number-0, /dataset-number-1, "));
    assert_string_equal(
        strstr(err.text, " and "),
        " and 208 more; name one of them in `inputs`, `labels` or `groups`");
    hdf5_reader_close(reader);
}

static void groups_that_hold_each_other_are_listed_to_an_end(void **state)
{
    const char *text;
    struct hdf5_reader *reader;

    (void)state;
    write_file();
    hdf5_builder_link(scratch_file, "/train", "/empty/up");
    hdf5_builder_link(scratch_file, "/empty", "/train/down");
    reader = open_reader();
    assert_int_equal(hdf5_reader_list(reader, &text, &err), 0);
    assert_non_null(strstr(text, "/train/images "));
    hdf5_reader_close(reader);
}

static void the_list_tells_shapes_values_and_how_they_are_stored(void **state)
{
    static const char *const lines[] = {
        "/train/images            [6, 4]                   8-bit unsigned integers    "
        "in one piece\n",
        "/train/labels            [6]                      64-bit signed integers     "
        "in one piece; values 0..5\n",
        "/x                       [6, 4]                   32-bit floats              "
        "chunks [2, 4], gzip 1\n    mean: 1, 2, 3\n",
        "/train/gone              cannot be opened: a link to nothing, damaged, or ",
        "attributes of the file\n    scale: 0.5\n",
    };
    const char *text;
    struct hdf5_reader *reader;

    (void)state;
    write_file();
    hdf5_builder_link_to_nothing(scratch_file, "/train/gone");
    hdf5_builder_attribute(scratch_file, "/", "scale", (double[]){0.5}, 1);
    reader = open_reader();
    assert_int_equal(hdf5_reader_list(reader, &text, &err), 0);
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(text, lines[i]))
            fail_msg("%s is not in\n%s", lines[i], text);
    hdf5_reader_close(reader);
}

static void files_are_known_by_how_they_begin(void **state)
{
    FILE *file;

    (void)state;
    write_file();
    assert_true(hdf5_reader_knows(scratch_file));
    assert_false(hdf5_reader_knows(scratch_folder));
    assert_false(hdf5_reader_knows("no/such.h5"));
    file = fopen(scratch_file, "w");
    fputs("HDF", file);
    fclose(file);
    assert_false(hdf5_reader_knows(scratch_file));
}

/* Whatever HDF5 has done to its memory: other files do not meet it. */
static void after_a_failure_files_are_read_by_a_new_process(void **state)
{
    struct hdf5_reader *reader, *other;
    struct hdf5_dataset dataset;

    (void)state;
    write_file();
    hdf5_reader_stand_apart();
    reader = open_reader();
    other = open_reader();
    assert_int_equal(hdf5_reader_find(reader, "/y", &dataset, &err), -1);
    assert_int_equal(hdf5_reader_find(other, "/x", &dataset, &err), -1);
    assert_non_null(
        strstr(err.text, ": it was closed, since HDF5 failed on another file"));
    hdf5_reader_close(reader);
    hdf5_reader_close(other);
    read_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_dataset_is_told_with_all_of_the_file),
        cmocka_unit_test(of_many_datasets_as_many_are_told_as_fit),
        cmocka_unit_test(groups_that_hold_each_other_are_listed_to_an_end),
        cmocka_unit_test(the_list_tells_shapes_values_and_how_they_are_stored),
        cmocka_unit_test(files_are_known_by_how_they_begin),
        /* From here on a process stands apart. */
        cmocka_unit_test(what_is_read_is_the_same_in_a_process_apart),
        cmocka_unit_test(what_is_wrong_is_told_in_a_process_apart_too),
        cmocka_unit_test(after_a_failure_files_are_read_by_a_new_process),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
