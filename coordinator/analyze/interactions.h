/* interactions.h - what quantizing two tensors together costs beside what each alone does.
 *
 * Of tensors a and b: L(a and b quantized) - L(a) - L(b) + L(neither), all others in float. It is the finite form
 * of the quantization interaction term. Source: Nahshan et al. 2019, arXiv:1911.07190, equation 7.
 */
#ifndef COORDINATOR_ANALYZE_INTERACTIONS_H
#define COORDINATOR_ANALYZE_INTERACTIONS_H

#include "coordinator/analyze/analysis.h"

struct interactions {
    int count;       /* tensors */
    double none;     /* the loss where all are in float */
    double *alone;   /* [count] the loss of each alone; owned, as the next */
    double *between; /* [count, count] symmetric; 0 on the diagonal */
};

/* Finds them for the steps of a point, from 1 + count (count + 1) / 2 evaluations under the state in force.
 *
 *   found  out; clear with interactions_clear() whether or not this fails */
int interactions_find(const struct analysis_task *task, const struct choice *point,
                      struct interactions *found, struct error *err);
void interactions_clear(struct interactions *interactions);

/* The pair with the largest magnitude; of equal ones the first. There are two tensors at least. */
void interactions_largest(const struct interactions *interactions, int *a, int *b);

#endif
