/* error.h - what each tensor loses when it is rounded as in a case's result, with all before it rounded, too.
 *
 * Signal-to-quantization-noise ratio, cosine, largest error, channels that rounding makes constant, the share of values
 * beyond the clip, and a histogram with the ends of the codes. */
#ifndef COORDINATOR_ANALYZE_ERROR_H
#define COORDINATOR_ANALYZE_ERROR_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind error_analysis;
extern const struct config_section error_section;

#endif
