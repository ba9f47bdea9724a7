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

enum { HOST_BYTES = 64, TAG = 1, TAG_TURN = 2 };

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

/* Ranks that all wait for one shall not all tell that it is stuck: one after the other. */
#define TURN_SECONDS 0.1

enum message_kind {
    MESSAGE_ALIVE,
    MESSAGE_WISH,
    MESSAGE_STOP,
    MESSAGE_CUT,
    MESSAGE_TURN /* whose is it? */
};

struct message {
    int kind;
    int rank, signal; /* MESSAGE_WISH, MESSAGE_STOP: who was told to stop, and how */
};

/* What another rank is to this one. */
enum role {
    ROLE_NONE,  /* they do not hear of each other */
    ROLE_ABOVE, /* it coordinates this one's team, or, to one that does so, all teams */
    ROLE_MEMBER, /* of the team that this one coordinates */
    ROLE_LEADER  /* coordinates another team, while this one coordinates all */
};

struct peer {
    enum role role;
    double heard; /* when it was heard of, by the clock `awake` */
    struct message alive, order;
    long turn;
    MPI_Request beat, ordered, turn_told; /* on their way to it */
};

/* A process has one link, as it has one MPI. */
static struct {
    MPI_Comm ranks_beside; /* for messages beside requests */
    int rank, ranks;
    int team_ranks;            /* ranks of a team; the last one may have fewer */
    char (*hosts)[HOST_BYTES]; /* [ranks] */
    struct peer *peers;        /* [ranks] */
    double give_up_after;      /* seconds; 0: never */
    const char *asked;
    /* who is alive */
    double looked; /* by clock_seconds() */
    double beaten; /* likewise: when the last beat was sent */
    double awake;  /* seconds, with no gap longer than GAP_SECONDS */
    bool broken;
    struct error failure;
    /* who wants to stop */
    double stop_at;  /* by clock_seconds() */
    double told_at;  /* likewise; INFINITY: nobody was told to stop */
    int told_rank;   /* who was, */
    int told_signal; /* and how */
    bool wish_is_passed_on;
    bool is_cut;
    /* whose turn it is */
    struct message question;
    MPI_Request asked_for_turn;
    long turns; /* on rank 0: told so far */
} watch;

static void tell_hosts(void)
{
    char name[MPI_MAX_PROCESSOR_NAME], host[HOST_BYTES];
    int length;

    MPI_Get_processor_name(name, &length);
    snprintf(host, sizeof host, "%.*s", HOST_BYTES - 1, name);
    MPI_Allgather(host, HOST_BYTES, MPI_CHAR, watch.hosts, HOST_BYTES, MPI_CHAR,
                  MPI_COMM_WORLD);
}

static int leader_of(int rank)
{
    return rank - rank % watch.team_ranks;
}

static bool leads(int rank)
{
    return leader_of(rank) == rank;
}

static enum role role_of(int rank)
{
    if (rank == watch.rank)
        return ROLE_NONE;
    if (!leads(watch.rank))
        return rank == leader_of(watch.rank) ? ROLE_ABOVE : ROLE_NONE;
    if (leader_of(rank) == watch.rank)
        return ROLE_MEMBER;
    if (watch.rank == 0)
        return leads(rank) ? ROLE_LEADER : ROLE_NONE;
    return rank == 0 ? ROLE_ABOVE : ROLE_NONE;
}

void watch_split(int team_ranks)
{
    watch.team_ranks = team_ranks;
    watch.wish_is_passed_on = false; /* there are others to tell */
    watch.turns = 0;
    for (int rank = 0; rank < watch.ranks; rank++) {
        watch.peers[rank].role = role_of(rank);
        watch.peers[rank].heard = watch.awake;
    }
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
    watch.stop_at = watch.told_at = INFINITY;
    watch.peers = memory_zeroed((size_t)watch.ranks, sizeof *watch.peers);
    for (int rank = 0; rank < watch.ranks; rank++)
        watch.peers[rank].beat = watch.peers[rank].ordered =
            watch.peers[rank].turn_told = MPI_REQUEST_NULL;
    watch.asked_for_turn = MPI_REQUEST_NULL;
    watch_split(watch.ranks);
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

/* To all ranks of that role. */
static void send_order(enum role role, struct message order)
{
    for (int rank = 0; rank < watch.ranks; rank++) {
        struct peer *peer = &watch.peers[rank];

        if (peer->role != role)
            continue;
        peer->order = order;
        send_to(rank, &peer->order, &peer->ordered);
    }
}

static void told(int rank, int signal, double moment)
{
    if (watch.told_at < INFINITY)
        return;
    watch.told_at = moment;
    watch.told_rank = rank;
    watch.told_signal = signal;
}

/* Who asks has got the answer to its last question, so that is no more on its way. */
static void tell_turn(int rank)
{
    struct peer *peer = &watch.peers[rank];

    MPI_Wait(&peer->turn_told, MPI_STATUS_IGNORE);
    peer->turn = watch.turns++;
    MPI_Isend(&peer->turn, 1, MPI_LONG, rank, TAG_TURN, watch.ranks_beside,
              &peer->turn_told);
}

static void take_in(const struct message *message, int from)
{
    watch.peers[from].heard = watch.awake;
    if (message->kind == MESSAGE_WISH || message->kind == MESSAGE_STOP)
        told(message->rank, message->signal, clock_seconds());
    if (message->kind == MESSAGE_CUT)
        watch.is_cut = true;
    if (message->kind == MESSAGE_TURN)
        tell_turn(from);
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
    for (int rank = 0; rank < watch.ranks; rank++)
        if (watch.peers[rank].role != ROLE_NONE)
            send_to(rank, &watch.peers[rank].alive, &watch.peers[rank].beat);
}

/* Up to rank 0, which tells all that coordinate: each of them stops its team. */
static void pass_wish_on(void)
{
    struct message message = {.rank = watch.told_rank, .signal = watch.told_signal};

    if (watch.wish_is_passed_on || watch.told_at == INFINITY)
        return;
    watch.wish_is_passed_on = true;
    message.kind = watch.rank == 0 ? MESSAGE_STOP : MESSAGE_WISH;
    send_order(watch.rank == 0 ? ROLE_LEADER : ROLE_ABOVE, message);
}

void watch_look(void)
{
    pass_time();
    if (interrupt_signal() != 0)
        told(watch.rank, interrupt_signal(), interrupt_moment());
    if (watch.ranks == 1)
        return;
    receive();
    pass_wish_on();
    beat();
}

void watch_ask_turn(long *turn, MPI_Request *answer)
{
    *answer = MPI_REQUEST_NULL;
    if (watch.rank == 0) {
        *turn = watch.turns++;
        return;
    }
    MPI_Irecv(turn, 1, MPI_LONG, 0, TAG_TURN, watch.ranks_beside, answer);
    MPI_Wait(&watch.asked_for_turn, MPI_STATUS_IGNORE);
    watch.question.kind = MESSAGE_TURN;
    MPI_Isend(&watch.question, sizeof watch.question, MPI_BYTE, 0, TAG,
              watch.ranks_beside, &watch.asked_for_turn);
}

/* ---- stopping ------------------------------------------------------------------------------ */

int watch_check_stop(struct error *err)
{
    char name[INTERRUPT_NAME_BYTES];

    watch_look();
    if (watch.told_at < INFINITY && watch.told_rank == watch.rank)
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

/* Who coordinates decides for the team that what is being done takes too long. */
static void decide_cut(void)
{
    double since = fmin(watch.told_at, watch.stop_at);

    if (!leads(watch.rank) || watch.is_cut || !watch.asked ||
        watch.looked - since < GRACE_SECONDS)
        return;
    watch.is_cut = true;
    send_order(ROLE_MEMBER, (struct message){.kind = MESSAGE_CUT});
}

/* ---- who is stuck --------------------------------------------------------------------------- */

/* The team has answered: all were alive just now. */
void watch_asked(const char *what)
{
    watch.asked = what;
    for (int rank = 0; !what && rank < watch.ranks; rank++)
        if (watch.peers[rank].role != ROLE_LEADER)
            watch.peers[rank].heard = watch.awake;
}

/* How much later than others this rank tells that the one above is stuck. */
static double turn(void)
{
    int before = leads(watch.rank) ? watch.rank / watch.team_ranks
                                   : watch.rank - leader_of(watch.rank);

    return before > 0 ? (before - 1) * TURN_SECONDS : 0;
}

static bool is_silent(int rank)
{
    return watch.peers[rank].role != ROLE_NONE &&
           watch.awake - watch.peers[rank].heard > watch.give_up_after + turn();
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
    char what[64];

    watch.broken = true;
    if (count > 1)
        snprintf(more, sizeof more, " and %d more", count - 1);
    if (watch.peers[first].role == ROLE_MEMBER)
        snprintf(what, sizeof what, "asked to %s", watch.asked ? watch.asked : "go on");
    else
        snprintf(what, sizeof what, "which coordinates");
    return error_set(&watch.failure, EXIT_MACHINE,
                     "rank %d on %s%s, %s, has not been heard of for %g s "
                     "(stuck_after); run again to go on",
                     first, watch_host(first), more, what, watch.give_up_after);
}

static int check_silence(void)
{
    int first, count;

    if (watch.broken)
        return -1;
    if (watch.give_up_after == 0)
        return 0;
    count = count_silent(&first);
    return count > 0 ? give_up(first, count) : 0;
}

/* Who coordinates may work for long before it waits for others. */
bool watch_must_cut(void)
{
    watch_look();
    decide_cut();
    return watch.is_cut || (leads(watch.rank) && check_silence() < 0);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void rest(double waited)
{
    double seconds = fmin(waited * SLEEP_PART, SLEEP_SECONDS);
    struct timespec time = {.tv_nsec = (long)(seconds * 1e9)};

    if (waited < SPIN_SECONDS)
        sched_yield();
    else
        nanosleep(&time, NULL);
}

/* Returns 1 when the operation is complete, 0 when so many seconds are over. */
static int wait_long(MPI_Request *request, double seconds)
{
    double start = watch.looked, waited = 0;
    int is_complete = 0;

    while (waited < seconds) {
        MPI_Test(request, &is_complete, MPI_STATUS_IGNORE);
        if (is_complete)
            return 1;
        if (waited > SPIN_SECONDS) {
            watch_look();
            decide_cut();
            if (check_silence() < 0)
                return -1;
        }
        rest(waited);
        waited = clock_seconds() - start;
    }
    return 0;
}

int watch_wait_for(MPI_Request *request, double seconds, struct error *err)
{
    int status = -1;

    watch_look();
    if (!watch.broken)
        status = wait_long(request, seconds);
    if (status < 0)
        *err = watch.failure;
    return status;
}

int watch_wait(MPI_Request *request, struct error *err)
{
    return watch_wait_for(request, INFINITY, err) < 0 ? -1 : 0;
}

static void let_go(MPI_Request *request)
{
    if (*request != MPI_REQUEST_NULL)
        MPI_Request_free(request);
}

/* Messages that nobody will receive any more are let go. */
void watch_close(void)
{
    receive();
    for (int rank = 0; rank < watch.ranks; rank++) {
        let_go(&watch.peers[rank].beat);
        let_go(&watch.peers[rank].ordered);
        let_go(&watch.peers[rank].turn_told);
    }
    let_go(&watch.asked_for_turn);
    MPI_Comm_free(&watch.ranks_beside);
    free(watch.hosts);
    free(watch.peers);
}
