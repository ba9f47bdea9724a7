#include "link/watch.h"

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/memory.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOST_BYTES = 64, TAG = 1 };

/* Until the configuration tells. */
#define FIRST_GIVE_UP_AFTER 600.

/* Beats in the time after which a rank is given up, and the longest time between two. */
#define BEATS 8
#define BEAT_SECONDS 5.

/* Work that takes longer than this from the wish to stop on is cut short. A run has 5 s to end, and
 * some launchers give it less. */
#define GRACE_SECONDS 0.5

/* The longest gap between two looks that counts as time of waiting, in which looks are frequent: a
 * process that was stopped itself must not blame others for it. */
#define GAP_SECONDS 0.1

/* A wait begins with asking again and again; then it sleeps this part of what it has waited, so that
 * it ends late by no more than that for each rank that a message goes through. */
#define SPIN_SECONDS 0.004
#define SLEEP_PART (1 / 128.)
#define SLEEP_SECONDS 0.001

/* Ranks that all wait for rank 0 shall not all tell that it is stuck: one after the other. */
#define TURN_SECONDS 0.1

enum message_kind { MESSAGE_ALIVE, MESSAGE_WISH, MESSAGE_CUT };

struct message {
    int kind;
    int signal; /* MESSAGE_WISH: what the sender got */
};

/* A process has one link, as it has one MPI. */
static struct {
    MPI_Comm ranks_beside; /* for messages beside requests */
    int rank, ranks;
    char (*hosts)[HOST_BYTES]; /* [ranks] */
    double give_up_after;      /* seconds; 0: never */
    const char *asked;
    /* who is alive */
    double looked; /* by clock_seconds() */
    double beaten; /* likewise: when the last beat was sent */
    double awake;  /* seconds, with no gap longer than GAP_SECONDS */
    double *heard; /* [ranks] by that clock: when a rank was heard of */
    bool broken;
    struct error failure;
    /* who wants to stop */
    double stop_at;    /* by clock_seconds() */
    double told_at;    /* likewise; INFINITY: nobody was told to stop */
    int told_rank;     /* who was, */
    int told_signal;   /* and how */
    bool wish_is_sent; /* other ranks to rank 0 */
    bool is_cut;
    /* on their way */
    struct message alive, order;
    MPI_Request *beats, *orders; /* [ranks] */
} watch;

static MPI_Request *no_requests(int count)
{
    MPI_Request *requests = memory_get((size_t)count * sizeof(MPI_Request));

    for (int i = 0; i < count; i++)
        requests[i] = MPI_REQUEST_NULL;
    return requests;
}

static void tell_hosts(void)
{
    char name[MPI_MAX_PROCESSOR_NAME], host[HOST_BYTES];
    int length;

    MPI_Get_processor_name(name, &length);
    snprintf(host, sizeof host, "%.*s", HOST_BYTES - 1, name);
    MPI_Allgather(host, HOST_BYTES, MPI_CHAR, watch.hosts, HOST_BYTES, MPI_CHAR,
                  MPI_COMM_WORLD);
}

void watch_open(void)
{
    MPI_Comm_dup(MPI_COMM_WORLD, &watch.ranks_beside);
    MPI_Comm_rank(MPI_COMM_WORLD, &watch.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &watch.ranks);
    watch.hosts = memory_zeroed((size_t)watch.ranks, sizeof *watch.hosts);
    tell_hosts();
    watch.give_up_after = FIRST_GIVE_UP_AFTER;
    watch.looked = clock_seconds();
    watch.heard = memory_zeroed((size_t)watch.ranks, sizeof *watch.heard);
    watch.stop_at = watch.told_at = INFINITY;
    watch.beats = no_requests(watch.ranks);
    watch.orders = no_requests(watch.ranks);
}

const char *watch_host(int rank)
{
    return watch.hosts[rank];
}

void watch_give_up_after(double seconds)
{
    watch.give_up_after = seconds;
}

void watch_stop_at(double moment)
{
    watch.stop_at = moment;
}

bool watch_is_broken(void)
{
    return watch.broken;
}

/* ---- messages ---------------------------------------------------------------------------- */

/* Sends unless the last such message is still on its way. */
static void send_to(int rank, const struct message *message, MPI_Request *on_its_way)
{
    int is_there;

    MPI_Test(on_its_way, &is_there, MPI_STATUS_IGNORE);
    if (is_there)
        MPI_Isend(message, sizeof *message, MPI_BYTE, rank, TAG, watch.ranks_beside,
                  on_its_way);
}

/* From rank 0 to all others, from others to rank 0. */
static void send_across(const struct message *message, MPI_Request *on_their_way)
{
    if (watch.rank > 0)
        send_to(0, message, &on_their_way[0]);
    for (int rank = 1; watch.rank == 0 && rank < watch.ranks; rank++)
        send_to(rank, message, &on_their_way[rank]);
}

static void told(int rank, int signal, double moment)
{
    if (watch.told_at < INFINITY)
        return;
    watch.told_at = moment;
    watch.told_rank = rank;
    watch.told_signal = signal;
}

static void take_in(const struct message *message, int from)
{
    watch.heard[from] = watch.awake;
    if (message->kind == MESSAGE_WISH)
        told(from, message->signal, clock_seconds());
    if (message->kind == MESSAGE_CUT)
        watch.is_cut = true;
}

static void receive(void)
{
    int has_come;
    MPI_Status status;

    for (;;) {
        struct message message;

        MPI_Iprobe(MPI_ANY_SOURCE, TAG, watch.ranks_beside, &has_come, &status);
        if (!has_come)
            return;
        MPI_Recv(&message, sizeof message, MPI_BYTE, status.MPI_SOURCE, TAG,
                 watch.ranks_beside, MPI_STATUS_IGNORE);
        take_in(&message, status.MPI_SOURCE);
    }
}

static void pass_time(void)
{
    double now = clock_seconds();

    watch.awake += fmin(now - watch.looked, GAP_SECONDS);
    watch.looked = now;
}

static void beat(void)
{
    double interval = fmin(watch.give_up_after / BEATS, BEAT_SECONDS);

    if (watch.give_up_after == 0 || watch.looked - watch.beaten < interval)
        return;
    watch.beaten = watch.looked;
    watch.alive.kind = MESSAGE_ALIVE;
    send_across(&watch.alive, watch.beats);
}

/* Rank 0 decides, so the others tell it. */
static void tell_wish(void)
{
    if (watch.rank == 0 || watch.wish_is_sent || watch.told_at == INFINITY)
        return;
    watch.wish_is_sent = true;
    watch.order = (struct message){MESSAGE_WISH, watch.told_signal};
    send_across(&watch.order, watch.orders);
}

void watch_look(void)
{
    pass_time();
    if (interrupt_signal() != 0)
        told(watch.rank, interrupt_signal(), interrupt_moment());
    if (watch.ranks == 1)
        return;
    receive();
    tell_wish();
    beat();
}

/* ---- stopping ------------------------------------------------------------------------------ */

int watch_check_stop(struct error *err)
{
    char name[INTERRUPT_NAME_BYTES];

    watch_look();
    if (watch.told_at < INFINITY && watch.told_rank == 0)
        return error_set(err, EXIT_STOPPED, "stopped by %s",
                         interrupt_name(watch.told_signal, name));
    if (watch.told_at < INFINITY)
        return error_set(err, EXIT_STOPPED, "stopped by %s to rank %d on %s",
                         interrupt_name(watch.told_signal, name), watch.told_rank,
                         watch_host(watch.told_rank));
    if (watch.looked >= watch.stop_at)
        return error_set(err, EXIT_STOPPED, "the time of this run is over");
    return 0;
}

/* Rank 0 decides for all that what is being done takes too long. */
static void decide_cut(void)
{
    double since = fmin(watch.told_at, watch.stop_at);

    if (watch.rank > 0 || watch.is_cut || !watch.asked ||
        watch.looked - since < GRACE_SECONDS)
        return;
    watch.is_cut = true;
    watch.order = (struct message){.kind = MESSAGE_CUT};
    send_across(&watch.order, watch.orders);
}

bool watch_must_cut(void)
{
    watch_look();
    decide_cut();
    return watch.is_cut;
}

/* ---- waiting ------------------------------------------------------------------------------- */

void watch_asked(const char *what)
{
    watch.asked = what;
    for (int rank = 0; !what && rank < watch.ranks; rank++)
        watch.heard[rank] = watch.awake;
}

static bool is_silent(int rank)
{
    return rank != watch.rank && (watch.rank == 0 || rank == 0) &&
           watch.awake - watch.heard[rank] > watch.give_up_after;
}

static int count_silent(int *first)
{
    int count = 0;

    for (int rank = watch.ranks - 1; rank >= 0; rank--)
        if (is_silent(rank)) {
            *first = rank;
            count++;
        }
    return count;
}

/* Ranks that are stuck, in one sentence. */
static int give_up(int first, int count)
{
    char more[32] = "";

    watch.broken = true;
    if (count > 1)
        snprintf(more, sizeof more, " and %d more", count - 1);
    if (watch.rank > 0)
        return error_set(&watch.failure, EXIT_MACHINE,
                         "rank 0 on %s, which coordinates, has not been heard of for "
                         "%g s (stuck_after); run again to go on",
                         watch_host(0), watch.give_up_after);
    return error_set(
        &watch.failure, EXIT_MACHINE,
        "rank %d on %s%s, asked to %s, has not been heard of for %g s (stuck_after); "
        "run again to go on",
        first, watch_host(first), more, watch.asked ? watch.asked : "go on",
        watch.give_up_after);
}

/* Whether a rank is to be given up after a wait that began at `began`. */
static int check_silence(double began)
{
    double turn = watch.rank > 0 ? (watch.rank - 1) * TURN_SECONDS : 0;
    int first, count;

    if (watch.give_up_after == 0 || watch.awake - began - turn <= watch.give_up_after)
        return 0;
    count = count_silent(&first);
    return count > 0 ? give_up(first, count) : 0;
}

static void rest(double waited)
{
    double seconds = fmin(waited * SLEEP_PART, SLEEP_SECONDS);
    struct timespec time = {.tv_nsec = (long)(seconds * 1e9)};

    if (waited < SPIN_SECONDS)
        sched_yield();
    else
        nanosleep(&time, NULL);
}

static int wait_long(MPI_Request *request)
{
    double start = watch.looked, began = watch.awake;
    int is_complete = 0;

    for (;;) {
        MPI_Test(request, &is_complete, MPI_STATUS_IGNORE);
        if (is_complete)
            return 0;
        if (clock_seconds() - start > SPIN_SECONDS) {
            watch_look();
            decide_cut();
            if (check_silence(began) < 0)
                return -1;
        }
        rest(clock_seconds() - start);
    }
}

int watch_wait(MPI_Request *request, struct error *err)
{
    watch_look();
    if (watch.broken || wait_long(request) < 0) {
        *err = watch.failure;
        return -1;
    }
    return 0;
}

/* Messages that nobody will receive any more are let go. */
void watch_close(void)
{
    receive();
    for (int rank = 0; rank < watch.ranks; rank++) {
        if (watch.beats[rank] != MPI_REQUEST_NULL)
            MPI_Request_free(&watch.beats[rank]);
        if (watch.orders[rank] != MPI_REQUEST_NULL)
            MPI_Request_free(&watch.orders[rank]);
    }
    MPI_Comm_free(&watch.ranks_beside);
    free(watch.hosts);
    free(watch.heard);
    free(watch.beats);
    free(watch.orders);
}
