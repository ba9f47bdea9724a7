#include "link/teams.h"

#include "link/watch.h"

#include <stdbool.h>

static struct {
    MPI_Comm own, leaders;
    bool are_split;
    long turns; /* of one team, which needs no window */
    /* the counter, which lies on the first of those that coordinate; only on these */
    MPI_Win window;
    long *counter;
    bool is_end_asked;
    MPI_Request end;
} teams;

void teams_open(void)
{
    teams.own = MPI_COMM_WORLD;
    teams.leaders = MPI_COMM_SELF;
    teams.are_split = teams.is_end_asked = false;
    teams.turns = 0;
}

static void open_counter(void)
{
    int rank;

    MPI_Comm_rank(teams.leaders, &rank);
    MPI_Win_allocate(rank == 0 ? sizeof *teams.counter : 0, sizeof *teams.counter,
                     MPI_INFO_NULL, teams.leaders, &teams.counter, &teams.window);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, teams.window);
    if (rank == 0)
        *teams.counter = 0;
    MPI_Win_sync(teams.window);
    MPI_Barrier(teams.leaders);
}

void teams_split(int team_ranks)
{
    int rank, own;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_split(MPI_COMM_WORLD, rank / team_ranks, rank, &teams.own);
    MPI_Comm_rank(teams.own, &own);
    MPI_Comm_split(MPI_COMM_WORLD, own == 0 ? 0 : MPI_UNDEFINED, rank, &teams.leaders);
    teams.are_split = true;
    if (own == 0)
        open_counter();
    watch_split(team_ranks);
}

void teams_close(void)
{
    int ranks;

    if (!teams.are_split)
        return;
    if (teams.leaders != MPI_COMM_NULL) {
        MPI_Win_unlock_all(teams.window);
        MPI_Win_free(&teams.window);
        MPI_Comm_free(&teams.leaders);
    }
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

void teams_ask_turn(long *turn, MPI_Request *answer)
{
    static const long one = 1;

    if (teams.are_split) {
        MPI_Rget_accumulate(&one, 1, MPI_LONG, turn, 1, MPI_LONG, 0, 0, 1, MPI_LONG,
                            MPI_SUM, teams.window, answer);
    } else {
        *turn = teams.turns++;
        *answer = MPI_REQUEST_NULL;
    }
}

MPI_Request *teams_end(void)
{
    if (!teams.is_end_asked)
        MPI_Ibarrier(teams.leaders, &teams.end);
    teams.is_end_asked = true;
    return &teams.end;
}
