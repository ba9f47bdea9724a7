#include "core/base/file_hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static char hint[FILE_HINT_BYTES];

static void write_bytes(const char *bytes, size_t count)
{
    FILE *file = fopen(scratch_file, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static void files_are_known_by_their_first_bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *says; /* NULL: nothing */
    } files[] = {
        {"\x89HDF\r\n\x1a\n", 8, "; it is an HDF5 file: `calq data show`"},
        {"\x93NUMPY\x01", 7, "; it is a NumPy array: `calq data pack`"},
        {"\xff\xd8\xff\xe0", 4, "; it is a JPEG picture: "},
        {"\x89PNG\r\n", 6, "; it is a PNG picture: "},
        {"PK\x03\x04", 4, "; it is a zip archive, as PyTorch and NumPy write them: "},
        {"\x08\x08\x12\x07", 4, "; it is an ONNX network: `calq inspect`"},
        {"name: x\n", 8, "; it is a text"},
        {"\x01\x02\x03", 3, NULL},
        {"\x89H", 2, NULL},
        {"", 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_bytes(files[i].bytes, files[i].count);
        file_hint_kind(scratch_file, hint);
        if (files[i].says ? strncmp(hint, files[i].says, strlen(files[i].says)) != 0
                          : *hint != '\0')
            fail_msg("file %zu: \"%s\"", i, hint);
    }
    assert_string_equal(file_hint_kind(scratch_folder, hint),
                        "; it is a folder: `calq data pack` makes a data file of the "
                        "pictures in it");
    unlink(scratch_file);
    assert_string_equal(file_hint_kind(scratch_file, hint), "");
}

static void the_nearest_name_beside_a_missing_file_is_told(void **state)
{
    char missing[512], expected[600];

    (void)state;
    write_bytes("x", 1);
    assert_string_equal(file_hint_missing(scratch_file, hint), "");
    snprintf(missing, sizeof missing, "%sx", scratch_file);
    snprintf(expected, sizeof expected, "; did you mean %s?", scratch_file);
    assert_string_equal(file_hint_missing(missing, hint), expected);
    assert_string_equal(file_hint_missing("/no/such/file", hint), "");
    assert_string_equal(file_hint_missing("no/such/file", hint),
                        "; paths are taken from the folder in which calq is started");
    unlink(scratch_file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_known_by_their_first_bytes),
        cmocka_unit_test(the_nearest_name_beside_a_missing_file_is_told),
    };

    return cmocka_run_group_tests_name("file_hint", tests, scratch_make,
                                       scratch_remove);
}
