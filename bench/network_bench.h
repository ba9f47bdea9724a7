/* network_bench.h - a whole network on one core: images a second, layer by layer, and ONNX Runtime
 * beside it. */
#ifndef BENCH_NETWORK_BENCH_H
#define BENCH_NETWORK_BENCH_H

#include "core/base/error.h"
#include "core/kernel/kernel.h"
#include "core/network/network.h"
#include "core/network/placement.h"

#include <stdbool.h>
#include <stdio.h>

struct network_bench_options {
    const struct network *network;     /* fused; borrowed */
    const struct placement *placement; /* borrowed */
    const struct kernel_set *kernels;
    const char *bits; /* for the title, e.g. W8A8 onnx */
    int block;        /* samples evaluated together, and the peer's batch */
    int rounds;
};

/* Runs the network on random input with steps that fit it, and prints what it finds. Fails with
 * EXIT_MACHINE when ONNX Runtime is there but does not work. */
int network_bench(const struct network_bench_options *options, FILE *out,
                  struct error *err);

#endif
