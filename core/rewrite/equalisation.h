/* equalisation.h - weights of neighbouring layers made alike by channel, with the same outputs.
 *
 * Where a convolution's output goes through a ReLU, or nothing, to one other convolution, dividing
 * its channel i by s > 0 and multiplying the other's weights of that channel by s changes nothing.
 * With r1 and r2 the largest magnitudes of both layers' weights of the channel,
 *
 *   s = sqrt(r1 / r2)
 *
 * makes both sqrt(r1 r2). The pairs are gone through in the order of execution, again and again,
 * until no s is far from 1: chains of pairs, as depthwise layers make them, settle like that.
 *
 * Source: Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
 * Correction", arXiv:1906.04721, eq. 9 to 11. Differences: the ranges are those of what is quantized,
 * so without the scale of a batch norm that stays in the epilogue; a clamp with an upper end
 * (ReLU6), which the paper replaces by a ReLU, would need an end for each channel: such pairs are left
 * out; biases are not absorbed; s is at most what leaves the variance of a batch norm zero, since the
 * file's epsilon stays what it is.
 */
#ifndef CORE_REWRITE_EQUALISATION_H
#define CORE_REWRITE_EQUALISATION_H

#include "core/network/placement.h"

struct layer_pair {
    int first, second; /* convolutions whose weights are quantized */
};

struct equalisation_pairs {
    struct layer_pair *list; /* [count] in the order of execution; owned */
    int count;
    int clamped_count; /* left out because of the upper end of a clamp */
    int clamped;       /* the first of these layers; -1: there is none */
};

/* The pairs of a network; clear them with equalisation_pairs_clear(). */
struct equalisation_pairs equalisation_find_pairs(const struct network *network,
                                                  const struct placement *placement);
void equalisation_pairs_clear(struct equalisation_pairs *pairs);

/* What a network had before it was equalised. */
struct equalisation {
    struct layer_constants *before; /* [layer_count] owned; NULL: it is as it was */
    int layer_count;
};

/* Equalises the pairs; trained statistics of batch norms are in force. What the convolutions had is
 * kept in `equalisation`. */
void network_equalize(struct network *network, const struct equalisation_pairs *pairs,
                      struct equalisation *equalisation);

/* Gives the network its bits back, if it was equalised. */
void network_undo_equalisation(struct network *network,
                               struct equalisation *equalisation);

/* Forgets what the network had. */
void equalisation_clear(struct equalisation *equalisation);

#endif
