/* watch.h - what ranks tell each other beside requests and replies: that they are alive, that one was
 * told to stop, that work is to be cut short, and whose turn it is.
 *
 * Ranks form a tree: rank 0, below it those that coordinate the other teams, below each of these the
 * members of its team. Every rank sends a beat now and then to those above and below it, while it waits
 * and between blocks of work. Who waits for long looks at whom it has not heard from.
 */
#ifndef LINK_WATCH_H
#define LINK_WATCH_H

#include "core/base/error.h"

#include <mpi.h>
#include <stdbool.h>

/* Collective over all ranks. */
void watch_open(void);
void watch_close(void);

/* See link_give_up_after(), link_stop_at(), link_check_stop(), link_must_cut(). */
void watch_give_up_after(double seconds);
void watch_stop_at(double moment);
int watch_check_stop(struct error *err);
bool watch_must_cut(void);

/* From now on so many ranks, one after the other, are a team; at first there is one team. Collective, when
 * all ranks have met. */
void watch_split(int team_ranks);

/* What the team is asked to do from now on, e.g. "score candidates"; NULL: it is done, all its ranks
 * have answered. Borrowed. */
void watch_asked(const char *what);

/* Begins to ask for the next number of a counter, from 0 on, that rank 0 keeps for all who coordinate: it answers when
 * it looks. One question at a time. */
void watch_ask_turn(long *turn, MPI_Request *answer);

/* Waits until a collective operation is complete, and lets the processor rest where that takes long.
 * Fails with EXIT_MACHINE and who is stuck when a rank has been silent for too long; no collective
 * operation may follow then, and whatever waits fails likewise. */
int watch_wait(MPI_Request *request, struct error *err);

/* The same, but for so many seconds at most. Returns 1 when the operation is complete, else 0. */
int watch_wait_for(MPI_Request *request, double seconds, struct error *err);

/* A rank was given up. */
bool watch_is_broken(void);

/* Sends a beat where it is time for one, and takes in what has come. */
void watch_look(void);

/* The host of a rank. */
const char *watch_host(int rank);

#endif
