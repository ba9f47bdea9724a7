/* self_test.h - whether the kernels of this machine give the bits of the scalar ones, on random layers.
 *
 * The unit tests visit more shapes; this visits the machine on which calq stands.
 */
#ifndef BENCH_SELF_TEST_H
#define BENCH_SELF_TEST_H

#include "core/kernel/kernel.h"

#include <stdint.h>

enum { SELF_TEST_TEXT_BYTES = 256 };

struct self_test {
    long comparisons; /* layers and vectors that two sets computed */
    int sets;         /* that run here, beside scalar */
    /* The first difference: "avx2: conv_u8s8 of 3x3 ..."; empty: there was none. */
    char difference[SELF_TEST_TEXT_BYTES];
};

/* Draws layers from a seed on and runs them by each set that runs here, for so many seconds and once at
 * least.
 *
 *   sets  ends with a row without a name, as kernel_sets does
 */
struct self_test self_test_run(const struct kernel_set *sets, double seconds,
                               uint64_t seed);

#endif
