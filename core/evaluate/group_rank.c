#include "core/evaluate/group_rank.h"

#include <math.h>

void group_rank_end(struct group_rank *rank, int k, struct score *score)
{
    if (rank->seen > 0)
        score_add_rank(score, rank->is_finite ? rank->above : INT64_MAX, k);
    *rank = (struct group_rank){0};
}

void group_rank_add(struct group_rank *rank, int32_t group, float output, int k,
                    struct score *score)
{
    if (rank->seen > 0 && rank->group != group)
        group_rank_end(rank, k, score);
    if (rank->seen == 0)
        *rank = (struct group_rank){.group = group, .first = output, .is_finite = true};
    rank->is_finite = rank->is_finite && isfinite(output);
    rank->above += output > rank->first;
    rank->seen++;
}
