#include "core/quant/clip_look.h"

#include "core/base/memory.h"

#include <stdlib.h>

static void want(struct clip_look *look, struct range range, int bins)
{
    look->range = range;
    look->bins = range_magnitude(range) > 0 ? bins : 0;
}

static void want_distribution(struct clip_look *look)
{
    want(look, look->view->range, look->sight.distribution ? HISTOGRAM_BINS : 0);
}

static void want_histogram(struct clip_look *look)
{
    want(look, clip_histogram_range(&look->sight, look->view->range), look->sight.bins);
}

void clip_look_begin(struct clip_look *look, const struct clip_sight *sight,
                     struct clip_view *view)
{
    *look = (struct clip_look){.sight = *sight, .view = view};
    if (sight->bins > 0)
        want_histogram(look);
    else
        want_distribution(look);
}

static struct histogram *copy_of(const struct histogram *histogram)
{
    return memory_copy(histogram, sizeof *histogram);
}

static void take_histogram(struct clip_look *look, const struct histogram *histogram)
{
    if (histogram_has_far_outliers(histogram)) {
        look->view->range = histogram->inner;
        want_histogram(look);
        return;
    }
    look->view->histogram = copy_of(histogram);
    want_distribution(look);
}

/* What the wider histogram shows and this one does not. */
static void take_ends(struct clip_look *look, const struct histogram *histogram)
{
    const struct histogram *wider = look->wider;

    if (wider)
        distribution_add_ends(&look->view->distribution, wider,
                              histogram->below - wider->below,
                              histogram->above - wider->above);
    free(look->wider);
    look->wider = NULL;
}

static void take_distribution(struct clip_look *look, const struct histogram *histogram)
{
    take_ends(look, histogram);
    look->bins = 0;
    if (histogram_is_coarse(histogram)) {
        look->wider = copy_of(histogram);
        want(look, histogram->inner, HISTOGRAM_BINS);
    } else {
        distribution_add_histogram(&look->view->distribution, histogram);
    }
}

void clip_look_take(struct clip_look *look, const struct histogram *histogram)
{
    if (look->sight.bins > 0 && !look->view->histogram)
        take_histogram(look, histogram);
    else
        take_distribution(look, histogram);
}

void clip_look_clear(struct clip_look *look)
{
    free(look->wider);
    look->wider = NULL;
}
