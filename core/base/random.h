/* random.h - numbers drawn from a seed: the same ones on every machine. */
#ifndef CORE_BASE_RANDOM_H
#define CORE_BASE_RANDOM_H

#include <stdint.h>

/* SplitMix64. Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators,
 * OOPSLA 2014, with the constants of Vigna's splitmix64.c. */
struct random_stream {
    uint64_t state; /* the seed, at first; any will do */
};

/* The next 64 bits. */
uint64_t random_bits(struct random_stream *stream);

/* The next number between 0 and 1, neither of them: an odd multiple of 2^-53. */
double random_fraction(struct random_stream *stream);

#endif
