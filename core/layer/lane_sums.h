/* lane_sums.h - sums of many floats in double, in an order that does not depend on the machine.
 *
 * Element i is added to sum number i modulo LANE_COUNT; in the end these are added up in pairs.
 */
#ifndef CORE_LAYER_LANE_SUMS_H
#define CORE_LAYER_LANE_SUMS_H

#include <stddef.h>

enum { LANE_COUNT = 16 };

/* Of x [count]. */
double lane_sum(const float *x, size_t count);

/* Of (x - `middle`)^2. */
double lane_sum_of_squares(const float *x, size_t count, double middle);

/* Of |x|; of exp(x - `largest`), which are at most 1. */
double lane_sum_of_magnitudes(const float *x, size_t count);
double lane_sum_of_exponentials(const float *x, size_t count, double largest);

/* The largest of x [count], at least one; what is no number is left out. -INFINITY: there is none. */
float lane_largest(const float *x, size_t count);

/* Of the lanes [LANE_COUNT], `apart` from one to the next, which are spoilt. */
double lanes_total(double *lanes, size_t apart);

#endif
