#include "coordinator/analyze/analyses.h"

#include "coordinator/analyze/error.h"
#include "coordinator/analyze/hessian.h"
#include "coordinator/analyze/interaction.h"
#include "coordinator/analyze/keep_float.h"
#include "coordinator/analyze/pscan.h"
#include "coordinator/analyze/size.h"
#include "coordinator/analyze/surface.h"
#include "coordinator/analyze/width_scan.h"

/* In the order of the help. */
static const struct analysis_kind *const kinds[] = {
    &surface_analysis, &pscan_analysis, &hessian_analysis,     &interaction_analysis,
    &size_analysis,    &error_analysis, &sensitivity_analysis, &keep_float_analysis,
};

#define KINDS                                                                          \
    {                                                                                  \
        kinds, CONFIG_COUNT(kinds), sizeof *kinds, true, true                          \
    }

const struct config_words analysis_kinds = KINDS;

static const struct config_field common_fields[] = {
    {"kind", KIND_ROW, CONFIG_AT(config_analysis_settings, analysis), NULL,
     .help = "what is looked at", .required = "kind: surface", .words = KINDS},
    {"cases", KIND_TEXT, CONFIG_AT(config_analysis_settings, cases), NULL,
     .help = "pattern of the cases that it looks at, by the names that they have in "
             "results; all of them without it"},
    {"as", KIND_NAME, CONFIG_AT(config_analysis_settings, as), NULL,
     .help = "what its files are called, in place of the kind"},
};

static const struct config_section common = CONFIG_FIELDS(common_fields);

/* Settings of one kind make sense with its name alone; see `only` in config_schema.h. */
static const struct config_section *const parts[] = {
    &common,       &surface_section, &pscan_section,       &hessian_section,
    &size_section, &error_section,   &sensitivity_section, NULL,
};

const struct config_section analyses_section = {
    .what = "an analysis", .one_line = true, .bare = true, .parts = parts};
