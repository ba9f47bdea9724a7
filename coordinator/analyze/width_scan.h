/* width_scan.h - loss and metric with one group of tensors at each of its bits, and what two groups cost together.
 *
 * All others have their most bits. Steps are those of least squared error at each width, codes the nearest. Groups, singles
 * and pairs are those of the method `mixed`: coordinator/methods/bit_space.h, sensitivity.h. */
#ifndef COORDINATOR_ANALYZE_WIDTH_SCAN_H
#define COORDINATOR_ANALYZE_WIDTH_SCAN_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind sensitivity_analysis;
extern const struct config_section sensitivity_section;

#endif
