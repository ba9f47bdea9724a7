/* kernel_bench.h - the kernels layer by layer: beside the peak of the core, and those of integers beside
 * oneDNN. */
#ifndef BENCH_KERNEL_BENCH_H
#define BENCH_KERNEL_BENCH_H

#include "bench/kernel_work.h"
#include "core/base/error.h"

#include <stdio.h>

struct kernel_bench_options {
    struct kernel_work_options work;
    const char *only; /* pattern (fnmatch) of the shapes' names; NULL: all */
    int rounds;
};

/* Times all shapes and prints a line each. Fails with EXIT_USAGE when no shape fits the pattern,
 * with EXIT_MACHINE when oneDNN is there but does not work. */
int kernel_bench(const struct kernel_bench_options *options, FILE *out,
                 struct error *err);

#endif
