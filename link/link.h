/* link.h - the wire between coordinator and workers: the only place that knows MPI.
 *
 * Rank 0 coordinates; every rank, rank 0 too, evaluates its shard. All functions but the
 * questions are collective over all ranks.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "core/base/error.h"
#include "core/exchange/message.h"

#include <stdbool.h>

/* Starts and ends MPI. One rank needs no launcher. */
void link_open(void);
void link_close(void);

int link_rank(void);
int link_ranks(void);
bool link_coordinates(void); /* is this rank 0? */

/* All ranks agree whether all is well: `status` is this rank's. Returns 0 if every rank's is 0.
 * Otherwise every rank gets -1 and the sentence of the lowest rank that failed, with rank and
 * host before it where there are several ranks. */
int link_agree(int status, struct error *err);

/* Copies rank 0's bytes to all ranks. */
void link_broadcast(void *data, size_t bytes);

/* Hands a request and the numbers that come with it from rank 0 to the others. On the others
 * `steps` points to a buffer that grows as needed; the caller frees it. */
void link_send(const struct request *request, const float *steps);
void link_receive(struct request *request, float **steps);

/* Merges the replies of all ranks, unless one failed: see link_agree(). Afterwards all ranks
 * hold the merged reply. */
int link_merge(int status, struct reply *reply, struct error *err);

#endif
