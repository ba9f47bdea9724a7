#include "core/quant/clip.h"

#include "core/quant/clip_cosine.h"
#include "core/quant/clip_kld.h"
#include "core/quant/clip_lp.h"
#include "core/quant/clip_minmax.h"
#include "core/quant/clip_ocs.h"
#include "core/quant/clip_percentile.h"
#include "core/quant/levels.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static struct levels levels_of_view(const struct clip_view *view)
{
    return levels_about(view->grid, view->bits, view->zero);
}

static int find_minmax(const struct clip_rule *rule, const struct clip_view *view,
                       double *clip, struct error *err)
{
    (void)rule;
    return clip_minmax_of_range(view->range, clip, err);
}

static int find_lp(const struct clip_rule *rule, const struct clip_view *view,
                   double *clip, struct error *err)
{
    return clip_lp(&view->distribution, levels_of_view(view), rule->number, clip, err);
}

static double cost_of_lp(const struct clip_rule *rule, const struct clip_view *view,
                         double clip)
{
    return clip_lp_error(&view->distribution, levels_of_view(view), rule->number, clip);
}

static int find_percentile(const struct clip_rule *rule, const struct clip_view *view,
                           double *clip, struct error *err)
{
    return clip_percentile(&view->distribution, rule->number, clip, err);
}

static int find_cosine(const struct clip_rule *rule, const struct clip_view *view,
                       double *clip, struct error *err)
{
    (void)rule;
    return clip_cosine(&view->distribution, levels_of_view(view), clip, err);
}

static double cost_of_cosine(const struct clip_rule *rule, const struct clip_view *view,
                             double clip)
{
    (void)rule;
    return -clip_cosine_of(&view->distribution, levels_of_view(view), clip);
}

static int find_aciq(const struct clip_rule *rule, const struct clip_view *view,
                     double *clip, struct error *err)
{
    enum grid grid = view->grid == GRID_ASYMMETRIC ? GRID_MIDTREAD : view->grid;

    return clip_aciq_within(&view->distribution, view->nonnegative, grid, view->bits,
                            rule->density, range_magnitude(view->range), clip, err);
}

/* Levels of the whole grid, but an odd number; of asymmetric codes as if both sides were the longer
 * one. */
static int find_kld_symmetric(const struct clip_rule *rule,
                              const struct clip_view *view, double *clip,
                              struct error *err)
{
    (void)rule;
    return clip_kld(view->histogram,
                    view->grid == GRID_ASYMMETRIC
                        ? 2 * (int)levels_of_view(view).clip + 1
                        : (1 << view->bits) - 1,
                    clip, err);
}

static int find_kld_one_sided(const struct clip_rule *rule,
                              const struct clip_view *view, double *clip,
                              struct error *err)
{
    int bits = view->grid == GRID_UNSIGNED ? view->bits : view->bits - 1;

    (void)rule;
    return clip_kld_one_sided(view->histogram, 1 << bits, clip, err);
}

static int find_ocs_mse(const struct clip_rule *rule, const struct clip_view *view,
                        double *clip, struct error *err)
{
    (void)rule;
    return clip_ocs_mse(view->histogram, view->bits, clip, err);
}

static int find_ocs_aciq(const struct clip_rule *rule, const struct clip_view *view,
                         double *clip, struct error *err)
{
    (void)rule;
    return clip_ocs_aciq(view->histogram, &view->distribution, view->range, view->bits,
                         clip, err);
}

static const struct row {
    struct clip_sight sight;
    int (*find)(const struct clip_rule *rule, const struct clip_view *view,
                double *clip, struct error *err);
    /* What the rule makes least, of one clip; NULL: it does not look at the grid. */
    double (*cost)(const struct clip_rule *rule, const struct clip_view *view,
                   double clip);
} rows[CLIP_KIND_COUNT] = {
    [CLIP_MINMAX] = {.find = find_minmax},
    [CLIP_LP] = {{.distribution = true}, find_lp, cost_of_lp},
    [CLIP_PERCENTILE] = {{.distribution = true}, find_percentile, NULL},
    [CLIP_COSINE] = {{.distribution = true}, find_cosine, cost_of_cosine},
    [CLIP_ACIQ] = {{.distribution = true}, find_aciq, NULL},
    [CLIP_KLD] = {{.bins = CLIP_KLD_BINS, .symmetric = true}, find_kld_symmetric, NULL},
    [CLIP_KLD_SYMMETRIC] = {{.bins = CLIP_KLD_BINS, .symmetric = true},
                            find_kld_symmetric,
                            NULL},
    [CLIP_OCS_MSE] = {{.bins = CLIP_OCS_MSE_BINS}, find_ocs_mse, NULL},
    [CLIP_OCS_ACIQ] = {{.distribution = true,
                        .bins = CLIP_OCS_ACIQ_BINS,
                        .symmetric = true},
                       find_ocs_aciq,
                       NULL},
    [CLIP_OCS_KL] = {{.bins = CLIP_OCS_KL_BINS, .symmetric = true},
                     find_kld_symmetric,
                     NULL},
};

/* CLIP_KLD of tensors that cannot be negative. */
static const struct row kld_one_sided = {
    {.bins = CLIP_KLD_MAGNITUDE_BINS, .skips_zeros = true}, find_kld_one_sided, NULL};

static const struct row *row_of(const struct clip_rule *rule, bool nonnegative)
{
    assert(rule->kind < CLIP_KIND_COUNT);
    return rule->kind == CLIP_KLD && nonnegative ? &kld_one_sided : &rows[rule->kind];
}

struct clip_sight clip_sight(const struct clip_rule *rule, bool nonnegative)
{
    return row_of(rule, nonnegative)->sight;
}

struct range clip_histogram_range(const struct clip_sight *sight, struct range range)
{
    float most = (float)range_magnitude(range);

    if (sight->skips_zeros)
        return (struct range){0, most};
    return sight->symmetric ? (struct range){-most, most} : range;
}

void clip_view_clear(struct clip_view *view)
{
    distribution_clear(&view->distribution);
    free(view->histogram);
    view->histogram = NULL;
}

/* The zero for ends in the ratio of what is within the clip. */
static int zero_within(const struct clip_view *view, double clip)
{
    return grid_zero_of_ends(view->bits, fmax(view->range.low, -clip),
                             fmin(view->range.high, clip));
}

/* Tries another zero, and goes back to the one before where that cost less. */
static int try_zero(const struct row *row, const struct clip_rule *rule, int zero,
                    struct clip_view *view, double *clip, struct error *err)
{
    int before = view->zero;
    double cost = row->cost(rule, view, *clip), found;

    if (zero == before)
        return 0;
    view->zero = zero;
    if (row->find(rule, view, &found, err) < 0)
        return -1;
    if (row->cost(rule, view, found) < cost)
        *clip = found;
    else
        view->zero = before;
    return 0;
}

static int find_with_zero(const struct row *row, const struct clip_rule *rule,
                          struct clip_view *view, double *clip, struct error *err)
{
    int middle = 1 << (view->bits - 1);

    view->zero = zero_within(view, INFINITY);
    if (row->find(rule, view, clip, err) < 0)
        return -1;
    if (row->cost)
        return try_zero(row, rule, zero_within(view, *clip), view, clip, err) < 0
                   ? -1
                   : try_zero(row, rule, middle, view, clip, err);
    view->zero = zero_within(view, *clip);
    return 0;
}

int clip_find(const struct clip_rule *rule, struct clip_view *view, double *clip,
              struct error *err)
{
    const struct row *row = row_of(rule, view->nonnegative);

    return view->grid == GRID_ASYMMETRIC ? find_with_zero(row, rule, view, clip, err)
                                         : row->find(rule, view, clip, err);
}
