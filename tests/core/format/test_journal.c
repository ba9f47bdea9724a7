#include "core/format/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/support/scratch.h"

#define IDENTITY "digits: 1\nnetwork: content 0a\nmethod.sweeps: 8\n"

static struct journal *journal;
static struct error err;

static int end(void **state)
{
    (void)state;
    journal_close(journal, &err);
    journal = NULL;
    unlink(scratch_file);
    return 0;
}

static void open_as(const char *identity)
{
    journal = journal_open(scratch_file, identity, &err);
    if (!journal)
        fail_msg("%s", err.text);
}

static void close_it(void)
{
    assert_int_equal(journal_close(journal, &err), 0);
    journal = NULL;
}

static void refuses(const char *identity, enum exit_code code, const char *text)
{
    assert_null(journal_open(scratch_file, identity, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, text))
        fail_msg("not told: %s, but: %s", text, err.text);
    assert_int_equal(journal_compare(scratch_file, identity, &err), -1);
}

static struct hash128 key_of(int number)
{
    struct hash128 key = {{0}};

    hash128_add(&key, &number, sizeof number);
    return key;
}

/* What the answer of a number cost. */
static struct journal_cost cost_of(int number)
{
    return (struct journal_cost){number, 2 * number, {3, 5, 7, 11, 30, number, 13}};
}

static void add(int number, const char *answer)
{
    struct hash128 key = key_of(number);
    struct journal_cost cost = cost_of(number);

    if (journal_add(journal, JOURNAL_SCORE, &key, answer, strlen(answer), &cost, &err) <
        0)
        fail_msg("%s", err.text);
}

static bool knows(int number, const char *answer)
{
    struct hash128 key = key_of(number);
    char found[64] = "";
    struct journal_cost cost;

    return journal_find(journal, &key, found, strlen(answer), &cost) &&
           strcmp(found, answer) == 0 && (cost.seconds == number || cost.seconds < 0);
}

/* The file as it is. */
static char *file_bytes(size_t *bytes)
{
    FILE *file = fopen(scratch_file, "rb");
    struct stat found;
    char *content;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &found), 0);
    *bytes = (size_t)found.st_size;
    content = memory_get(*bytes);
    assert_int_equal(fread(content, 1, *bytes, file), *bytes);
    fclose(file);
    return content;
}

static void write_bytes(const char *content, size_t bytes)
{
    FILE *file = fopen(scratch_file, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, bytes, file), bytes);
    fclose(file);
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answers_are_found_again(void **state)
{
    (void)state;
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 0);
    assert_false(knows(1, "one"));
    add(1, "one");
    add(2, "two and more");
    add(3, "");
    assert_true(knows(1, "one"));
    close_it();
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 3);
    assert_int_equal(journal_damage(journal), 0);
    assert_true(knows(1, "one"));
    assert_true(knows(2, "two and more"));
    assert_true(knows(3, ""));
    assert_false(knows(4, "one"));
}

/* What the cost of an answer is told as. */
static struct journal_cost told_cost(int number)
{
    struct hash128 key = key_of(number);
    struct journal_cost cost;
    char found[3];

    assert_true(journal_find(journal, &key, found, 3, &cost));
    return cost;
}

static void assert_told_before(const struct journal_cost *cost)
{
    assert_true(cost->seconds < 0);
    assert_true(cost->cpu_seconds == 0);
    assert_int_equal(cost->scores.layers_reused, 3 + 5 + 7 + 11);
    assert_int_equal(cost->scores.macs_run, 0);
    assert_int_equal(cost->scores.macs_avoided, 33 + 13);
}

static void what_an_answer_cost_an_earlier_run_is_told_once(void **state)
{
    struct journal_cost whole = cost_of(3), told;

    (void)state;
    open_as(IDENTITY);
    add(3, "abc");
    told = told_cost(3);
    assert_told_before(&told); /* it was this run */
    for (int run = 0; run < 2; run++) {
        close_it();
        open_as(IDENTITY);
        told = told_cost(3);
        assert_memory_equal(&told, &whole, sizeof told);
        for (int again = 0; again < 2; again++) {
            told = told_cost(3);
            assert_told_before(&told);
        }
    }
}

static void an_answer_of_another_size_is_none(void **state)
{
    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    assert_false(knows(1, "ones"));
}

/* Of one question the last answer counts: an earlier version's may be of another size. */
static void an_answer_of_another_size_is_replaced(void **state)
{
    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    assert_false(knows(1, "one and more"));
    add(1, "one and more");
    assert_true(knows(1, "one and more"));
    close_it();
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 1);
    assert_true(knows(1, "one and more"));
}

static void thousands_of_answers_are_found_again(void **state)
{
    enum { MANY = 5000 };
    char answer[32];

    (void)state;
    open_as(IDENTITY);
    for (int i = 0; i < MANY; i++) {
        snprintf(answer, sizeof answer, "answer %d", i);
        add(i, answer);
    }
    close_it();
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(answer, sizeof answer, "answer %d", i);
        assert_true(knows(i, answer));
    }
}

static void a_process_that_dies_loses_no_answer(void **state)
{
    size_t bytes;
    char *content;

    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    content = file_bytes(&bytes); /* neither synced nor closed */
    close_it();
    write_bytes(content, bytes);
    free(content);
    open_as(IDENTITY);
    assert_true(knows(1, "one"));
}

/* ---- damage ------------------------------------------------------------------------------- */

/* A journal of two answers; ends[] says where head, first and second answer end. */
static char *two_answers(size_t ends[3])
{
    open_as(IDENTITY);
    free(file_bytes(&ends[0]));
    add(1, "one");
    free(file_bytes(&ends[1]));
    add(2, "two");
    close_it();
    return file_bytes(&ends[2]);
}

static void a_file_cut_at_any_byte_keeps_the_answers_before(void **state)
{
    size_t ends[3];
    char *content = two_answers(ends);

    (void)state;
    for (size_t bytes = 0; bytes <= ends[2]; bytes++) {
        size_t answers = (bytes >= ends[1]) + (bytes >= ends[2]);

        write_bytes(content, bytes);
        assert_int_equal(journal_compare(scratch_file, IDENTITY, &err), 0);
        open_as(IDENTITY);
        assert_int_equal(journal_answers(journal), answers);
        assert_int_equal(knows(1, "one"), answers >= 1);
        assert_int_equal(knows(2, "two"), answers == 2);
        add(3, "three"); /* goes on behind the last whole record */
        close_it();
        open_as(IDENTITY);
        assert_int_equal(journal_answers(journal), answers + 1);
        assert_int_equal(journal_damage(journal), 0);
        assert_true(knows(3, "three"));
        close_it();
    }
    free(content);
}

static void any_flipped_bit_is_noticed(void **state)
{
    size_t ends[3];
    char *content = two_answers(ends);

    (void)state;
    for (size_t bit = 0; bit < 8 * ends[2]; bit++) {
        size_t at = bit / 8;

        content[at] ^= (char)(1 << bit % 8);
        write_bytes(content, ends[2]);
        content[at] ^= (char)(1 << bit % 8);
        if (at < ends[0]) {
            /* Another version's digit may tell of that version. */
            refuses(IDENTITY, EXIT_MACHINE,
                    at == strlen("calq journal ")
                        ? "calq"
                        : "no journal of calq, or its beginning is");
            continue;
        }
        open_as(IDENTITY);
        assert_int_equal(knows(1, "one"), at >= ends[1]);
        assert_false(knows(2, "two"));
        assert_int_equal(journal_damage(journal),
                         ends[2] - (at < ends[1] ? ends[0] : ends[1]));
        close_it();
    }
    free(content);
}

static void rubbish_at_the_end_is_cut_off(void **state)
{
    char rubbish[4096] = {0};
    size_t ends[3];
    char *content = two_answers(ends);
    FILE *file = fopen(scratch_file, "ab");

    (void)state;
    assert_int_equal(fwrite(rubbish, 1, sizeof rubbish, file), sizeof rubbish);
    fclose(file);
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 2);
    assert_int_equal(journal_damage(journal), sizeof rubbish);
    free(content);
}

/* A record that stands in another place than it was written to is none. */
static void a_record_twice_counts_once(void **state)
{
    size_t ends[3];
    char *content = two_answers(ends);
    FILE *file = fopen(scratch_file, "ab");

    (void)state;
    assert_int_equal(fwrite(content + ends[0], 1, ends[1] - ends[0], file),
                     ends[1] - ends[0]);
    fclose(file);
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 2);
    assert_int_equal(journal_damage(journal), ends[1] - ends[0]);
    free(content);
}

/* ---- files of others ---------------------------------------------------------------------- */

static void a_foreign_file_is_refused_and_stays(void **state)
{
    static const char text[] = "my notes of November\n";
    size_t bytes;
    char *content;

    (void)state;
    write_bytes(text, sizeof text);
    refuses(IDENTITY, EXIT_MACHINE, "file is no journal of calq");
    content = file_bytes(&bytes);
    assert_int_equal(bytes, sizeof text);
    assert_memory_equal(content, text, bytes);
    free(content);
}

static void a_journal_of_another_version_is_refused(void **state)
{
    size_t bytes;
    char *content;

    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    close_it();
    content = file_bytes(&bytes);
    *strchr(content, '5') = '6';
    write_bytes(content, bytes);
    free(content);
    refuses(IDENTITY, EXIT_MACHINE, "is no journal of calq");
}

static void a_journal_of_an_earlier_version_is_told_with_what_to_do(void **state)
{
    static const char beginnings[][16] = {"calq journal 1\n", "calq journal 2\n",
                                          "calq journal 3\n", "calq journal 4\n"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        write_bytes(beginnings[i], sizeof beginnings[i]);
        refuses(IDENTITY, EXIT_MACHINE,
                "is of an earlier version of calq, whose answers this one does not "
                "know again; finish the run with that version, or remove it: a case "
                "that is done stays done");
    }
}

static void a_folder_in_its_place_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir(scratch_file, 0777), 0);
    refuses(IDENTITY, EXIT_MACHINE, "cannot read");
    assert_int_equal(rmdir(scratch_file), 0);
}

static void answers_of_other_settings_are_refused_with_the_difference(void **state)
{
    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    close_it();
    refuses("digits: 1\nnetwork: content 0a\nmethod.sweeps: 20\n", EXIT_CONFIG,
            "file was written with `method.sweeps: 8`, this run has `method.sweeps: "
            "20`; choose another `out`, or remove it");
    refuses("digits: 1\nnetwork: content 0b\nmethod.sweeps: 8\n", EXIT_INPUT,
            "`network: content 0a`, this run has `network: content 0b`");
    open_as(IDENTITY);
    assert_true(knows(1, "one"));
}

static void a_journal_without_answers_can_become_another_s(void **state)
{
    (void)state;
    open_as("digits: 1\nblock: 8\n");
    close_it();
    assert_int_equal(journal_compare(scratch_file, IDENTITY, &err), 0);
    open_as(IDENTITY);
    add(1, "one");
    close_it();
    refuses("digits: 1\nblock: 8\n", EXIT_CONFIG, "written without `block: 8`");
}

static void a_missing_journal_fits_any_case(void **state)
{
    (void)state;
    assert_int_equal(journal_compare(scratch_file, IDENTITY, &err), 0);
    assert_int_equal(access(scratch_file, F_OK), -1);
}

static void a_missing_folder_is_told(void **state)
{
    (void)state;
    assert_null(journal_open("/no/such/journal", IDENTITY, &err));
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_non_null(strstr(err.text, "/no/such/journal"));
}

/* A limit on the size of files stands for a full disk. */
static void a_write_that_fails_is_told_and_leaves_whole_records(void **state)
{
    struct rlimit before, tight;
    struct hash128 key = key_of(2);
    size_t bytes;
    int status;

    (void)state;
    open_as(IDENTITY);
    add(1, "one");
    free(file_bytes(&bytes));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = bytes + 5;
    setrlimit(RLIMIT_FSIZE, &tight);
    status = journal_add(journal, JOURNAL_SCORE, &key, "two", 3,
                         &(struct journal_cost){.seconds = 2}, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_non_null(strstr(err.text, "File too large"));
    assert_non_null(strstr(err.text, "run again to go on"));
    assert_false(knows(2, "two"));
    add(2, "two"); /* there is room again */
    close_it();
    open_as(IDENTITY);
    assert_int_equal(journal_answers(journal), 2);
    assert_int_equal(journal_damage(journal), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(answers_are_found_again, end),
        cmocka_unit_test_teardown(what_an_answer_cost_an_earlier_run_is_told_once, end),
        cmocka_unit_test_teardown(an_answer_of_another_size_is_none, end),
        cmocka_unit_test_teardown(an_answer_of_another_size_is_replaced, end),
        cmocka_unit_test_teardown(thousands_of_answers_are_found_again, end),
        cmocka_unit_test_teardown(a_process_that_dies_loses_no_answer, end),
        cmocka_unit_test_teardown(a_file_cut_at_any_byte_keeps_the_answers_before, end),
        cmocka_unit_test_teardown(any_flipped_bit_is_noticed, end),
        cmocka_unit_test_teardown(rubbish_at_the_end_is_cut_off, end),
        cmocka_unit_test_teardown(a_record_twice_counts_once, end),
        cmocka_unit_test_teardown(a_foreign_file_is_refused_and_stays, end),
        cmocka_unit_test_teardown(a_journal_of_another_version_is_refused, end),
        cmocka_unit_test_teardown(
            a_journal_of_an_earlier_version_is_told_with_what_to_do, end),
        cmocka_unit_test_teardown(a_folder_in_its_place_is_told, end),
        cmocka_unit_test_teardown(
            answers_of_other_settings_are_refused_with_the_difference, end),
        cmocka_unit_test_teardown(a_journal_without_answers_can_become_another_s, end),
        cmocka_unit_test_teardown(a_missing_journal_fits_any_case, end),
        cmocka_unit_test_teardown(a_missing_folder_is_told, end),
        cmocka_unit_test_teardown(a_write_that_fails_is_told_and_leaves_whole_records,
                                  end),
    };

    return cmocka_run_group_tests_name("journal", tests, scratch_make, scratch_remove);
}
