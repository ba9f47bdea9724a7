/* scores.h - scores of a known sum of losses. */
#ifndef TESTS_SUPPORT_SCORES_H
#define TESTS_SUPPORT_SCORES_H

#include "core/evaluate/score.h"

/* `samples` samples that cost `sum` together, which is a multiple of 2^-32 from 0 to 2^31; nothing else
 * is counted. */
struct score score_costing(double sum, int64_t samples);

#endif
