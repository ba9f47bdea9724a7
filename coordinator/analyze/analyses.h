/* analyses.h - the kinds of analysis: one row each, in the file of its family. */
#ifndef COORDINATOR_ANALYZE_ANALYSES_H
#define COORDINATOR_ANALYZE_ANALYSES_H

#include "core/format/config_schema.h"

/* The settings of an analysis, common ones and those of each, for config_read(). */
extern const struct config_section analyses_section;

/* The kinds, in the order of the help. */
extern const struct config_words analysis_kinds;

#endif
