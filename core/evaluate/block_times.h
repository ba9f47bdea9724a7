/* block_times.h - how long blocks of samples took. */
#ifndef CORE_EVALUATE_BLOCK_TIMES_H
#define CORE_EVALUATE_BLOCK_TIMES_H

#include <stdbool.h>
#include <stddef.h>

/* The first block is apart: it makes what all need. */
struct block_times {
    size_t blocks; /* with the first */
    double first;  /* CPU seconds, so that what else runs here does not count */
    double seconds,
        squares; /* sums over the others: of seconds, and of their squares */
};

void block_times_add(struct block_times *times, double seconds);

/* Of the blocks behind the first; of one block alone: the first's, and 0. */
double block_times_mean(const struct block_times *times);
double block_times_spread(const struct block_times *times); /* standard deviation */

#endif
