/* rounds.h - measurements taken in turns, so that a change of the machine hits all of them. */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include <stddef.h>

enum { ROUNDS_MOST = 99 };

/* The same work, once a round. */
struct series {
    double values[ROUNDS_MOST];
    int count;
};

void series_add(struct series *series, double value);
double series_median(const struct series *series);

/* The median of a/b, round by round. */
double series_ratio(const struct series *a, const struct series *b);

/* CPU seconds of one of `times` calls. */
double seconds_of_one(void (*work)(void *context), void *context, int times);

/* How often to call `work` so that a round takes about `seconds`. */
int times_in(void (*work)(void *context), void *context, double seconds);

#endif
