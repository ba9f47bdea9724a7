/* paired.h - how two candidates differ in loss, sample by sample: exact sums, mergeable by addition.
 *
 * Losses of two candidates on the same samples have much in common, so their differences spread far less than
 * the losses do: some samples tell which of the two is better, long before their means do. */
#ifndef CORE_EVALUATE_PAIRED_H
#define CORE_EVALUATE_PAIRED_H

#include <stdbool.h>
#include <stdint.h>

enum { PAIRED_LIMBS = 32 };

/* All fields are sums over samples. */
struct paired {
    int64_t samples;               /* whose losses are finite */
    int64_t sum[PAIRED_LIMBS];     /* exact_sum.h; of the differences */
    int64_t squares[PAIRED_LIMBS]; /* of their squares */
};

/* Adds a sample: its loss less that of the rival, at most 2^190 to either side. A sample of which one is NaN
 * does not count. */
void paired_add(struct paired *paired, double loss, double rival);

void paired_merge(struct paired *paired, const struct paired *other);

/* The sum of the differences, above zero where the rival is better. */
double paired_sum(const struct paired *paired);

/* Whether the rival is better on these samples, drawn of `all`, by more than `errors` standard errors of the
 * mean difference over all. Never of fewer than 32 samples, which say little of the spread. */
enum { PAIRED_LEAST_SAMPLES = 32 };
bool paired_is_hopeless(const struct paired *paired, int64_t all, double errors);

#endif
