/* interaction.h - what each pair of tensors costs quantized together beside what each costs alone.
 *
 * Source: Nahshan et al. 2019, arXiv:1911.07190, equation 7; see interactions.h. */
#ifndef COORDINATOR_ANALYZE_INTERACTION_H
#define COORDINATOR_ANALYZE_INTERACTION_H

#include "coordinator/analyze/analysis.h"

extern const struct analysis_kind interaction_analysis;

#endif
