/* lattice.h - codes near real ones, where a quadratic form says what is near: (v - y)' H (v - y).
 *
 * Many rows y share a form. All matrices of codes are [inputs, rows]: those of an input stand
 * beside each other. Codes lie in a box, lowest .. highest. Where steps differ within a row, v and y are not
 * codes, but codes times their steps.
 *
 * Sources: error feedback is GPTQ's (Frantar et al. 2022, arXiv:2210.17323), which is Babai's nearest
 * plane (Chen et al. 2025, arXiv:2507.18553), so the factor of H itself serves, from the last input
 * to the first; descent by one code at a time is COMQ's (Zhang et al. 2024, arXiv:2403.07134);
 * the nearest codes are found as Schnorr and Euchner do (Mathematical Programming 66, 1994).
 */
#ifndef CORE_QUANT_LATTICE_H
#define CORE_QUANT_LATTICE_H

#include <stdbool.h>
#include <stddef.h>

struct lattice {
    size_t inputs;
    const double *form;   /* [inputs, inputs] H, positive definite; borrowed */
    const double *factor; /* [inputs, inputs] L of H, lower half; borrowed */
    double lowest, highest;
    const double *
        steps; /* [inputs, rows], or [inputs] of what takes a row; NULL: all are 1; borrowed */
};

/* Rounds the last input of each row, passes on what that errs to the inputs before it, and so on.
 *
 *   y          [inputs, rows]
 *   v          [inputs, rows] out
 *   distances  [rows] out: (v - y)' H (v - y); or NULL
 */
void lattice_nearest_plane(const struct lattice *lattice, const double *y, size_t rows,
                           double *v, double *distances);

/* Moves one code of a row [inputs] after the other to where the form is least, until none moves: the
 * form never grows. Returns (v - y)' H (v - y). */
double lattice_descend(const struct lattice *lattice, const double *y, double *v);

/* Inputs of which rows are decoded exactly; and places that are looked at for one at most: where real codes lie
 * far out of the box, all codes are nearly as far, and looking at all of them would take years. */
enum { LATTICE_EXACT_MOST = 16, LATTICE_PLACES_MOST = 100000 };

/* Replaces v by the nearest codes of the box, or the nearest of LATTICE_PLACES_MOST; `distance` is that
 * of v. At most LATTICE_EXACT_MOST inputs. Returns the form's value. */
double lattice_decode(const struct lattice *lattice, const double *y, double distance,
                      double *v);

#endif
