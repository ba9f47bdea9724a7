#include "coordinator/analyze/interactions.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Pairs, each alone, and none. */
static int candidate_count(int count)
{
    return count * (count + 1) / 2 + 1;
}

/* Where the candidate with a and b quantized stands; a <= b, and a == b: it alone. Pairs with one first tensor
 * stand together: they share what comes before the second. */
static int candidate_of(int count, int a, int b)
{
    return a * count - a * (a - 1) / 2 + (b - a);
}

/* All in float but one or two tensors of the point; the last one all in float. */
static struct choice *make_candidates(const struct choice *point, int count)
{
    size_t items = (size_t)count;
    struct choice *all =
        memory_zeroed((size_t)candidate_count(count) * items, sizeof *all);

    for (int a = 0; a < count; a++)
        for (int b = a; b < count; b++) {
            struct choice *candidate = all + (size_t)candidate_of(count, a, b) * items;

            candidate[a] = point[a];
            candidate[b] = point[b];
        }
    return all;
}

static void take_in(struct interactions *found, const struct score *scores)
{
    int count = found->count;

    found->none = score_loss(&scores[candidate_count(count) - 1]);
    for (int a = 0; a < count; a++)
        found->alone[a] = score_loss(&scores[candidate_of(count, a, a)]);
    for (int a = 0; a < count; a++)
        for (int b = a + 1; b < count; b++) {
            double both = score_loss(&scores[candidate_of(count, a, b)]);
            double between = both - found->alone[a] - found->alone[b] + found->none;

            found->between[a * count + b] = found->between[b * count + a] = between;
        }
}

int interactions_find(const struct analysis_task *task, const struct choice *point,
                      struct interactions *found, struct error *err)
{
    int count = task->result->placement->count;
    struct choice *candidates = make_candidates(point, count);
    struct score *scores = memory_get((size_t)candidate_count(count) * sizeof *scores);
    int status;

    *found = (struct interactions){
        .count = count,
        .alone = memory_zeroed((size_t)count, sizeof *found->alone),
        .between = memory_zeroed((size_t)count * (size_t)count, sizeof *found->between),
    };
    status = analysis_score(task, candidates, candidate_count(count), scores, err);
    if (status == 0)
        take_in(found, scores);
    free(candidates);
    free(scores);
    return status;
}

void interactions_clear(struct interactions *interactions)
{
    free(interactions->alone);
    free(interactions->between);
    *interactions = (struct interactions){0};
}

/* An infinite loss leaves no number: such a pair interacts more than all others. */
static double magnitude(double between)
{
    return isnan(between) ? INFINITY : fabs(between);
}

void interactions_largest(const struct interactions *interactions, int *a, int *b)
{
    int count = interactions->count;
    double most = -1;

    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            if (magnitude(interactions->between[i * count + j]) > most) {
                most = magnitude(interactions->between[i * count + j]);
                *a = i;
                *b = j;
            }
}
