#include "link/link.h"

#include "core/base/memory.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

void link_open(void)
{
    /* Open MPI refuses root unless told twice, and a lone process needs no daemon. */
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    MPI_Init(NULL, NULL);
}

void link_close(void)
{
    MPI_Finalize();
}

int link_rank(void)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int link_ranks(void)
{
    int ranks;

    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    return ranks;
}

bool link_coordinates(void)
{
    return link_rank() == 0;
}

void link_broadcast(void *data, size_t bytes)
{
    enum { PIECE = 1 << 30 };
    char *piece = data;

    for (; bytes > PIECE; piece += PIECE, bytes -= PIECE)
        MPI_Bcast(piece, PIECE, MPI_BYTE, 0, MPI_COMM_WORLD);
    MPI_Bcast(piece, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
}

static void say_who(struct error *err)
{
    char host[MPI_MAX_PROCESSOR_NAME];
    int length;

    if (link_ranks() == 1)
        return;
    MPI_Get_processor_name(host, &length);
    error_prefix(err, "rank %d on %s", link_rank(), host);
}

int link_agree(int status, struct error *err)
{
    int failed = status == 0 ? INT_MAX : link_rank();
    int first;

    MPI_Allreduce(&failed, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (first == INT_MAX)
        return 0;
    if (first == link_rank())
        say_who(err);
    MPI_Bcast(err, sizeof *err, MPI_BYTE, first, MPI_COMM_WORLD);
    return -1;
}

void link_send(const struct request *request, const float *steps)
{
    struct request copy = *request;

    link_broadcast(&copy, sizeof copy);
    if (copy.candidate_count > 0)
        link_broadcast((void *)steps, (size_t)copy.candidate_count *
                                          (size_t)copy.step_count * sizeof *steps);
}

void link_receive(struct request *request, float **steps)
{
    size_t bytes;

    link_broadcast(request, sizeof *request);
    bytes =
        (size_t)request->candidate_count * (size_t)request->step_count * sizeof **steps;
    if (bytes == 0)
        return;
    *steps = memory_resize(*steps, bytes);
    link_broadcast(*steps, bytes);
}

int link_merge(int status, struct reply *reply, struct error *err)
{
    if (link_agree(status, err) < 0)
        return -1;
    if (reply->sum_count > 0)
        MPI_Allreduce(MPI_IN_PLACE, reply->sums, (int)reply->sum_count, MPI_INT64_T,
                      MPI_SUM, MPI_COMM_WORLD);
    if (reply->maximum_count > 0)
        MPI_Allreduce(MPI_IN_PLACE, reply->maxima, (int)reply->maximum_count,
                      MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return 0;
}
