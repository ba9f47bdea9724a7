#include "link/link.h"

#include "core/base/memory.h"
#include "link/teams.h"
#include "link/watch.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Why a link: ranks must meet in the same order, and one that fails, hangs or is stopped must not
 * leave the others waiting. So a question is one broadcast and one merge, a failure travels in
 * the merge, and watch.c can end every wait. What is sent is the plain data of message.h, so all
 * else in calq is tested without MPI. */

/* What is larger waits until all ranks are there: then it takes few polls. */
enum { BYTES_AT_ONCE = 3072 };

/* What begins a question: the request, and as much of its payload as fits. */
struct packet {
    struct request request;
    unsigned char payload[BYTES_AT_ONCE];
};

static MPI_Op merge_of_replies;

/* An MPI_User_function; an element of the type is a whole reply. */
static void merge_replies(void *from, void *into, int *count, MPI_Datatype *type)
{
    int bytes;

    MPI_Type_size(*type, &bytes);
    for (int i = 0; i < *count; i++)
        reply_merge((const char *)from + (size_t)i * (size_t)bytes,
                    (char *)into + (size_t)i * (size_t)bytes,
                    (size_t)bytes / sizeof(int64_t));
}

void link_open(void)
{
    /* Open MPI refuses root unless told twice, and a lone process needs no daemon. */
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    MPI_Init(NULL, NULL);
    MPI_Op_create(merge_replies, true, &merge_of_replies);
    watch_open();
    teams_open();
}

static bool is_open(void)
{
    int is_open, is_closed;

    MPI_Initialized(&is_open);
    MPI_Finalized(&is_closed);
    return is_open && !is_closed;
}

void link_close(void)
{
    if (!is_open())
        return;
    if (watch_is_broken()) {
        fflush(NULL);
        MPI_Abort(MPI_COMM_WORLD, EXIT_MACHINE);
    }
    teams_close();
    watch_close();
    MPI_Op_free(&merge_of_replies);
    MPI_Finalize();
}

int link_meet(struct error *err)
{
    MPI_Request all;

    if (!is_open())
        return 0;
    if (watch_is_broken())
        return watch_wait(NULL, err);
    MPI_Ibarrier(MPI_COMM_WORLD, &all);
    return watch_wait(&all, err);
}

/* Some libraries go on about who built them. */
void link_library(char text[LINK_LIBRARY_BYTES])
{
    char whole[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;

    MPI_Get_library_version(whole, &length);
    whole[length] = '\0';
    snprintf(text, LINK_LIBRARY_BYTES, "%.*s", (int)strcspn(whole, ",\n"), whole);
}

static int rank_in(MPI_Comm ranks)
{
    int rank;

    MPI_Comm_rank(ranks, &rank);
    return rank;
}

static int count_of(MPI_Comm ranks)
{
    int count;

    MPI_Comm_size(ranks, &count);
    return count;
}

int link_rank(void)
{
    return rank_in(teams_own());
}

int link_ranks(void)
{
    return count_of(teams_own());
}

bool link_coordinates(void)
{
    return link_rank() == 0;
}

bool link_is_first(void)
{
    return rank_in(MPI_COMM_WORLD) == 0;
}

bool link_is_broken(void)
{
    return watch_is_broken();
}

void link_give_up_after(double seconds)
{
    watch_give_up_after(seconds);
}

/* ---- collective operations ----------------------------------------------------------------- */

static int broadcast_piece(MPI_Comm ranks, void *piece, size_t bytes, int from,
                           struct error *err)
{
    MPI_Request all;

    if (watch_is_broken())
        return watch_wait(NULL, err);
    MPI_Ibcast(piece, (int)bytes, MPI_BYTE, from, ranks, &all);
    return watch_wait(&all, err);
}

static int merge(MPI_Comm ranks, void *numbers, size_t count, MPI_Datatype type,
                 MPI_Op how, struct error *err)
{
    MPI_Request all;

    if (watch_is_broken())
        return watch_wait(NULL, err);
    MPI_Iallreduce(MPI_IN_PLACE, numbers, (int)count, type, how, ranks, &all);
    return watch_wait(&all, err);
}

static int broadcast(MPI_Comm ranks, void *data, size_t bytes, struct error *err)
{
    enum { PIECE = 1 << 30 };
    char *piece = data;

    for (; bytes > PIECE; piece += PIECE, bytes -= PIECE)
        if (broadcast_piece(ranks, piece, PIECE, 0, err) < 0)
            return -1;
    return broadcast_piece(ranks, piece, bytes, 0, err);
}

/* Whose sentence it is. */
static void say_who(struct error *err)
{
    int rank = rank_in(MPI_COMM_WORLD);

    error_prefix(err, "rank %d on %s", rank, watch_host(rank));
}

static void say_who_of_team(struct error *err)
{
    if (link_ranks() > 1)
        say_who(err);
}

/* The sentence of a rank becomes that of all. */
static int hear_failure(MPI_Comm ranks, int rank, struct error *err)
{
    broadcast_piece(ranks, err, sizeof *err, rank, err);
    return -1;
}

static int agree(MPI_Comm ranks, int status, struct error *err)
{
    int first = status == 0 ? INT_MAX : rank_in(ranks);

    if (merge(ranks, &first, 1, MPI_INT, MPI_MIN, err) < 0)
        return -1;
    if (first == INT_MAX)
        return 0;
    return hear_failure(ranks, first, err);
}

int link_broadcast(void *data, size_t bytes, struct error *err)
{
    return broadcast(teams_own(), data, bytes, err);
}

int link_agree(int status, struct error *err)
{
    if (status != 0)
        say_who_of_team(err);
    return agree(teams_own(), status, err);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What of a payload did not fit the packet. */
static int broadcast_rest(void *payload, size_t bytes, struct error *err)
{
    if (bytes <= BYTES_AT_ONCE)
        return 0;
    return link_broadcast((char *)payload + BYTES_AT_ONCE, bytes - BYTES_AT_ONCE, err);
}

int link_send(const struct request *request, const void *payload, struct error *err)
{
    struct packet packet = {.request = *request};

    watch_asked(request->kind == REQUEST_STOP ? NULL : request_name(request->kind));
    if (request->payload_bytes > 0)
        memcpy(packet.payload, payload, smaller(request->payload_bytes, BYTES_AT_ONCE));
    if (link_broadcast(&packet, sizeof packet, err) < 0)
        return -1;
    return broadcast_rest((void *)payload, request->payload_bytes, err);
}

int link_receive(struct request *request, void **payload, struct error *err)
{
    struct packet packet;
    size_t bytes;

    if (link_broadcast(&packet, sizeof packet, err) < 0)
        return -1;
    *request = packet.request;
    bytes = request->payload_bytes;
    if (bytes == 0)
        return 0;
    *payload = memory_resize(*payload, bytes);
    memcpy(*payload, packet.payload, smaller(bytes, BYTES_AT_ONCE));
    return broadcast_rest(*payload, bytes, err);
}

static int merge_words(const struct reply *reply, struct error *err)
{
    MPI_Datatype whole;
    int status;

    MPI_Type_contiguous((int)reply->word_count, MPI_INT64_T, &whole);
    MPI_Type_commit(&whole);
    status = merge(teams_own(), reply->words, 1, whole, merge_of_replies, err);
    MPI_Type_free(&whole);
    return status;
}

static int merge_all(int status, struct reply *reply, struct error *err)
{
    bool is_large = reply->word_count * sizeof *reply->words > BYTES_AT_ONCE;

    if (is_large && link_agree(status, err) < 0)
        return -1;
    if (status != 0) {
        say_who_of_team(err);
        reply_fail(reply, link_rank());
    }
    if (merge_words(reply, err) < 0)
        return -1;
    status = reply_failed(reply);
    return status < 0 ? 0 : hear_failure(teams_own(), status, err);
}

int link_merge(int status, struct reply *reply, struct error *err)
{
    status = merge_all(status, reply, err);
    if (!watch_is_broken())
        watch_asked(NULL);
    return status;
}

/* ---- between teams ------------------------------------------------------------------------- */

int link_split(int ranks_per_team, struct error *err)
{
    int ranks = count_of(MPI_COMM_WORLD);

    if (agree(MPI_COMM_WORLD, 0, err) < 0) /* so that nobody waits in vain below */
        return -1;
    if (ranks_per_team > 0 && ranks_per_team < ranks)
        teams_split(ranks_per_team);
    return 0;
}

int link_join(struct error *err)
{
    if (agree(MPI_COMM_WORLD, 0, err) < 0)
        return -1;
    teams_close();
    return 0;
}

int link_teams(void)
{
    return count_of(teams_leaders());
}

int link_take_turn(long *turn, struct error *err)
{
    MPI_Request answer;

    if (watch_is_broken())
        return watch_wait(NULL, err);
    watch_ask_turn(turn, &answer);
    return watch_wait(&answer, err);
}

int link_share(void *data, size_t bytes, struct error *err)
{
    return broadcast(teams_leaders(), data, bytes, err);
}

int link_agree_all_teams(int status, struct error *err)
{
    if (status != 0 && !link_is_first())
        say_who(err);
    return agree(teams_leaders(), status, err);
}

int link_await_teams(double seconds, struct error *err)
{
    if (watch_is_broken())
        return watch_wait(NULL, err);
    return watch_wait_for(teams_end(), seconds, err);
}

/* ---- stopping ------------------------------------------------------------------------------ */

void link_stop_at(double moment)
{
    watch_stop_at(moment);
}

int link_check_stop(struct error *err)
{
    return watch_check_stop(err);
}

bool link_must_cut(void)
{
    return watch_must_cut();
}
