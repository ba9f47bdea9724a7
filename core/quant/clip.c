#include "core/quant/clip.h"

#include "core/quant/clip_cosine.h"
#include "core/quant/clip_kld.h"
#include "core/quant/clip_lp.h"
#include "core/quant/clip_minmax.h"
#include "core/quant/clip_ocs.h"
#include "core/quant/clip_percentile.h"

#include <assert.h>
#include <stdlib.h>

static int find_minmax(const struct clip_rule *rule, const struct clip_view *view,
                       double *clip, struct error *err)
{
    (void)rule;
    return clip_minmax_of_range(view->range, clip, err);
}

static int find_lp(const struct clip_rule *rule, const struct clip_view *view,
                   double *clip, struct error *err)
{
    return clip_lp(&view->distribution, view->grid, view->bits, rule->number, clip,
                   err);
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
    return clip_cosine(&view->distribution, view->grid, view->bits, clip, err);
}

static int find_aciq(const struct clip_rule *rule, const struct clip_view *view,
                     double *clip, struct error *err)
{
    return clip_aciq_within(&view->distribution, view->nonnegative, view->grid,
                            view->bits, rule->density, range_magnitude(view->range),
                            clip, err);
}

/* Levels of the whole grid, but an odd number. */
static int find_kld_symmetric(const struct clip_rule *rule,
                              const struct clip_view *view, double *clip,
                              struct error *err)
{
    (void)rule;
    return clip_kld(view->histogram, (1 << view->bits) - 1, clip, err);
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
} rows[CLIP_KIND_COUNT] = {
    [CLIP_MINMAX] = {.find = find_minmax},
    [CLIP_LP] = {{.distribution = true}, find_lp},
    [CLIP_PERCENTILE] = {{.distribution = true}, find_percentile},
    [CLIP_COSINE] = {{.distribution = true}, find_cosine},
    [CLIP_ACIQ] = {{.distribution = true}, find_aciq},
    [CLIP_KLD] = {{.bins = CLIP_KLD_BINS, .symmetric = true}, find_kld_symmetric},
    [CLIP_KLD_SYMMETRIC] = {{.bins = CLIP_KLD_BINS, .symmetric = true},
                            find_kld_symmetric},
    [CLIP_OCS_MSE] = {{.bins = CLIP_OCS_MSE_BINS}, find_ocs_mse},
    [CLIP_OCS_ACIQ] = {{.distribution = true,
                        .bins = CLIP_OCS_ACIQ_BINS,
                        .symmetric = true},
                       find_ocs_aciq},
    [CLIP_OCS_KL] = {{.bins = CLIP_OCS_KL_BINS, .symmetric = true}, find_kld_symmetric},
};

/* CLIP_KLD of tensors that cannot be negative. */
static const struct row kld_one_sided = {
    {.bins = CLIP_KLD_MAGNITUDE_BINS, .skips_zeros = true}, find_kld_one_sided};

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

int clip_find(const struct clip_rule *rule, const struct clip_view *view, double *clip,
              struct error *err)
{
    return row_of(rule, view->nonnegative)->find(rule, view, clip, err);
}
