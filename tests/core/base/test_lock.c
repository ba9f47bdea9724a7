#include "core/base/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static struct error err;

/* A process that takes the lock, says so, and sleeps. */
static pid_t start_holder(void)
{
    struct error ignored;
    int ends[2], lock;
    char byte;
    pid_t holder;

    assert_int_equal(pipe(ends), 0);
    holder = fork();
    if (holder == 0) {
        if (lock_take(scratch_file, &lock, &ignored) < 0 || write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return holder;
}

static void end_holder(pid_t holder)
{
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}

static void a_lock_can_be_taken_again_after_its_release(void **state)
{
    int lock;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lock_take(scratch_file, &lock, &err), 0);
        lock_release(lock);
    }
    lock_release(-1);
}

static void who_holds_a_lock_since_when_is_told(void **state)
{
    char host[100], process[300];
    pid_t holder = start_holder();
    int lock;

    (void)state;
    gethostname(host, sizeof host);
    snprintf(process, sizeof process, "%s is held by process %ld on %s, started 20",
             scratch_file, (long)holder, host);
    assert_int_equal(lock_take(scratch_file, &lock, &err), -1);
    assert_int_equal(lock, -1);
    end_holder(holder);
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_int_equal(strncmp(err.text, process, strlen(process)), 0);
    assert_non_null(strstr(err.text, "UTC; wait for its end, or choose another `out`"));
}

static void the_lock_of_a_dead_process_is_free(void **state)
{
    pid_t holder = start_holder();
    int lock;

    (void)state;
    end_holder(holder);
    assert_int_equal(lock_take(scratch_file, &lock, &err), 0);
    lock_release(lock);
}

static void a_missing_folder_is_told(void **state)
{
    int lock;

    (void)state;
    assert_int_equal(lock_take("/no/such/lock", &lock, &err), -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_string_equal(err.text,
                        "cannot open /no/such/lock: No such file or directory");
}

/* ---- groups ------------------------------------------------------------------------------- */

#define FOUR "a run in 4 parts"

static void those_of_a_group_hold_a_lock_together(void **state)
{
    int first, second, again;

    (void)state;
    assert_int_equal(lock_join(scratch_file, FOUR, &first, &err), 0);
    assert_int_equal(lock_join(scratch_file, FOUR, &second, &err), 0);
    lock_release(first);
    assert_int_equal(lock_join(scratch_file, FOUR, &again, &err), 0);
    lock_release(second);
    lock_release(again);
}

static void another_group_is_refused_until_the_first_has_ended(void **state)
{
    int first, second;

    (void)state;
    assert_int_equal(lock_join(scratch_file, FOUR, &first, &err), 0);
    assert_int_equal(lock_join(scratch_file, "a run in 40 parts", &second, &err), -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_non_null(strstr(err.text, "file is held by " FOUR ": process "));
    lock_release(first);
    assert_int_equal(lock_join(scratch_file, "a run in 40 parts", &second, &err), 0);
    lock_release(second);
}

static void a_group_and_a_holder_alone_exclude_each_other(void **state)
{
    int group, alone;

    (void)state;
    assert_int_equal(lock_join(scratch_file, FOUR, &group, &err), 0);
    assert_int_equal(lock_take(scratch_file, &alone, &err), -1);
    assert_non_null(strstr(err.text, "file is held by " FOUR ": process "));
    lock_release(group);
    assert_int_equal(lock_take(scratch_file, &alone, &err), 0);
    assert_int_equal(lock_join(scratch_file, FOUR, &group, &err), -1);
    assert_non_null(strstr(err.text, "file is held by process "));
    lock_release(alone);
}

static void looking_at_a_lock_does_not_take_it(void **state)
{
    int lock;

    (void)state;
    assert_false(lock_is_held(scratch_file));
    assert_int_equal(lock_take(scratch_file, &lock, &err), 0);
    assert_true(lock_is_held(scratch_file));
    lock_release(lock);
    assert_false(lock_is_held(scratch_file));
    assert_false(lock_is_held("/no/such/lock"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_can_be_taken_again_after_its_release),
        cmocka_unit_test(who_holds_a_lock_since_when_is_told),
        cmocka_unit_test(the_lock_of_a_dead_process_is_free),
        cmocka_unit_test(a_missing_folder_is_told),
        cmocka_unit_test(those_of_a_group_hold_a_lock_together),
        cmocka_unit_test(another_group_is_refused_until_the_first_has_ended),
        cmocka_unit_test(a_group_and_a_holder_alone_exclude_each_other),
        cmocka_unit_test(looking_at_a_lock_does_not_take_it),
    };

    return cmocka_run_group_tests_name("lock", tests, scratch_make, scratch_remove);
}
