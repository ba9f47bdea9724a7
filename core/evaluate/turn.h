/* turn.h - blocks in turns: first every eighth, say, then those in the middle between, until all had theirs.
 *
 * With `halvings` there are halvings + 1 turns. Turn 0 has every 2^halvings-th block of all ranks, and each
 * turn after it as many as all before together. Blocks are counted over all ranks, so what a turn has does
 * not depend on how many ranks there are, and each rank has its part of every turn. */
#ifndef CORE_EVALUATE_TURN_H
#define CORE_EVALUATE_TURN_H

#include <stddef.h>

enum { TURN_HALVINGS_MOST = 4 };

/* 0..halvings. */
int turn_of_block(size_t block, int halvings);

/* How many of the first `blocks` blocks have had their turn after turn 0..turn. */
size_t turn_blocks(size_t blocks, int halvings, int turn);

/* Some of the turns, a bit each. */
struct turns {
    int halvings;
    unsigned chosen;
};

/* All blocks at once. */
extern const struct turns turns_all;

#endif
