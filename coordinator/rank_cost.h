/* rank_cost.h - what an evaluation costs on any number of ranks, foretold from what it costs on a few.
 *
 * An evaluation is over when the last rank is. Each makes codes of all weights that are new, goes through
 * its blocks, and meets the others: a request is broadcast, replies are merged, both along trees. Ranks that
 * have as many blocks do not take as long: the more there are, the longer takes the slowest.
 */
#ifndef COORDINATOR_RANK_COST_H
#define COORDINATOR_RANK_COST_H

#include "core/evaluate/block_times.h"

#include <stdio.h>

/* What is known of evaluations that reuse nothing. */
struct rank_cost_facts {
    size_t blocks;            /* of all ranks */
    double block_seconds;     /* of one block, on average */
    double block_spread;      /* the standard deviation of that */
    double weight_seconds;    /* codes of all weights, on each rank */
    double question_seconds;  /* an empty question to one rank */
    double message_seconds;   /* from one rank to another */
    bool message_is_measured; /* or assumed: there is one rank */
};

/* Where the seconds of an evaluation go, on the rank that is the last. */
struct rank_cost {
    size_t blocks; /* of the rank that has the most */
    double work;   /* seconds on these and on weights */
    double skew;   /* that the slowest is expected to take more than the average */
    double messages;
    double seconds; /* all of them */
};

/* Candidates that go to all ranks in batches, a question each. In one batch they have all in common but a tensor or two, so
 * that a candidate runs only the layers behind what is its own. */
struct rank_cost_batches {
    const char *what; /* they are, in the plural; static */
    long candidates, batches;
    double evaluations; /* what they run, in evaluations that reuse nothing */
    double weights;     /* codes that they make, in those of all weights */
};

enum { RANK_COUNTS_MOST = 16 };

/* Numbers of ranks that somebody asks about. */
struct rank_counts {
    int list[RANK_COUNTS_MOST];
    int count;
};

/*   blocks            of all ranks
 *   times             of one rank's blocks, the first of which made the codes of the weights, too
 *   ranks             at hand
 *   question_seconds  an empty question to them
 */
struct rank_cost_facts rank_cost_facts_of(size_t blocks,
                                          const struct block_times *times, int ranks,
                                          double question_seconds);

struct rank_cost rank_cost(const struct rank_cost_facts *facts, int ranks);

/* Seconds of all batches: each is over when the last rank is. */
double rank_cost_of_batches(const struct rank_cost_facts *facts,
                            const struct rank_cost_batches *batches, int ranks);

/* Prints how many they are, and a line as below for their seconds. */
void rank_cost_tell_batches(const struct rank_cost_facts *facts,
                            const struct rank_cost_batches *batches, int at_hand,
                            const struct rank_counts *asked, FILE *out);

/* Prints a line for one rank, those at hand, and every asked number. */
void rank_cost_tell(const struct rank_cost_facts *facts, int at_hand,
                    const struct rank_counts *asked, FILE *out);

#endif
