/* random.h - values for benchmarks, where only the speed counts. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

/* The next value of [-1, 1); `state` is anything at first. */
static inline float random_value(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state / 2147483648.0f;
}

#endif
