/* Programs that are run: what they print, how they end, and those that do not. */
#include "core/base/child.h"
#include "core/base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void run(const char *script, double seconds, struct child *child)
{
    child_run((const char *const[]){"sh", "-c", script, NULL}, seconds, child);
}

static void both_outputs_and_the_code_are_taken(void **state)
{
    struct child child;

    (void)state;
    run("echo one; echo two >&2; exit 3", 60, &child);
    assert_string_equal(child.output, "one\ntwo\n");
    assert_true(child.is_there);
    assert_int_equal(child.code, 3);
    assert_false(child_is_well(&child));
    run("cat; true", 60, &child);
    assert_true(child_is_well(&child));
}

static void a_program_that_is_not_there_is_told(void **state)
{
    struct child child;

    (void)state;
    child_run((const char *const[]){"no-such-program-of-any-name", NULL}, 60, &child);
    assert_false(child.is_there);
    assert_false(child_is_well(&child));
}

static void what_does_not_fit_does_not_stop_it(void **state)
{
    struct child child;

    (void)state;
    run("yes | head -c 1000000; exit 0", 60, &child);
    assert_true(child_is_well(&child));
    assert_int_equal(strlen(child.output), CHILD_OUTPUT_BYTES - 1);
}

static void what_comes_to_no_end_is_killed_with_all_that_it_started(void **state)
{
    double begin = clock_seconds();
    struct child child;

    (void)state;
    run("echo begun; sleep 1000 & wait", 0.5, &child);
    assert_true(child.is_late);
    assert_string_equal(child.output, "begun\n");
    assert_false(child_is_well(&child));
    run("exec >&- 2>&-; sleep 1000", 0.5, &child);
    assert_true(child.is_late);
    assert_true(clock_seconds() - begin < 100);
}

static void a_signal_is_told(void **state)
{
    struct child child;

    (void)state;
    run("kill -SEGV $$", 60, &child);
    assert_int_equal(child.signal, SIGSEGV);
    assert_false(child_is_well(&child));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_outputs_and_the_code_are_taken),
        cmocka_unit_test(a_program_that_is_not_there_is_told),
        cmocka_unit_test(what_does_not_fit_does_not_stop_it),
        cmocka_unit_test(what_comes_to_no_end_is_killed_with_all_that_it_started),
        cmocka_unit_test(a_signal_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
