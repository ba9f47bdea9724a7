#include "coordinator/methods/float_measures.h"

#include "core/base/memory.h"

#include <stdlib.h>

void float_measures_add(struct float_measures *all, struct measure measure,
                        size_t answer_bytes)
{
    size_t count = (size_t)all->count + 1;

    all->measures = memory_resize(all->measures, count * sizeof *all->measures);
    all->answers = memory_resize(all->answers, count * sizeof *all->answers);
    all->measures[all->count] = measure;
    all->answers[all->count++] = memory_get(answer_bytes);
}

int float_measures_take(struct float_measures *all, struct team *team,
                        struct error *err)
{
    return all->count == 0
               ? 0
               : team_measure(team, all->measures, all->count, NULL, all->answers, err);
}

void float_measures_clear(struct float_measures *all)
{
    for (int i = 0; i < all->count; i++)
        free(all->answers[i]);
    free(all->measures);
    free(all->answers);
    *all = (struct float_measures){0};
}
