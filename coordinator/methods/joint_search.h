/* joint_search.h - the search over all steps together, and which of its candidates is kept. */
#ifndef COORDINATOR_METHODS_JOINT_SEARCH_H
#define COORDINATOR_METHODS_JOINT_SEARCH_H

#include "coordinator/methods/method.h"
#include "coordinator/search/line_search.h"

struct joint_search_options {
    enum line_search_kind line_search;
    bool keeps_axes; /* one step after the other, not Powell's directions */
    int halvings;    /* of the samples that probes are tried on first; 0: all of them */
    double drop_errors;  /* see team_contest() */
    bool of_activations; /* their steps alone, from the result on */
    int sweeps;
    int patience; /* sweeps without gain on held-out samples that end it */
};

/* Searches from result->start, or with `of_activations` from result->result, whose steps and
 * scores are set; fills result->result, a phase, the
 * rounds, why it ended, and warnings.
 *
 * Kept is the candidate with the lowest loss that the search has seen (as the reference does).
 * Where calibration samples are held out, the best candidate is scored on those after each sweep,
 * and the one that is best there is kept; the search ends when `patience` sweeps have not found a
 * better one. The start counts as a candidate too. */
int joint_search(const struct method_task *task,
                 const struct joint_search_options *options, struct result *result,
                 struct error *err);

#endif
