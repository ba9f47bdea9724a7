#include "core/base/apart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the process apart is to do. */
enum wish { DOUBLE, COUNT_QUESTIONS, SUM_ROOM, TELL_PROCESS, RAISE, LOOP, LEAVE };

struct question {
    enum wish wish;
    int number;
    size_t bytes;
};

struct answer {
    long number;
};

static long sum_of(const unsigned char *room, size_t bytes)
{
    long sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += room[i];
    return sum;
}

static void answer(const void *asked, void *room, void *answered)
{
    static long questions;
    const struct question *question = asked;
    struct answer *answer = answered;

    questions++;
    switch (question->wish) {
    case DOUBLE:
        answer->number += 2 * question->number;
        break;
    case COUNT_QUESTIONS:
        answer->number = questions;
        break;
    case SUM_ROOM:
        answer->number = sum_of(room, question->bytes);
        memset(room, 7, question->bytes);
        break;
    case TELL_PROCESS:
        answer->number = getpid();
        break;
    case RAISE:
        signal(question->number, SIG_DFL); /* also where a sanitizer looks */
        raise(question->number);
        break;
    case LOOP:
        for (volatile bool forever = true; forever;)
            ;
        break;
    case LEAVE:
        _exit(question->number);
    }
}

static const struct apart_work work = {sizeof(struct question), sizeof(struct answer),
                                       answer, 1};
static struct error err;

static struct apart *start(void)
{
    struct apart *apart = apart_start(&work, &err);

    if (!apart)
        fail_msg("%s", err.text);
    return apart;
}

static long ask(struct apart *apart, enum wish wish, int number)
{
    struct question question = {.wish = wish, .number = number};
    struct answer answer;
    struct apart_end end;

    assert_int_equal(apart_ask(apart, &question, &answer, &end), 0);
    return answer.number;
}

static struct apart_end end_of(struct apart *apart, enum wish wish, int number)
{
    struct question question = {.wish = wish, .number = number};
    struct answer answer;
    struct apart_end end;

    assert_int_equal(apart_ask(apart, &question, &answer, &end), -1);
    return end;
}

static void questions_are_answered_by_another_process(void **state)
{
    struct apart *apart = start();
    long process = ask(apart, TELL_PROCESS, 0);

    (void)state;
    assert_true(process != getpid());
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(apart, DOUBLE, i), 2 * i);
    assert_int_equal(ask(apart, TELL_PROCESS, 0), process);
    apart_stop(apart);
}

static void the_room_is_seen_by_both_however_it_grows(void **state)
{
    static const size_t sizes[] = {1, 100, 1 << 20, 3, 5 << 20};
    struct apart *apart = start();

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct question question = {.wish = SUM_ROOM, .bytes = sizes[i]};
        unsigned char *room = apart_room(apart, sizes[i], &err);
        struct answer answer;
        struct apart_end end;

        assert_non_null(room);
        memset(room, 3, sizes[i]);
        assert_int_equal(apart_ask(apart, &question, &answer, &end), 0);
        assert_int_equal(answer.number, 3 * sizes[i]);
        assert_int_equal(sum_of(room, sizes[i]), 7 * sizes[i]);
    }
    apart_stop(apart);
}

static void who_asks_is_told_the_signal_and_goes_on(void **state)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGKILL};
    struct apart *apart = start();

    (void)state;
    for (size_t i = 0; i < COUNT(signals); i++) {
        assert_int_equal(ask(apart, DOUBLE, 4), 8);
        assert_int_equal(end_of(apart, RAISE, signals[i]).signal, signals[i]);
        assert_int_equal(ask(apart, COUNT_QUESTIONS, 0), 1); /* a new process */
    }
    apart_stop(apart);
}

static void what_comes_to_no_end_is_ended(void **state)
{
    struct apart *apart = start();

    (void)state;
    assert_int_equal(end_of(apart, LOOP, 0).signal, SIGPROF);
    assert_int_equal(ask(apart, DOUBLE, 3), 6);
    apart_stop(apart);
}

static void an_exit_code_is_told(void **state)
{
    struct apart *apart = start();
    struct apart_end end = end_of(apart, LEAVE, 8);

    (void)state;
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.code, 8);
    assert_int_equal(ask(apart, DOUBLE, 3), 6);
    apart_stop(apart);
}

static void an_end_between_two_questions_is_told_at_the_next(void **state)
{
    struct apart *apart = start();
    pid_t process = (pid_t)ask(apart, TELL_PROCESS, 0);
    struct apart_end end;

    (void)state;
    kill(process, SIGKILL);
    while (kill(process, 0) == 0) /* its keeper waits for it */
        usleep(1000);
    end = end_of(apart, DOUBLE, 1);
    assert_int_equal(end.signal, SIGKILL);
    assert_int_equal(ask(apart, DOUBLE, 3), 6);
    apart_stop(apart);
}

static void signals_to_stop_are_not_for_it(void **state)
{
    struct apart *apart = start();
    pid_t process = (pid_t)ask(apart, TELL_PROCESS, 0);

    (void)state;
    kill(process, SIGTERM);
    kill(process, SIGINT);
    kill(process, SIGUSR1);
    assert_int_equal(ask(apart, TELL_PROCESS, 0), process);
    apart_stop(apart);
}

/* The processes apart hold an end of a pipe: it is at its end when they are gone. */
static void it_ends_with_who_started_it_however_that_ends(void **state)
{
    static const int signals[] = {0, SIGKILL};

    (void)state;
    for (size_t i = 0; i < COUNT(signals); i++) {
        int ends[2], status;
        char byte;
        pid_t child;

        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct apart *apart = apart_start(&work, &err);

            if (apart && signals[i])
                raise(signals[i]);
            _exit(apart ? 0 : 1);
        }
        close(ends[1]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(read(ends[0], &byte, 1), 0);
        close(ends[0]);
        assert_true(signals[i] ? WIFSIGNALED(status) : WEXITSTATUS(status) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_answered_by_another_process),
        cmocka_unit_test(the_room_is_seen_by_both_however_it_grows),
        cmocka_unit_test(who_asks_is_told_the_signal_and_goes_on),
        cmocka_unit_test(what_comes_to_no_end_is_ended),
        cmocka_unit_test(an_exit_code_is_told),
        cmocka_unit_test(an_end_between_two_questions_is_told_at_the_next),
        cmocka_unit_test(signals_to_stop_are_not_for_it),
        cmocka_unit_test(it_ends_with_who_started_it_however_that_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
