/* gram.h - exact moments of what a layer sees and of what it should give: sums of integers.
 *
 * Of each position, a window x~ of the quantized network (codes, or 16 bits of a float) and what the
 * float network computes there, t, 16 bits with a sign. All are integers, so sums of several ranks
 * merge exactly. Of layers in groups each group has moments of its own.
 */
#ifndef CORE_QUANT_GRAM_H
#define CORE_QUANT_GRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The moments of a group. Points into numbers [gram_count()]. */
struct gram {
    int inputs, outputs; /* K weights of an output; outputs of the group */
    int64_t *positions;  /* how many were added */
    int64_t *x, *t;      /* [inputs], [outputs] */
    int64_t *xx;         /* [inputs, from the diagonal on] */
    int64_t *tx;         /* [outputs, inputs] */
};

size_t gram_count(int inputs, int outputs);
struct gram gram_at(int64_t *numbers, int inputs, int outputs);

/* Where the row of an input begins in `xx`, less the input: element `other` >= `input` is at
 * gram_row() + other. */
size_t gram_row(int inputs, int input);

/* What moments are about: the means, where a bias is free; else zero, which an input of `zero` stands for. */
struct gram_origin {
    bool is_zero;
    int64_t zero;
};

/* Moments about the origin, as sums over all positions: those of two inputs, and those of an
 * output and an input. Exact until they become doubles. */
void gram_of_inputs(const struct gram *gram, struct gram_origin origin,
                    double *h /* [inputs, inputs] out */);
void gram_of_targets(const struct gram *gram, struct gram_origin origin,
                     double *g /* [inputs, outputs] out */);

/* Means over all positions; 0 where there are none. */
double gram_mean(const struct gram *gram, int64_t sum);

#endif
