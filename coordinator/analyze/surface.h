/* surface.h - loss and metric over the steps of two tensors, all others as they are at a point.
 *
 * Source: Nahshan et al. 2019, arXiv:1911.07190, figures 1 and 2: there both are the first two activations,
 * nothing else is quantized, and clips are evenly spaced. */
#ifndef COORDINATOR_ANALYZE_SURFACE_H
#define COORDINATOR_ANALYZE_SURFACE_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind surface_analysis;
extern const struct config_section surface_section;

#endif
