/* link.h - the wire between coordinator and workers: the only place that knows MPI.
 *
 * Rank 0 coordinates; every rank, rank 0 too, evaluates its shard. At first all ranks are one team;
 * link_split() makes several. All functions but the questions are collective over all ranks of the
 * team, and ranks are counted in it; in sentences they are counted over all.
 *
 * No rank waits forever: when one has been silent for too long (it is stopped, hung, or cannot be
 * reached), what the others wait for fails with EXIT_MACHINE and a sentence with its rank, its host
 * and what it was asked. The link is broken then: whatever else is tried on it fails with the same
 * sentence, and link_close() ends all ranks.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "core/base/error.h"
#include "core/case/message.h"

#include <stdbool.h>

/* Starts and ends MPI. One rank needs no launcher. Closing ends all ranks where the link is broken, and
 * does nothing where it is not open. */
void link_open(void);
void link_close(void);

/* Waits until the ranks of all teams have come here. Launchers end all ranks when one ends with an error, so the ranks
 * meet when each has said what it has to say, and then end together. Needs no open link. */
int link_meet(struct error *err);

/* Which MPI this is, "Open MPI v4.1.4"; needs no open link. */
enum { LINK_LIBRARY_BYTES = 128 };
void link_library(char text[LINK_LIBRARY_BYTES]);

int link_rank(void);
int link_ranks(void);
bool link_coordinates(void); /* is this rank 0? */
bool link_is_first(void);    /* is it rank 0 of the first team? */
bool link_is_broken(void);

/* A rank is given up when it has been silent for so many seconds; 0: never. At
 * first 600. Not collective. */
void link_give_up_after(double seconds);

/* All ranks agree whether all is well: `status` is this rank's. Returns 0 if every rank's is 0.
 * Otherwise every rank gets -1 and the sentence of the lowest rank that failed, with rank and
 * host before it where there are several ranks. */
int link_agree(int status, struct error *err);

/* Copies rank 0's bytes to all ranks. */
int link_broadcast(void *data, size_t bytes, struct error *err);

/* Hands a request and its payload from rank 0 to the others. On the others `payload` points to a buffer
 * that grows as needed; the caller frees it. */
int link_send(const struct request *request, const void *payload, struct error *err);
int link_receive(struct request *request, void **payload, struct error *err);

/* Merges the replies of all ranks, unless one failed: see link_agree(). Afterwards all ranks
 * hold the merged reply. */
int link_merge(int status, struct reply *reply, struct error *err);

/* ---- teams -------------------------------------------------------------------------------- */

/* So many ranks, one after the other, are a team from now on; the last team may have fewer; 0: all are
 * one team, as at first. Joining waits for all teams and makes them one again. Collective over all
 * ranks. */
int link_split(int ranks_per_team, struct error *err);
int link_join(struct error *err);

int link_teams(void); /* how many there are; known to those that coordinate */

/* All these are for the ranks that coordinate teams, and collective over these, but for the first. */

/* The next number of a counter that all teams share: 0, 1, ... */
int link_take_turn(long *turn, struct error *err);

/* Copies the first team's bytes to all teams. */
int link_share(void *data, size_t bytes, struct error *err);

/* As link_agree(), but what the first team says is said without its name. */
int link_agree_all_teams(int status, struct error *err);

/* This team has nothing more to do: returns 1 when no team has, or 0 after so many seconds, to be
 * called again. */
int link_await_teams(double seconds, struct error *err);

/* ---- stopping: not collective ------------------------------------------------------------- */

/* On a rank that coordinates: work is to end at this moment of clock_seconds(); INFINITY, as at first: never. */
void link_stop_at(double moment);

/* On a rank that coordinates: fails with EXIT_STOPPED and the reason when any rank of any team was told
 * to stop (interrupt.h), or that moment has come. */
int link_check_stop(struct error *err);

/* To be asked between blocks of work, on all ranks: whether it is to be cut short, since a wish to
 * stop cannot wait for its end. It also tells the others that this rank is alive. */
bool link_must_cut(void);

#endif
