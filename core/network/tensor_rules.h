/* tensor_rules.h - what a configuration says of single layers and tensors, and what comes of it.
 *
 * Entries are taken in order, and a later one wins. An entry means the layers that its pattern fits
 * (layer_pattern.h): their weights, and the activations that they multiply or, where they multiply none, read.
 * Where it fits no layer it means tensors by name: weights, or activations. Keeping in float is of layers in
 * either way. Bits that are said of a layer quantize it, though an earlier entry keeps it in float.
 */
#ifndef CORE_NETWORK_TENSOR_RULES_H
#define CORE_NETWORK_TENSOR_RULES_H

#include "core/base/error.h"
#include "core/network/network.h"

/* Of what an entry says of a thing that is so or not. */
enum override_word { OVERRIDE_NOTHING, OVERRIDE_NO, OVERRIDE_YES };

/* How many steps a tensor of weights has: one, one for each output channel, or one for each block of
 * neighbouring inputs of a channel. */
enum weight_steps {
    WEIGHT_STEPS_PER_TENSOR,
    WEIGHT_STEPS_PER_CHANNEL,
    WEIGHT_STEPS_PER_BLOCK
};

/* 2..8, or 32: float; of activations also 16; 0: nothing is said. */
struct override_bits {
    int weights, activations;
};

struct override {
    char *match; /* pattern */
    struct override_bits bits;
    enum override_word keeps_float;
    int weight_steps; /* 1 + enum weight_steps; 0: nothing is said */
};

/* Those of a model. Borrowed. */
struct override_list {
    const char *const
        *keep_float; /* [keep_count] patterns of entries before the others */
    int keep_count;
    const struct override *entries; /* [count] */
    int count;
};

/* What a tensor is to have. */
struct tensor_rule {
    int bits;                /* 2..8, 16, or 32: float */
    enum weight_steps steps; /* of weights */
    const char *why;         /* the pattern that decided the bits; NULL: none did */
};

struct tensor_rules {
    const char **kept; /* [layers] the pattern that keeps a layer in float; NULL: none
                          does; owned */
    struct tensor_rule *weights;     /* of all layers, one after the other; owned */
    int *first_weights;              /* [layers] where those of a layer begin; owned */
    struct tensor_rule *activations; /* [tensors] owned */
};

/* What is said of layers and their weights.
 *
 *   list     patterns are borrowed
 *   weights  what weights have of which nothing is said; `activations`, `output` the same of
 *              activations and of the network's output
 *   rules    out; clear with tensor_rules_clear() whether or not this fails
 *
 * Fails with EXIT_CONFIG where an entry fits nothing that could be quantized; the sentence tells the nearest
 * name. */
int tensor_rules_init(struct tensor_rules *rules, const struct network *network,
                      const struct override_list *list, struct tensor_rule weights,
                      struct tensor_rule activations, struct tensor_rule output,
                      struct error *err);
void tensor_rules_clear(struct tensor_rules *rules);

/* What is said of activations: where layers hand on codes, of the tensor whose codes they are.
 *
 *   rounded  [tensors] those that are rounded if none is kept in float
 *
 * Returns whether any of these is kept in float. */
bool tensor_rules_say_activations(struct tensor_rules *rules,
                                  const struct network *network,
                                  const struct override_list *list,
                                  const bool *rounded);

/* Of a layer's weight tensor. */
const struct tensor_rule *tensor_rules_weights(const struct tensor_rules *rules,
                                               int layer, int which);

/* Of a layer that computes on floats whatever is asked for, "not quantizable"; else `kept`. */
const char *tensor_rules_why_kept(const struct layer *layer, const char *kept);

#endif
