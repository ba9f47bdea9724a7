/* network_trial.h - a network with random samples and steps that fit them. */
#ifndef BENCH_NETWORK_TRIAL_H
#define BENCH_NETWORK_TRIAL_H

#include "core/evaluate/evaluator.h"
#include "core/network/placement.h"

/* A network, fused, and what of it is quantized; both borrowed. */
struct placed_network {
    const struct network *network;
    const struct placement *placement;
};

enum {
    NETWORK_TRIAL_BLOCKS = 4
}; /* so that no block finds itself in the nearest cache */

struct network_trial {
    struct placed_network placed;
    const struct kernel_set *kernels; /* borrowed */
    int block;                        /* samples evaluated together */
    struct samples samples;           /* NETWORK_TRIAL_BLOCKS blocks; owned */
    struct evaluator *evaluator;      /* remembers them; owned */
    struct choice *choices;           /* [items] nothing saturates; owned */
};

void network_trial_init(struct network_trial *trial, struct placed_network placed,
                        const struct kernel_set *kernels, int block);
void network_trial_clear(struct network_trial *trial);

/* Another evaluator of the samples, the caller's. */
struct evaluator *network_trial_evaluator(const struct network_trial *trial,
                                          size_t memory_bytes, bool times_layers);

#endif
