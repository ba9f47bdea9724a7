/* pscan.h - loss and metric of layer-wise steps over p, and the parabola that a start is found by.
 *
 * Source: Nahshan et al. 2019, arXiv:1911.07190, figures 3 and 5, and section 4.2. There the vertex of the
 * parabola is taken unseen; here it is judged as a search judges it (parabola.h). */
#ifndef COORDINATOR_ANALYZE_PSCAN_H
#define COORDINATOR_ANALYZE_PSCAN_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind pscan_analysis;
extern const struct config_section pscan_section;

#endif
