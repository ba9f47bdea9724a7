#include "coordinator/methods/float_views.h"

#include "core/base/memory.h"
#include "core/quant/clip_look.h"

#include <stdlib.h>

/* Questions about all items at once, and the answers: [items] each. */
struct questions {
    struct team *team;
    const struct placement *placement;
    struct clip_look *looks;      /* owned, and what they hold */
    struct range *ranges;         /* of the histograms that are asked for; owned */
    int *bins;                    /* of these; 0: none; owned */
    struct histogram *histograms; /* owned */
};

/* Weights stay without a look. */
static int begin(struct questions *questions, const struct clip_sight *sights,
                 struct clip_view *views, struct error *err)
{
    const struct placement *placement = questions->placement;

    if (team_float_ranges(questions->team, questions->ranges, err) < 0)
        return -1;
    for (int item = 0; item < placement->count; item++) {
        if (placement->items[item].is_weight)
            continue;
        views[item].range = questions->ranges[item];
        clip_look_begin(&questions->looks[item], &sights[item], &views[item]);
    }
    return 0;
}

/* Whether any histogram is wanted. */
static bool collect(struct questions *questions)
{
    bool wanted = false;

    for (int item = 0; item < questions->placement->count; item++) {
        questions->ranges[item] = questions->looks[item].range;
        questions->bins[item] = questions->looks[item].bins;
        wanted = wanted || questions->bins[item] > 0;
    }
    return wanted;
}

static int ask_all(struct questions *questions, struct error *err)
{
    while (collect(questions)) {
        if (team_float_histograms(questions->team, questions->ranges, questions->bins,
                                  questions->histograms, err) < 0)
            return -1;
        for (int item = 0; item < questions->placement->count; item++)
            if (questions->bins[item] > 0)
                clip_look_take(&questions->looks[item], &questions->histograms[item]);
    }
    return 0;
}

int float_views_find(struct team *team, const struct clip_sight *sights,
                     struct clip_view *views, struct error *err)
{
    const struct placement *placement = team_placement(team);
    size_t items = (size_t)placement->count;
    struct questions questions = {
        .team = team,
        .placement = placement,
        .looks = memory_zeroed(items, sizeof *questions.looks),
        .ranges = memory_zeroed(items, sizeof *questions.ranges),
        .bins = memory_zeroed(items, sizeof *questions.bins),
        .histograms = memory_get(items * sizeof *questions.histograms),
    };
    int status = begin(&questions, sights, views, err);

    if (status == 0)
        status = ask_all(&questions, err);
    for (int item = 0; item < placement->count; item++)
        clip_look_clear(&questions.looks[item]);
    free(questions.looks);
    free(questions.ranges);
    free(questions.bins);
    free(questions.histograms);
    return status;
}
