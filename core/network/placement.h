/* placement.h - which tensors of a network are quantized, and on which grids unless a candidate
 * chooses others.
 *
 * The order of the quantized tensors is the order of a candidate's choices: execution order, a
 * layer's weights before its output.
 */
#ifndef CORE_NETWORK_PLACEMENT_H
#define CORE_NETWORK_PLACEMENT_H

#include "core/base/error.h"
#include "core/network/clamped_steps.h"
#include "core/network/network.h"
#include "core/network/tensor_rules.h"
#include "core/quant/activation_split.h"
#include "core/quant/choice.h"
#include "core/quant/quantizer.h"
#include "core/quant/weight_rules.h"

#include <stdbool.h>

/* What the result will run on decides the grids. */
struct target_grids {
    enum grid weights;
    enum grid nonnegative; /* activations that cannot be negative */
    enum grid signed_;     /* other activations */
};

struct placement_rules {
    struct target_grids grids;
    /* Where no override says otherwise: */
    int weight_bits;     /* 2..8, or 32: float */
    int activation_bits; /* 2..8, 16, or 32: float */
    enum weight_steps weight_steps;
    int block_size; /* inputs that share a step of weights with WEIGHT_STEPS_PER_BLOCK */
    bool
        groups_share_steps; /* no steps of channels where a group has several of them */
    /* Patterns of layers that stay in float: the first entries of tensor_rules.h. Borrowed, as the next. */
    const char *const *keep_float;
    int keep_float_count;
    const struct override *overrides;
    int override_count;
    bool all_activations; /* also those that a runtime needs to compute in integers
                             throughout, see code_tensors.h */
    bool quantize_output; /* the network's output, too, with 8 bits */
    bool codes_clamp; /* steps of activations of 8 bits are so small that the codes end
                             where a clamp ends */
    bool rounds_like_kernels; /* layers are, that have 8 bits: kernel_rounding.h */
    bool keeps_states; /* of recurrences in float: no node of a file says that what it
                              multiplies at a step is rounded */
    bool rounds_like_xnnpack; /* sums of two tensors of codes, and means, are: see
                           join_codes_add_by_shift(), mean_codes_by_bias() */
    struct splitting_rules {
        double ratio; /* input channels that are added to each layer; 0: none */
        bool halves_plainly;
    } splitting;
    double second_above; /* as in struct wide_rules */
    struct activation_splitting_rules {
        double ratio;  /* channels that are added to each quantized activation */
        bool by_block; /* as in struct activation_split */
    } activation_splitting;
};

struct quantized_tensor {
    bool is_weight;
    int index; /* of the layer whose weights they are, or of the activation tensor */
    int which; /* of the layer's weight tensors */
    const char *name; /* ONNX tensor name; borrowed from the network */
    enum grid grid;   /* of choices, where nothing else is said, as the bits */
    int bits;
    const char *why; /* the override that decided the bits, borrowed from the rules;
                        NULL: none did */
    struct clamp
        clamp; /* of an activation whose codes end where it ends; 0, 0: they need
                           not */
    enum weight_steps steps; /* of weights: whether there are to be ratios */
    int block; /* of those: inputs that share a step; 0: a whole output channel does */
    float *ratios;     /* [placement_step_count()] of weights with several steps, see
                      step_ratios.h; NULL: one step for all; owned */
    bool is_looked_up; /* weights that nothing is multiplied with */
    struct wide_rules wide;                /* of weights */
    struct given_codes given[GIVEN_CODES]; /* of weights; owned */
    struct activation_split split;         /* of an activation */
};

/* Of a layer's weight tensors. */
struct weight_items {
    int *items; /* [count] item of each, or -1: it stays in float; owned */
    int count;
    bool
        keeps_states; /* of a recurrence: they are not rounded before they are multiplied */
};

struct placement {
    struct quantized_tensor
        *items; /* [count] in the order of a candidate's choices; owned */
    int count;
    struct weight_items *of_layers; /* [layer_count]; owned */
    int layer_count;
    const char *
        *kept; /* [layer_count] the pattern that keeps a layer in float, borrowed from
                  the rules; NULL: none does; owned */
    /* [tensors] item of the tensor, which is rounded where it is made, before anything reads it;
     * or -1: it is not, but early_codes() tells which tensors have the codes of another; owned */
    int *of_tensor;
    int tensor_count;
    bool all_activations, rounds_like_kernels,
        rounds_like_xnnpack; /* as in the rules */
};

/* Quantizes the weights of every layer that has some and is not kept in float, and exactly the
 * activations that are multiplied with them or with each other, or all (`all_activations`). What is
 * multiplied with the weights of a recurrence is its own output, unless states are kept in float; what only moves
 * that has its codes, and is no item.
 *
 *   placement  out; clear with placement_clear(); names are borrowed from `network`
 *
 * Weights with fewer inputs than a block has, as those of depthwise convolutions, have a step for each output
 * channel in place of blocks.
 *
 * Layers in groups are neither split nor given a second tensor of codes, and an activation that
 * one of them reads is not split; nor is one that a pool hands on from another that is quantized.
 *
 * Fails with EXIT_CONFIG when a pattern fits no layer, or nothing is left to quantize, and with
 * EXIT_INPUT when there is no such layer, or when 32 bits cannot hold the sums of one. */
int placement_init(struct placement *placement, const struct network *network,
                   const struct placement_rules *rules, struct error *err);
void placement_clear(struct placement *placement);

/* Frees what an item owns. */
void quantized_tensor_clear(struct quantized_tensor *tensor);

/* The choice of a step for a tensor, with its bits and its grid, or of steps for all; 0: float. Zero is
 * in the middle of an asymmetric grid. */
struct choice placement_choice(const struct quantized_tensor *tensor, float step);

/* The same with other bits: 2..8, of an activation also 16; BITS_FLOAT: float, whatever the step. */
struct choice placement_choice_at(const struct quantized_tensor *tensor, int bits,
                                  float step);
void placement_choices(const struct placement *placement,
                       const float *steps,      /* [count] */
                       struct choice *choices); /* [count] out */

/* The same codes at another step, or at that of a clip, as far as the tensor may have it. */
struct choice placement_put_step(const struct quantized_tensor *tensor,
                                 struct choice choice, float step);
struct choice placement_put_clip(const struct quantized_tensor *tensor,
                                 struct choice choice, double clip);

/* The steps of these, with the tensor's bits and grid. */
float placement_step_of_clip(const struct quantized_tensor *tensor, double clip);
float placement_step_at_most(const struct quantized_tensor *tensor, float step);

/* The item of a layer's weight tensor, or -1: the layer has no such tensor, or it stays in float. */
int placement_of_weights(const struct placement *placement, int layer, int which);

/* Which weights of an item share a step, where it has ratios, and how many steps there are; 1: it has none. */
struct step_layout placement_layout(const struct network *network,
                                    const struct quantized_tensor *item);
size_t placement_step_count(const struct network *network,
                            const struct quantized_tensor *item);

/* The tensor of an item that is_weight. */
const struct weights *placement_weights(const struct network *network,
                                        const struct quantized_tensor *item);

#endif
