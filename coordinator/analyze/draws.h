/* draws.h - the mean of some draws, and how far from it the mean of all may lie. */
#ifndef COORDINATOR_ANALYZE_DRAWS_H
#define COORDINATOR_ANALYZE_DRAWS_H

/* 95 % of the intervals that are made so hold the true mean, where draws are normal. */
struct draws_mean {
    double mean, low, high; /* low and high are NaN of one draw */
};

/* Values [count], at least one. Source: Student 1908. */
struct draws_mean draws_mean_of(const double *values, int count);

#endif
