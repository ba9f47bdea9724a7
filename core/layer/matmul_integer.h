/* matmul_integer.h - products of matrices of codes: exact sums of 32 bits.
 *
 * With stored codes A and B of zeros a and b, values are steps times (A - a) and (B - b). Kernels multiply
 * u8 by s8, so the right side is shifted: B = R + s. Then, summed over the depth K,
 *
 *   sum (A - a) (B - b) = sum A R - a (sum R + K (s - b)) + (s - b) sum A
 *
 * where all sums are integers. No result is larger in magnitude than 255 * 255 * K, so 32 bits hold it up to
 * MATMUL_DEPTH_MOST.
 *
 * Heads of attention are channels, so an element of one product lies beside those of the others: all products
 * of a sample are put apart at once, and their results beside each other again, some rows at a time.
 */
#ifndef CORE_LAYER_MATMUL_INTEGER_H
#define CORE_LAYER_MATMUL_INTEGER_H

#include "core/layer/matmul_plan.h"
#include "core/layer/value.h"

/* Bytes of room that matmul_integer_run() takes. */
size_t matmul_integer_room(const struct matmul_plan *plan,
                           const struct kernel_set *kernels);

/* Finds scale * sum (A - a) (B - b), the sum as a float, of all products of one sample.
 *
 *   plan         of MATMUL_CODES
 *   left, right  values of codes
 *   room         matmul_integer_room() bytes, 64-byte aligned
 *   output       where the elements belong in `out`, of MATMUL_FLOATS */
void matmul_integer_run(const struct matmul_plan *plan,
                        const struct kernel_set *kernels, const struct value *left,
                        const struct value *right, int sample, float scale, void *room,
                        const struct matmul_side *output, float *out);

#endif
