/* size.h - how many calibration samples a method needs: loss and metric on samples that it does not see, over the size of
 * the calibration set.
 *
 * For each size some sets are drawn from the case's calibration samples, the method runs with each, and what it found is
 * judged on the validation samples. Intervals are those of the mean over draws by Student's t, 95 %.
 *
 * Source: Nahshan et al. 2019, arXiv:1911.07190, appendix B, where there is one set of each size. */
#ifndef COORDINATOR_ANALYZE_SIZE_H
#define COORDINATOR_ANALYZE_SIZE_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind size_analysis;
extern const struct config_section size_section;

#endif
