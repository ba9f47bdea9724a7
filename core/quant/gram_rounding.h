/* gram_rounding.h - codes of weights by what they do to what a layer sees.
 *
 * With x~ the windows that the quantized network sees, t what the float network computes there, Q the
 * quantized weights of an output and b a bias, which is free, so that moments are about the means (else b = 0, and
 * they are about zero):
 *
 *   sum |t - Q x~ - b|^2 + r |Q - W|^2 = |(Q - W*) (H + r I)^(1/2)|^2 + a constant
 *   H = sum x~ x~',  W* = (G + r W) (H + r I)^-1,  G = sum t x~',  r = 0.01 of the mean of H's diagonal
 *
 * So weights are codes near W* under one quadratic form for all outputs, see lattice.h: error feedback in the
 * order of the diagonal, from the largest on, or plain rounding, whichever is better after a
 * descent by single codes; of up to LATTICE_EXACT_MOST weights an output the nearest codes that
 * there are, as far as lattice_decode() looks. The second term keeps weights that too little is known of where they were, and the form
 * definite.
 *
 * Source of W*: Li et al. 2025 (GPTAQ), arXiv:2504.02692, and Zhang et al. 2025 (Qronos),
 * arXiv:2505.11695, which let quantized inputs reach float outputs; there moments are not about the
 * means, and of the float network the inputs are taken.
 */
#ifndef CORE_QUANT_GRAM_ROUNDING_H
#define CORE_QUANT_GRAM_ROUNDING_H

#include "core/quant/gram.h"

#include <stdbool.h>
#include <stdint.h>

/* The weights of a group, and what its moments stand for. */
struct gram_weights {
    const float *values; /* [outputs, inputs] W; borrowed */
    const float *steps;  /* [outputs] of their codes; borrowed */
    const double *
        shares; /* [outputs, inputs] step of a weight / that of its output, with a centre of 0; NULL:
                             all are 1; borrowed */
    int lowest, highest;           /* codes */
    double centre;                 /* value = step * (code + centre) */
    double input_step, input_zero; /* x~ = input_step * (x - input_zero) */
    double target_step;            /* t = target_step * t */
    bool
        keeps_products; /* t is what W gives from x~, not what the float network has: W* = W */
    bool keeps_bias; /* no bias is free: moments are about zero */
    bool refits; /* a factor behind each output is free, too, where that is above 0.2 */
};

/* What was found; owned by the caller. */
struct gram_rounded {
    int8_t *codes;   /* [outputs, inputs] out */
    double *lacking; /* [outputs] out: b, in units of products; 0: it is kept */
    double *
        factors; /* [outputs] of the products: where they begin, and out; 1 without `refits` */
};

/* Steps that are tried: those that there are times powers of two, from 2^-1 to 2^.5. */
enum {
    GRAM_STEPS_AN_OCTAVE = 12,
    GRAM_STEP_KEPT = GRAM_STEPS_AN_OCTAVE,
    GRAM_STEPS_TRIED = GRAM_STEP_KEPT + GRAM_STEPS_AN_OCTAVE / 2 + 1
};

/* What the steps are multiplied by at one of GRAM_STEPS_TRIED; 1 at GRAM_STEP_KEPT. */
double gram_step_factor(int tried);

/* The form's value of each output at each step that is tried, by error feedback, in units of t that outputs and
 * groups of a layer share.
 *
 *   errors  [outputs, GRAM_STEPS_TRIED] out; all 0 where nothing moves what the group sees
 */
void gram_try_steps(const struct gram *gram, const struct gram_weights *weights,
                    double *errors);

/* Returns r / the mean of the diagonal: more than 0.01 where only that made the form definite; 0:
 * nothing moves what the group sees, so its codes are the nearest ones. */
double gram_round(const struct gram *gram, const struct gram_weights *weights,
                  const struct gram_rounded *found);

#endif
