/* keep_float.h - what each tensor costs: quantized alone, and kept in float where all others are quantized. */
#ifndef COORDINATOR_ANALYZE_KEEP_FLOAT_H
#define COORDINATOR_ANALYZE_KEEP_FLOAT_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind keep_float_analysis;

#endif
