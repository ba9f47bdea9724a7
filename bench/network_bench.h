/* network_bench.h - a whole network on one core: images a second, layer by layer, and ONNX Runtime
 * beside it. */
#ifndef BENCH_NETWORK_BENCH_H
#define BENCH_NETWORK_BENCH_H

#include "bench/network_trial.h"
#include "core/base/error.h"
#include "core/kernel/kernel.h"

#include <stdbool.h>
#include <stdio.h>

struct network_bench_options {
    struct placed_network own;  /* what is timed */
    struct placed_network peer; /* of the same file, as network_peer_start() wants it */
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
