/* parabola.h - the parabola that lies nearest to measured losses, and where it is
 * lowest. */
#ifndef COORDINATOR_SEARCH_PARABOLA_H
#define COORDINATOR_SEARCH_PARABOLA_H

#include "core/base/error.h"

/* loss(p) = curvature p^2 + slope p + constant */
struct parabola {
    double curvature;
    double slope;
    double constant;
};

/* Least squares through the points (p[i], losses[i]); what numpy.polyfit(p, losses, 2)
 * finds.
 *
 *   p, losses  [count]     any order, p may repeat
 *
 * Fails when a value is not finite, or when fewer than three of the p differ. */
int parabola_fit(const double *p, const double *losses, int count,
                 struct parabola *parabola, struct error *err);

enum parabola_verdict {
    PARABOLA_MINIMUM,
    PARABOLA_CONCAVE,     /* opens downwards, or a straight line: no minimum */
    PARABOLA_OUT_OF_RANGE /* the minimum lies where nothing was measured */
};

/* In words, to end the sentence "the parabola over p ...". */
const char *parabola_verdict_name(enum parabola_verdict verdict);

/* How far outside its grid a parabola is believed, in units of p. */
#define PARABOLA_MARGIN 0.5

/* Finds the vertex of the parabola and judges it: a minimum counts when it lies in
 * [p_min - margin, p_max + margin].
 *
 *   vertex  out; set with every verdict; not finite for a straight line
 *
 * The reference implementation takes the vertex unseen, even a maximum. */
enum parabola_verdict parabola_minimum(const struct parabola *parabola, double p_min,
                                       double p_max, double margin, double *vertex);

#endif
