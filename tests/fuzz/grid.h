/* grid.h - the grids of codes, written anew from their definitions:
 *
 *   midrise    -2^(M-1) .. 2^(M-1)-1       value = step * (code + 1/2)
 *   midtread   -2^(M-1) .. 2^(M-1)-1       value = step * code
 *   narrow     -(2^(M-1)-1) .. 2^(M-1)-1   value = step * code
 *   unsigned   0 .. 2^M-1                  value = step * code
 *   asymmetric -zero .. 2^M-1-zero         value = step * code
 */
#ifndef TESTS_FUZZ_GRID_H
#define TESTS_FUZZ_GRID_H

#include "tests/fuzz/operators.h"

struct plain_grid {
    double least, most; /* codes */
    double centre;      /* value = step * (code + centre) */
    double step;
};

/* `zero` of asymmetric ones. */
struct plain_grid grid_of(const char *name, int bits, int zero, double step);

/* The code of a number that is off by at most `error`. Numbers without error are rounded in float, as
 * it is defined: from the lowest level on where there is a centre. */
double grid_code(struct trial *trial, const struct plain_grid *grid, double number,
                 double error);
double grid_value(const struct plain_grid *grid, double code);

#endif
