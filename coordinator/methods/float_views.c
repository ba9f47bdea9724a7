#include "coordinator/methods/float_views.h"

#include "coordinator/methods/float_measures.h"
#include "core/base/memory.h"
#include "core/quant/clip_look.h"

#include <stdlib.h>

/* Weights stay without a look. */
static int begin(struct team *team, const struct clip_sight *sights,
                 struct clip_look *looks, struct clip_view *views, struct error *err)
{
    const struct placement *placement = team_placement(team);
    struct float_measures ranges = {0};
    int status;

    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight)
            float_measures_add(&ranges,
                               (struct measure){.kind = MEASURE_RANGE, .subject = item},
                               sizeof(struct range));
    status = float_measures_take(&ranges, team, err);
    for (int i = 0; status == 0 && i < ranges.count; i++) {
        int item = ranges.measures[i].subject;

        views[item].range = *(const struct range *)ranges.answers[i];
        clip_look_begin(&looks[item], &sights[item], &views[item]);
    }
    float_measures_clear(&ranges);
    return status;
}

/* One histogram more of each item that wants one; returns how many did, or -1. */
static int look_again(struct team *team, struct clip_look *looks, struct error *err)
{
    struct float_measures all = {0};
    int status, count;

    for (int item = 0; item < team_placement(team)->count; item++)
        if (looks[item].bins > 0)
            float_measures_add(&all,
                               (struct measure){MEASURE_HISTOGRAM, item,
                                                looks[item].range, looks[item].bins},
                               sizeof(struct histogram));
    status = float_measures_take(&all, team, err);
    count = all.count;
    for (int i = 0; status == 0 && i < count; i++)
        clip_look_take(&looks[all.measures[i].subject], all.answers[i]);
    float_measures_clear(&all);
    return status == 0 ? count : -1;
}

int float_views_find(struct team *team, const struct clip_sight *sights,
                     struct clip_view *views, struct error *err)
{
    int items = team_placement(team)->count, status;
    struct clip_look *looks = memory_zeroed((size_t)items, sizeof *looks);

    status = begin(team, sights, looks, views, err);
    if (status == 0)
        while ((status = look_again(team, looks, err)) > 0)
            continue;
    for (int item = 0; item < items; item++)
        clip_look_clear(&looks[item]);
    free(looks);
    return status;
}
