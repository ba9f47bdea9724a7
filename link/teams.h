/* teams.h - the ranks split into teams, and who coordinates them. Part of the link.
 */
#ifndef LINK_TEAMS_H
#define LINK_TEAMS_H

#include <mpi.h>

/* One team of all ranks. */
void teams_open(void);

/* Teams of so many ranks, fewer than there are. Collective over all ranks, when all have met. */
void teams_split(int team_ranks);

/* One team again; collective likewise. Does nothing where there is one. */
void teams_close(void);

/* This rank's team; those that coordinate, the first team's first: only on such a rank. */
MPI_Comm teams_own(void);
MPI_Comm teams_leaders(void);

/* Complete when every team has asked for it. */
MPI_Request *teams_end(void);

#endif
