/* group_rank.h - where the first sample of a group ranks among the others.
 *
 * Of recommendations: a group is what one user is offered, the first of it was really taken. Its rank is
 * how many of the others have a strictly larger output, as in He et al. 2017 (Neural Collaborative
 * Filtering), section 4.1.
 */
#ifndef CORE_EVALUATE_GROUP_RANK_H
#define CORE_EVALUATE_GROUP_RANK_H

#include "core/evaluate/score.h"

/* A group whose samples come one after the other, perhaps in several blocks. Begins as zero. */
struct group_rank {
    size_t seen; /* samples of it so far */
    int32_t group;
    float first; /* output of its first sample */
    bool is_finite;
    int64_t above; /* how many of the others are */
};

/* Adds a sample; where a group ended before it, that is scored at `k`. */
void group_rank_add(struct group_rank *rank, int32_t group, float output, int k,
                    struct score *score);

/* Scores the last group, if there is one. */
void group_rank_end(struct group_rank *rank, int k, struct score *score);

#endif
