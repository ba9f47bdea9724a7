/* chance.h - numbers drawn for a seed; the same seed draws the same. */
#ifndef TESTS_FUZZ_CHANCE_H
#define TESTS_FUZZ_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

struct chance chance_of(uint64_t seed);

/* A whole number in [low, high], both included. */
int chance_between(struct chance *chance, int low, int high);

/* True in `percent` of a hundred. */
bool chance_is(struct chance *chance, int percent);

/* Roughly normal, with the deviation 1. */
double chance_normal(struct chance *chance);

/* One of a list of words, which ends with NULL. */
const char *chance_word(struct chance *chance, const char *const *words);

#endif
