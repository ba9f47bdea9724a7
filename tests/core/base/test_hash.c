#include "core/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct error err;

static void bytes_and_seed_both_count(void **state)
{
    (void)state;
    assert_true(hash_bytes("abc", 3, 0) == hash_bytes("abc", 3, 0));
    assert_true(hash_bytes("abc", 3, 0) != hash_bytes("abd", 3, 0));
    assert_true(hash_bytes("abc", 3, 0) != hash_bytes("abc", 3, 1));
    assert_true(hash_bytes("", 0, 0) ==
                0x2d06800538d394c2ULL); /* of xxHash's own tests */
}

static void a_file_has_the_hash_of_its_content(void **state)
{
    char path[] = "/tmp/calq_hash_XXXXXX";
    int descriptor = mkstemp(path);
    char empty[HASH_TEXT_BYTES], filled[HASH_TEXT_BYTES];

    (void)state;
    assert_true(descriptor >= 0);
    assert_int_equal(hash_file(path, empty, &err), 0);
    assert_string_equal(empty, "99aa06d3014798d86001c324468d497f"); /* of no bytes */
    assert_int_equal(write(descriptor, "steps", 5), 5);
    assert_int_equal(hash_file(path, filled, &err), 0);
    assert_int_equal(strlen(filled), HASH_TEXT_BYTES - 1);
    assert_string_not_equal(empty, filled);
    close(descriptor);
    unlink(path);
}

static void a_missing_file_is_named_in_the_error(void **state)
{
    char text[HASH_TEXT_BYTES];

    (void)state;
    assert_int_equal(hash_file("/nowhere/at all", text, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "cannot open /nowhere/at all: No such file or directory");
}

static void a_folder_is_no_file(void **state)
{
    char text[HASH_TEXT_BYTES];

    (void)state;
    assert_int_equal(hash_file("/tmp", text, &err), -1);
    assert_string_equal(err.text, "cannot read /tmp: Is a directory");
}

static void a_long_hash_depends_on_all_parts_and_their_order(void **state)
{
    struct hash128 hashes[] = {{{0}}, {{0}}, {{0}}, {{0}}};

    (void)state;
    hash128_add(&hashes[0], "ab", 2);
    hash128_add(&hashes[1], "a", 1);
    hash128_add(&hashes[1], "b", 1);
    hash128_add(&hashes[2], "b", 1);
    hash128_add(&hashes[2], "a", 1);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(&hashes[i], &hashes[j], sizeof *hashes);
    hash128_add(&hashes[3], "ab", 2);
    assert_memory_equal(&hashes[3], &hashes[0], sizeof *hashes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_seed_both_count),
        cmocka_unit_test(a_file_has_the_hash_of_its_content),
        cmocka_unit_test(a_missing_file_is_named_in_the_error),
        cmocka_unit_test(a_folder_is_no_file),
        cmocka_unit_test(a_long_hash_depends_on_all_parts_and_their_order),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
