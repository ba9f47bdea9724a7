#include "core/base/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static char draft[64]; /* of the scratch file */
static struct error err;

static int make_folder(void **state)
{
    int status = scratch_make(state);

    snprintf(draft, sizeof draft, "%s.draft", scratch_file);
    return status;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(scratch_file);
    return 0;
}

static bool is_there(const char *name)
{
    struct stat found;

    return lstat(name, &found) == 0;
}

/* Writes a text to `path` by way of its draft; `status` is that of the writer. */
static int write_text(const char *text, int status)
{
    FILE *file = draft_open(scratch_file, &err);

    if (!file)
        fail_msg("%s", err.text);
    fputs(text, file);
    return draft_close(file, scratch_file, status, &err);
}

static void assert_text(const char *text)
{
    char read[64] = "";
    FILE *file = fopen(scratch_file, "r");

    assert_non_null(file);
    assert_int_equal(fread(read, 1, sizeof read - 1, file), strlen(text));
    fclose(file);
    assert_string_equal(read, text);
}

static void assert_refused(const char *sentence)
{
    assert_int_equal(err.code, EXIT_MACHINE);
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void a_file_is_not_there_before_it_is_whole(void **state)
{
    FILE *file = draft_open(scratch_file, &err);

    (void)state;
    assert_non_null(file);
    fputs("some text", file);
    assert_false(is_there(scratch_file));
    assert_true(is_there(draft));
    assert_int_equal(draft_close(file, scratch_file, 0, &err), 0);
    assert_false(is_there(draft));
    assert_text("some text");
}

static void a_new_file_replaces_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(write_text("the first, which is long", 0), 0);
    assert_int_equal(write_text("the second", 0), 0);
    assert_text("the second");
}

static void when_the_writer_fails_the_old_file_stays_and_no_draft(void **state)
{
    (void)state;
    assert_int_equal(write_text("old", 0), 0);
    error_set(&err, EXIT_INPUT, "the writer's own sentence");
    assert_int_equal(write_text("half of the n", -1), -1);
    assert_string_equal(err.text, "the writer's own sentence");
    assert_int_equal(err.code, EXIT_INPUT);
    assert_text("old");
    assert_false(is_there(draft));
}

static void when_the_disk_is_full_the_old_file_stays_and_no_draft(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(write_text("old", 0), 0);
    assert_int_equal(symlink("/dev/full", draft), 0);
    assert_int_equal(write_text("new", 0), -1);
    assert_refused("cannot write");
    assert_non_null(strstr(err.text, "No space left on device"));
    assert_text("old");
    assert_false(is_there(draft));
}

static void a_folder_that_is_missing_is_named(void **state)
{
    char missing[96];

    (void)state;
    snprintf(missing, sizeof missing, "%s/no/such", scratch_folder);
    assert_null(draft_open(missing, &err));
    assert_refused("/no/such: there is no folder ");
    assert_refused("/no; make it first");
}

static void a_folder_in_the_place_of_the_file_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir(scratch_file, 0777), 0);
    assert_null(draft_open(scratch_file, &err));
    assert_refused("it is a folder; name a file");
    assert_false(is_there(draft));
    rmdir(scratch_file);
}

/* ---- folders --------------------------------------------------------------------------------- */

static void folders_above_are_made_too(void **state)
{
    char deep[96];

    (void)state;
    snprintf(deep, sizeof deep, "%s/a/b//c/", scratch_folder);
    assert_int_equal(draft_make_folder(deep, &err), 0);
    assert_int_equal(draft_make_folder(deep, &err), 0); /* it is there already */
    snprintf(deep, sizeof deep, "%s/a/b/c", scratch_folder);
    assert_int_equal(rmdir(deep), 0);
    snprintf(deep, sizeof deep, "%s/a/b", scratch_folder);
    assert_int_equal(rmdir(deep), 0);
    snprintf(deep, sizeof deep, "%s/a", scratch_folder);
    assert_int_equal(rmdir(deep), 0);
}

static void a_folder_below_a_file_is_refused(void **state)
{
    char below[96];

    (void)state;
    assert_int_equal(write_text("a file", 0), 0);
    snprintf(below, sizeof below, "%s/sub/folder", scratch_file);
    assert_int_equal(draft_make_folder(below, &err), -1);
    assert_refused("/file: File exists");
}

static void a_file_in_the_place_of_the_folder_is_refused(void **state)
{
    (void)state;
    assert_int_equal(write_text("a file", 0), 0);
    assert_int_equal(draft_make_folder(scratch_file, &err), -1);
    assert_refused("/file: File exists");
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    static char longest[PATH_MAX + 1];

    (void)state;
    memset(longest, 'x', PATH_MAX);
    assert_int_equal(draft_make_folder(longest, &err), -1);
    assert_refused("the path xxx");
    longest[PATH_MAX - 2] = '\0'; /* a path, but none with .draft behind it */
    assert_null(draft_open(longest, &err));
    assert_refused("the path xxx");
}

#define TEST(test) cmocka_unit_test_teardown(test, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_not_there_before_it_is_whole),
        TEST(a_new_file_replaces_the_old_one),
        TEST(when_the_writer_fails_the_old_file_stays_and_no_draft),
        TEST(when_the_disk_is_full_the_old_file_stays_and_no_draft),
        TEST(a_folder_that_is_missing_is_named),
        TEST(a_folder_in_the_place_of_the_file_is_told),
        TEST(folders_above_are_made_too),
        TEST(a_folder_below_a_file_is_refused),
        TEST(a_file_in_the_place_of_the_folder_is_refused),
        TEST(a_path_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests_name("draft", tests, make_folder, scratch_remove);
}
