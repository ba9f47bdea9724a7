/* candidate.h - choices under trial, and what they make of every tensor: a signature.
 *
 * Two candidates give a tensor the same values exactly when it has the same signature under both.
 * Most layers make their output in two parts: values that are not finished (the sums of a
 * convolution in integers; anything else as floats), and the output's codes made of those. Both
 * parts have signatures, for the second is cheap to do once more.
 */
#ifndef CORE_EVALUATE_CANDIDATE_H
#define CORE_EVALUATE_CANDIDATE_H

#include "core/base/hash.h"
#include "core/network/placement.h"

struct candidate {
    const struct network *network;     /* borrowed, as the next two */
    const struct placement *placement; /* whose items are quantized */
    const int *items;                  /* [tensors] as early_codes() has them */
    struct choice *choices;            /* [items] owned */
    struct quantizer *quantizers;      /* [items] of the choices; owned */
    uint64_t *tensors;                 /* [tensors] signatures; owned */
    uint64_t *unfinished;              /* [layers] signatures; owned */
    bool *in_codes;                    /* [tensors] whether it holds codes; owned */
    /* What other candidates have too, and is worth remembering: */
    bool *keeps;            /* [tensors] owned */
    bool *keeps_unfinished; /* [layers] owned */
};

/* The arguments are borrowed. No signature is that of a tensor before the first
 * candidate_set(). */
void candidate_init(struct candidate *candidate, const struct network *network,
                    const struct placement *placement, const int *items);
void candidate_clear(struct candidate *candidate);

/* Puts choices [placement->count] under trial; NULL: float. `left_out` is an item that stays in
 * float, or -1. Nothing is worth remembering yet. */
void candidate_set(struct candidate *candidate, const struct choice *choices,
                   int left_out);

/* By what a candidate of `count` choices is known again, e.g. in a journal; NULL: float. */
struct hash128 candidate_key(const struct choice *choices, int count);

/* Marks what is worth remembering of each of `count` candidates that are evaluated together: what
 * another one of them has too, or `before`, the last one evaluated. */
void candidates_compare(struct candidate *candidates, int count,
                        const struct candidate *before);

/* Marks everything; and what the output of a tensor's layer is made of. */
void candidate_keep_all(struct candidate *candidate);
void candidate_keep_unfinished(struct candidate *candidate, int tensor);

/* Copies the signatures of another candidate of the same network. */
void candidate_copy_signatures(struct candidate *to, const struct candidate *from);

/* The quantizer of an item; NULL: float, or item < 0. */
const struct quantizer *candidate_quantizer(const struct candidate *candidate,
                                            int item);

/* The quantizer of a layer's weights, and that of the output, which it applies; NULL: none. */
const struct quantizer *candidate_weights(const struct candidate *candidate, int layer,
                                          int which);
const struct quantizer *candidate_output(const struct candidate *candidate, int layer);

/* The item of a quantized activation that stays float and is rounded as such: its channels are split,
 * or it has 16 bits; NULL: it is none. */
const struct quantized_tensor *candidate_rounded(const struct candidate *candidate,
                                                 int tensor);

/* Whether a layer is a convolution of codes with codes. */
bool candidate_multiplies_codes(const struct candidate *candidate, int layer);

#endif
