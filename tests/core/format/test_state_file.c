#include "core/format/state_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/scratch.h"

static struct error err;

static struct state make_state(void)
{
    static const double shifts[] = {-1.0 / 3, 0x1.8p-126, 3e38};
    struct state state = {0};

    state_set(&state, STATE_EQUALIZED, 0, NULL, 0);
    state_set(&state, STATE_BIAS_SHIFT, 4, shifts, 3);
    return state;
}

static void write_state(const struct state *state, char checksum[HASH_TEXT_BYTES])
{
    if (state_file_write(state, scratch_file, checksum, &err) < 0)
        fail_msg("%s", err.text);
}

/* The file, with a zero behind it. */
static size_t read_file(char *text, size_t room)
{
    FILE *file = fopen(scratch_file, "rb");
    size_t bytes;

    assert_non_null(file);
    bytes = fread(text, 1, room - 1, file);
    fclose(file);
    text[bytes] = '\0';
    return bytes;
}

static void write_file(const char *text, size_t bytes)
{
    FILE *file = fopen(scratch_file, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *checksum, const char *sentence)
{
    struct state state;

    assert_int_equal(state_file_read(scratch_file, checksum, &state, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence) || !strstr(err.text, scratch_file))
        fail_msg("instead of \"%s\": %s", sentence, err.text);
    state_clear(&state);
}

static void a_state_is_read_as_it_was_written(void **unused)
{
    struct state state = make_state(), back;
    char checksum[HASH_TEXT_BYTES];

    (void)unused;
    write_state(&state, checksum);
    assert_int_equal(strlen(checksum), HASH_TEXT_BYTES - 1);
    assert_int_equal(state_file_read(scratch_file, checksum, &back, &err), 0);
    assert_true(state_is_equal(&state, &back));
    state_clear(&back);
    state_clear(&state);
    write_state(&state, checksum);
    assert_int_equal(state_file_read(scratch_file, checksum, &back, &err), 0);
    assert_int_equal(back.count, 0);
}

static void the_file_is_lines_of_text(void **unused)
{
    struct state state = make_state();
    char checksum[HASH_TEXT_BYTES], text[512], wanted[512];

    (void)unused;
    write_state(&state, checksum);
    read_file(text, sizeof text);
    snprintf(wanted, sizeof wanted,
             "calq state 1\nequalized 0 0\nbias_shift 4 3 -0x1.5555555555555p-2 "
             "0x1.8p-126 %a\nchecksum %s\n",
             3e38, checksum);
    assert_string_equal(text, wanted);
    state_clear(&state);
}

static void every_changed_byte_and_every_cut_is_told(void **unused)
{
    struct state state = make_state();
    char checksum[HASH_TEXT_BYTES], text[512];
    size_t bytes;

    (void)unused;
    write_state(&state, checksum);
    bytes = read_file(text, sizeof text);
    for (size_t i = 0; i < bytes; i++) {
        text[i] ^= 1;
        write_file(text, bytes);
        assert_refused(checksum, "`calq run` writes it again");
        text[i] ^= 1;
        write_file(text, i);
        assert_refused(checksum, "`calq run` writes it again");
    }
    text[bytes] = '\n';
    write_file(text, bytes + 1);
    assert_refused(checksum, "is damaged");
    state_clear(&state);
}

static void another_version_another_result_and_no_file_are_told(void **unused)
{
    static const char later[] = "calq state 2\nchecksum 0\n";
    struct state state = make_state();
    char checksum[HASH_TEXT_BYTES], of_nothing[HASH_TEXT_BYTES];

    (void)unused;
    write_state(&state, checksum);
    state_clear(&state);
    write_state(&state, of_nothing);
    assert_refused(checksum, "is not the state that the result.json beside it");
    write_file(later, sizeof later - 1);
    assert_refused(checksum, "is no state, or that of another calq");
    unlink(scratch_file);
    assert_refused(checksum, "No such file");
    assert_int_equal(mkdir(scratch_file, 0700), 0);
    assert_refused(checksum, "no file");
    rmdir(scratch_file);
    write_state(&state, checksum);
}

/* A whole file whose rows are none. */
static void rows_behind_a_good_checksum_are_checked_too(void **unused)
{
    static const char body[] = "calq state 1\nratios 0 2 0x1";
    struct hash128 hash = {{0}};
    char checksum[HASH_TEXT_BYTES], text[256];

    (void)unused;
    hash128_add(&hash, body, sizeof body - 1);
    hash128_text(&hash, checksum);
    snprintf(text, sizeof text, "%schecksum %s\n", body, checksum);
    write_file(text, strlen(text));
    assert_refused(checksum, "row 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_read_as_it_was_written),
        cmocka_unit_test(the_file_is_lines_of_text),
        cmocka_unit_test(every_changed_byte_and_every_cut_is_told),
        cmocka_unit_test(another_version_another_result_and_no_file_are_told),
        cmocka_unit_test(rows_behind_a_good_checksum_are_checked_too),
    };

    return cmocka_run_group_tests_name("state_file", tests, scratch_make,
                                       scratch_remove);
}
