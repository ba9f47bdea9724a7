/* winograd_float.h - convolutions of floats with half as many products: F(4, 3) along the columns.
 *
 * Four neighbouring outputs of a window row of three pixels take six products instead of twelve:
 *
 *   m[i] = sum over window rows and channels of v[i] * u[i], a chain as conv_f32 has it
 *   v = B^T d of six input pixels, u = G g of three weights, y = A^T m
 *
 * The transforms are written out in winograd_float.c; each operation of theirs is one rounding of its own,
 * so the bits are the same on every kernel set. Whether a layer goes this way depends on its shape
 * alone. Values beyond a float's range are met earlier than in a plain sum, and errors are about five
 * times those of a chain: up to 14 units of 2^-24 of the products' magnitudes in place of 3.
 *
 * Source: Lavin, Gray 2015, arXiv:1509.09308, section 4.1 with the points 0, 1, -1, 2, -2. */
#ifndef CORE_LAYER_WINOGRAD_FLOAT_H
#define CORE_LAYER_WINOGRAD_FLOAT_H

#include "core/layer/conv_plan.h"

#include <stdbool.h>

/* Whether convolutions of that shape go this way: windows of three pixels that follow each other
 * closely, whole vectors of channels, and transformed weights that stay in the cache. */
bool winograd_float_suits(const struct conv_plan *plan, const struct weights *weights,
                          const struct window *window);

/* Floats of packed weights. */
size_t winograd_float_packed_count(const struct conv_plan *plan, int outputs);

/* Puts a channel's weights [taps_high, 3, inputs] where they belong in the packed ones. */
void winograd_float_pack(const struct conv_plan *plan, int outputs, int channel,
                         const float *weights, float *packed);

/* Floats of room that winograd_float_rows() needs. */
size_t winograd_float_room(const struct conv_plan *plan, int outputs);

/* Output rows that are made at once. */
int winograd_float_band(const struct conv_plan *plan, int outputs);

/* What the rows are finished with: as conv_f32's epilogue, but that scale and shift are a product and
 * a sum, each rounded. */
struct winograd_finish {
    const float *scale, *shift; /* [outputs] or NULL */
    float low, high;
};

/* Some output rows' sums of one sample, to be finished one by one: at most winograd_float_band().
 *
 *   input   the window of the first row's first pixel
 *   room    out */
void winograd_float_rows(const struct conv_plan *plan, const struct kernel_set *kernels,
                         int outputs, const float *packed, const float *input, int rows,
                         float *room);

/* Row `row` of those, finished.
 *
 *   residual  [columns, outputs] or NULL
 *   out       [columns, outputs] */
void winograd_float_finish(const struct conv_plan *plan, int outputs, int rows, int row,
                           const float *room, const struct winograd_finish *finish,
                           const float *residual, float *out);

#endif
