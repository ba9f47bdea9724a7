/* Each test is a process of its own: what was remembered is never forgotten. */
#include "core/base/interrupt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Sends signals [count] to a process that catches them; it ends with what it remembers. */
static int status_after(const int *signals, size_t count)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        interrupt_catch();
        for (size_t i = 0; i < count; i++)
            raise(signals[i]);
        _exit(interrupt_signal());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void the_first_signal_is_remembered(void **state)
{
    static const struct {
        int signals[3];
        int remembered;
    } list[] = {
        {{SIGTERM}, SIGTERM},
        {{SIGUSR1}, SIGUSR1},
        {{SIGINT}, SIGINT},
        {{SIGUSR1, SIGTERM, SIGINT}, SIGUSR1},
        {{SIGTERM, SIGTERM, SIGUSR1}, SIGTERM},
        {{SIGCONT, SIGTERM, SIGCONT}, SIGTERM},
        {{SIGUSR1, SIGCONT, SIGCONT}, SIGUSR1},
        {{SIGCONT}, 0},
        {{0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        int status = status_after(list[i].signals, COUNT(list[i].signals));

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), list[i].remembered);
    }
}

static void a_second_sigint_ends_at_once(void **state)
{
    static const int list[][3] = {{SIGINT, SIGINT}, {SIGTERM, SIGINT, SIGINT}};

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        int status = status_after(list[i], COUNT(list[i]));

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGINT);
    }
}

static void a_sigint_that_is_ignored_stays_so(void **state)
{
    static const int twice[] = {SIGINT, SIGINT};
    int status;

    (void)state;
    signal(SIGINT, SIG_IGN);
    status = status_after(twice, COUNT(twice));
    signal(SIGINT, SIG_DFL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_moment_is_that_of_the_first(void **state)
{
    double before = clock_seconds(), after;

    (void)state;
    interrupt_catch();
    assert_int_equal(interrupt_signal(), 0);
    raise(SIGUSR1);
    after = clock_seconds();
    while (clock_seconds() - after < 0.01)
        ;
    raise(SIGTERM);
    assert_int_equal(interrupt_signal(), SIGUSR1);
    assert_true(interrupt_moment() >= before - 1e-6 &&
                interrupt_moment() <= after + 1e-6);
}

static void signals_have_names(void **state)
{
    char name[INTERRUPT_NAME_BYTES];

    (void)state;
    assert_string_equal(interrupt_name(SIGTERM, name), "SIGTERM");
    assert_string_equal(interrupt_name(SIGUSR1, name), "SIGUSR1");
    assert_string_equal(interrupt_name(SIGINT, name), "SIGINT");
    assert_string_equal(interrupt_name(63, name), "signal 63");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_is_remembered),
        cmocka_unit_test(a_second_sigint_ends_at_once),
        cmocka_unit_test(a_sigint_that_is_ignored_stays_so),
        cmocka_unit_test(signals_have_names),
        cmocka_unit_test(the_moment_is_that_of_the_first),
    };

    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
