/* overhead.h - what channel splitting and second tensors of weights cost. */
#ifndef CORE_EVALUATE_OVERHEAD_H
#define CORE_EVALUATE_OVERHEAD_H

#include "core/network/placement.h"

struct overhead {
    int *factors; /* [items] of second tensors, see second_codes.h; 1: none; owned */
    int split_layers;                           /* that gain channels */
    int channels;                               /* that they gain together */
    int split_activations, activation_channels; /* the same of activations */
    int dual_layers;                            /* whose weights are two tensors */
    int grouped_layers; /* that could be either, but for their groups */
    /* Weights of all convolutions and fully connected layers, and multiply-adds of a sample: those of
     * the network, and those that come on top. */
    size_t parameters, added_parameters;
    size_t macs, added_macs;
};

/* Finds what the rules of the placement cost under choices [placement->count]; out, to be cleared. */
void overhead_find(struct overhead *overhead, const struct network *network,
                   const struct placement *placement, const struct choice *choices);
void overhead_clear(struct overhead *overhead);

/* What is added, in per cent of what there was. */
double overhead_per_cent(size_t added, size_t all);

#endif
