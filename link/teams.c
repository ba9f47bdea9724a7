#include "link/teams.h"

#include "link/watch.h"

#include <stdbool.h>

static struct {
    MPI_Comm own, leaders;
    bool are_split;
    bool is_end_asked;
    MPI_Request end;
} teams;

void teams_open(void)
{
    teams.own = MPI_COMM_WORLD;
    teams.leaders = MPI_COMM_SELF;
    teams.are_split = teams.is_end_asked = false;
}

void teams_split(int team_ranks)
{
    int rank, own;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_split(MPI_COMM_WORLD, rank / team_ranks, rank, &teams.own);
    MPI_Comm_rank(teams.own, &own);
    MPI_Comm_split(MPI_COMM_WORLD, own == 0 ? 0 : MPI_UNDEFINED, rank, &teams.leaders);
    teams.are_split = true;
    watch_split(team_ranks);
}

void teams_close(void)
{
    int ranks;

    if (!teams.are_split)
        return;
    if (teams.leaders != MPI_COMM_NULL)
        MPI_Comm_free(&teams.leaders);
    MPI_Comm_free(&teams.own);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    watch_split(ranks);
    teams_open();
}

MPI_Comm teams_own(void)
{
    return teams.own;
}

MPI_Comm teams_leaders(void)
{
    return teams.leaders;
}

MPI_Request *teams_end(void)
{
    if (!teams.is_end_asked)
        MPI_Ibarrier(teams.leaders, &teams.end);
    teams.is_end_asked = true;
    return &teams.end;
}
