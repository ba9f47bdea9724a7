#include "coordinator/methods/float_views.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* Questions about all items at once, and the answers: [items] each. */
struct questions {
    struct team *team;
    const struct placement *placement;
    const struct clip_sight *sights;
    struct clip_view *views;
    struct range *ranges;         /* of the histograms that are asked for; owned */
    int *bins;                    /* of these; 0: none; owned */
    struct histogram *histograms; /* owned */
};

static int find_ranges(struct questions *questions, struct error *err)
{
    const struct placement *placement = questions->placement;

    if (team_float_ranges(questions->team, questions->ranges, err) < 0)
        return -1;
    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight)
            questions->views[item].range = questions->ranges[item];
    return 0;
}

/* Whether there is anything to count: not of weights, nor where all is zero. */
static bool can_be_counted(const struct questions *questions, int item)
{
    return !questions->placement->items[item].is_weight &&
           range_magnitude(questions->views[item].range) > 0;
}

/* Asks for the histograms that have bins, unless none has. */
static int ask(struct questions *questions, struct error *err)
{
    for (int item = 0; item < questions->placement->count; item++)
        if (questions->bins[item] > 0)
            return team_float_histograms(questions->team, questions->ranges,
                                         questions->bins, questions->histograms, err);
    return 0;
}

static int find_distributions(struct questions *questions, struct error *err)
{
    int items = questions->placement->count;

    for (int item = 0; item < items; item++)
        questions->bins[item] =
            can_be_counted(questions, item) && questions->sights[item].distribution
                ? HISTOGRAM_BINS
                : 0;
    if (ask(questions, err) < 0)
        return -1;
    for (int item = 0; item < items; item++)
        if (questions->bins[item] > 0)
            questions->views[item].distribution =
                distribution_of_histogram(&questions->histograms[item]);
    return 0;
}

static int find_histograms(struct questions *questions, struct error *err)
{
    int items = questions->placement->count;

    for (int item = 0; item < items; item++) {
        const struct clip_sight *sight = &questions->sights[item];

        questions->bins[item] = can_be_counted(questions, item) ? sight->bins : 0;
        questions->ranges[item] =
            clip_histogram_range(sight, questions->views[item].range);
    }
    if (ask(questions, err) < 0)
        return -1;
    for (int item = 0; item < items; item++) {
        struct clip_view *view = &questions->views[item];

        if (questions->bins[item] == 0)
            continue;
        view->histogram = memory_get(sizeof *view->histogram);
        *view->histogram = questions->histograms[item];
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
        .sights = sights,
        .views = views,
        .ranges = memory_zeroed(items, sizeof *questions.ranges),
        .bins = memory_zeroed(items, sizeof *questions.bins),
        .histograms = memory_get(items * sizeof *questions.histograms),
    };
    int status = find_ranges(&questions, err);

    if (status == 0)
        status = find_distributions(&questions, err);
    if (status == 0)
        status = find_histograms(&questions, err);
    free(questions.ranges);
    free(questions.bins);
    free(questions.histograms);
    return status;
}
