/* bit_space.h - which bits tensors may have: groups of tensors, and the choices of each group.
 *
 * Tensors that are joined, as both sides of an addition or of a concatenation, and those that are multiplied with
 * each other, have the same bits: they are a group. Where weights and activations may both stay in float on the
 * target onnx, so are the weights of a layer and what they multiply: its kernel is of integers or of floats. Any other
 * tensor is a group of its own.
 */
#ifndef COORDINATOR_METHODS_BIT_SPACE_H
#define COORDINATOR_METHODS_BIT_SPACE_H

#include "coordinator/methods/method.h"
#include "core/quant/clip.h"

enum { WIDTHS_MOST = 8 };

/* Bits in rising order, BITS_FLOAT among them. */
struct bit_widths {
    int weights[WIDTHS_MOST], activations[WIDTHS_MOST];
    int weight_count, activation_count; /* >= 1 */
    struct config_bits of_case;         /* what has other bits keeps them */
};

/* Fails with EXIT_CONFIG, and a sentence about `what`, where bits do not rise or are none that there are. */
int bit_widths_check(const struct bit_widths *widths, const char *what,
                     struct error *err);

struct bit_space {
    const struct placement *placement; /* borrowed */
    int groups;
    int most;      /* choices that a group has at most */
    int *counts;   /* [groups] choices of each, from the fewest bits up; owned */
    int *group_of; /* [items] owned */
    struct choice *
        at; /* [most, items] of each choice of its group; beyond its last one that; owned */
    struct choice *base; /* [items] of the most bits; owned */
};

/* Finds groups, and steps of each tensor at each of its widths by a clip rule: of weights each by itself, of
 * activations in the network in which all tensors have as many widths above them. */
int bit_space_find(struct bit_space *space, const struct method_task *task,
                   const struct bit_widths *widths, const struct clip_rule *rule,
                   struct result *result, struct error *err);
void bit_space_clear(struct bit_space *space);

/* The number of a group's choice among all, [groups, most]. */
size_t bit_space_place(const struct bit_space *space, int group, int choice);

/* Gives the items of a group its choice. */
void bit_space_put(const struct bit_space *space, int group, int choice,
                   struct choice *choices /* [items] */);

/* Gives an item another step wherever it has so many bits. */
void bit_space_put_step(struct bit_space *space, int item, int bits, float step);

/* A group by its first tensor; borrowed. */
const char *bit_space_name(const struct bit_space *space, int group);

/* The bits of a group's choice. */
int bit_space_bits(const struct bit_space *space, int group, int choice);

#endif
