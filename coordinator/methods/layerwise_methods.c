#include "coordinator/methods/layerwise_methods.h"

#include "coordinator/methods/start.h"

/* ---- settings ------------------------------------------------------------------------------- */

enum variant { VARIANT_DEFAULT, VARIANT_OCS };
enum sides { SIDES_BY_SIGN, SIDES_BOTH };

struct layerwise_settings {
    enum variant variant;      /* mmse, aciq, kld */
    double percentile;         /* percentile */
    double norm;               /* p; lp */
    enum aciq_density density; /* aciq */
    enum sides sides;          /* kld */
};

CONFIG_FITS_OWN(layerwise_settings);

static const struct layerwise_settings *
own(const struct config_method_settings *settings)
{
    return (const void *)settings->own;
}

#define OWN(member) CONFIG_OWN(layerwise_settings, member)
#define VARIANT_IS_DEFAULT                                                             \
    {                                                                                  \
        "variant: default", OWN(variant), VARIANT_DEFAULT                              \
    }

static const char *const activation_rules[] = {
    [ACTIVATION_RULE_SAME] = "same", [ACTIVATION_RULE_MINMAX] = "minmax"};
static const char *const variants[] = {
    [VARIANT_DEFAULT] = "default", [VARIANT_OCS] = "ocs"};
static const char *const distributions[] = {
    [ACIQ_LAPLACE] = "laplace", [ACIQ_GAUSS] = "gauss", [ACIQ_AUTO] = "auto"};
static const char *const sides[] = {[SIDES_BY_SIGN] = "by_sign", [SIDES_BOTH] = "both"};

static const struct config_field shared_fields[] = {
    {"activation_rule", KIND_WORD, CONFIG_AT(config_method_settings, activation_rule),
     "same",
     .help = "activations are clipped as weights are, or, as in the paper on outlier "
             "channel splitting, not at all",
     .words = CONFIG_WORDS(activation_rules),
     .only = "percentile, mmse, lp, cosine, aciq, kld, dual"},
};

static const struct config_field fields[] = {
    {"variant", KIND_WORD, OWN(variant), "default",
     .help =
         "ocs: the clip rule as in the paper on outlier channel splitting, with its "
         "histograms and constants",
     .words = CONFIG_WORDS(variants), .only = "mmse, aciq, kld"},
    {"percentile", KIND_REAL, OWN(percentile), "99.99", .range = {CONFIG_ABOVE_0, 100},
     .help = "of the magnitudes of a tensor, so many per cent stay within the clip",
     .only = "percentile"},
    {"norm", KIND_REAL, OWN(norm), "3", .range = {CONFIG_ABOVE_0, 100},
     .help = "p of the Lp norm of the error that is made least", .only = "lp"},
    {"distribution", KIND_WORD, OWN(density), "auto",
     .help = "what values are assumed to be distributed like; auto: what loses less",
     .words = CONFIG_WORDS(distributions), .only = "aciq", .needs = VARIANT_IS_DEFAULT},
    {"sides", KIND_WORD, OWN(sides), "by_sign",
     .help = "histograms of one side for tensors that cannot be negative, or of both "
             "for all",
     .words = CONFIG_WORDS(sides), .only = "kld", .needs = VARIANT_IS_DEFAULT},
};

const struct config_section layerwise_section_shared = CONFIG_FIELDS(shared_fields);
const struct config_section layerwise_section = CONFIG_FIELDS(fields);

/* ---- rules ---------------------------------------------------------------------------------- */

static struct clip_rule minmax(const struct config_method_settings *settings)
{
    (void)settings;
    return (struct clip_rule){.kind = CLIP_MINMAX};
}

static struct clip_rule percentile(const struct config_method_settings *settings)
{
    return (struct clip_rule){.kind = CLIP_PERCENTILE,
                              .number = own(settings)->percentile};
}

static struct clip_rule mmse(const struct config_method_settings *settings)
{
    return own(settings)->variant == VARIANT_OCS
               ? (struct clip_rule){.kind = CLIP_OCS_MSE}
               : (struct clip_rule){.kind = CLIP_LP, .number = 2};
}

static struct clip_rule lp(const struct config_method_settings *settings)
{
    return (struct clip_rule){.kind = CLIP_LP, .number = own(settings)->norm};
}

static struct clip_rule cosine(const struct config_method_settings *settings)
{
    (void)settings;
    return (struct clip_rule){.kind = CLIP_COSINE};
}

static struct clip_rule aciq(const struct config_method_settings *settings)
{
    return own(settings)->variant == VARIANT_OCS
               ? (struct clip_rule){.kind = CLIP_OCS_ACIQ}
               : (struct clip_rule){.kind = CLIP_ACIQ,
                                    .density = own(settings)->density};
}

static struct clip_rule kld(const struct config_method_settings *settings)
{
    if (own(settings)->variant == VARIANT_OCS)
        return (struct clip_rule){.kind = CLIP_OCS_KL};
    return (struct clip_rule){
        .kind = own(settings)->sides == SIDES_BOTH ? CLIP_KLD_SYMMETRIC : CLIP_KLD};
}

/* ---- rows ----------------------------------------------------------------------------------- */

long layerwise_evaluations(const struct config_method_settings *settings, int steps,
                           int starts)
{
    (void)settings;
    (void)steps;
    return starts;
}

#define LAYERWISE_METHOD(of_rule, help)                                                \
    {                                                                                  \
        .known = {#of_rule, help, .is_exported = true},                                \
        .evaluations = layerwise_evaluations, .start = start_is_layerwise,             \
        .rule = of_rule                                                                \
    }

const struct method minmax_method = {
    .known = {"minmax", "the largest magnitude of a tensor stays within its clip",
              .is_exported = true, .has_ratios_of_minmax = true},
    .evaluations = layerwise_evaluations,
    .start = start_is_layerwise,
    .rule = minmax,
};
const struct method percentile_method =
    LAYERWISE_METHOD(percentile, "the clip is a percentile of the magnitudes");
const struct method mmse_method =
    LAYERWISE_METHOD(mmse, "the clip with the least squared error");
const struct method lp_method =
    LAYERWISE_METHOD(lp, "the clip with the least Lp norm of the error");
const struct method cosine_method = LAYERWISE_METHOD(
    cosine, "the clip that keeps the direction of the tensor as a vector best");
const struct method aciq_method = LAYERWISE_METHOD(
    aciq, "the clip with the least squared error of an assumed distribution");
const struct method kld_method = LAYERWISE_METHOD(
    kld, "the clip with the least Kullback-Leibler divergence of histograms");
