#include "core/base/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct caught {
    int signal;
    const char *name;
    int once; /* a second one does what it does to other processes */
} all_caught[] = {
    {SIGTERM, "SIGTERM", 0}, {SIGUSR1, "SIGUSR1", 0}, {SIGINT, "SIGINT", SA_RESETHAND}};

enum { CAUGHT = sizeof all_caught / sizeof *all_caught };

/* The only state of calq that is not handed around: a handler is handed nothing but the signal. */
static atomic_int first;
static atomic_llong first_nanoseconds;

static void remember(int signal)
{
    struct timespec now;
    long long before = 0;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (atomic_compare_exchange_strong(&first_nanoseconds, &before,
                                       now.tv_sec * 1000000000LL + now.tv_nsec))
        atomic_store(&first, signal);
}

static int is_ignored(int signal)
{
    struct sigaction now;

    return sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void interrupt_catch(void)
{
    for (int i = 0; i < CAUGHT; i++) {
        struct sigaction action = {.sa_handler = remember,
                                   .sa_flags = SA_RESTART | all_caught[i].once};

        sigemptyset(&action.sa_mask);
        if (all_caught[i].signal != SIGINT || !is_ignored(SIGINT))
            sigaction(all_caught[i].signal, &action, NULL);
    }
}

int interrupt_signal(void)
{
    return atomic_load(&first);
}

double interrupt_moment(void)
{
    return (double)atomic_load(&first_nanoseconds) * 1e-9;
}

const char *interrupt_name(int signal, char name[INTERRUPT_NAME_BYTES])
{
    snprintf(name, INTERRUPT_NAME_BYTES, "signal %d", signal);
    for (int i = 0; i < CAUGHT; i++)
        if (all_caught[i].signal == signal)
            strcpy(name, all_caught[i].name);
    return name;
}
