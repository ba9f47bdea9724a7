/* matmul_integer.h - products of matrices of codes: exact sums of 32 bits.
 *
 * With stored codes A and B of zeros a and b, values are steps times (A - a) and (B - b). Kernels multiply
 * u8 by s8, so the right side is shifted: B = R + s. Then, summed over the depth K,
 *
 *   sum (A - a) (B - b) = sum A R - a (sum R + K (s - b)) + (s - b) sum A
 *
 * where all sums are integers. No result is larger in magnitude than 255 * 255 * K, so 32 bits hold it up to
 * MATMUL_DEPTH_MOST.
 */
#ifndef CORE_LAYER_MATMUL_INTEGER_H
#define CORE_LAYER_MATMUL_INTEGER_H

#include "core/layer/matmul_plan.h"
#include "core/layer/value.h"

/* Room for one product; borrowed from one piece of memory. */
struct matmul_room {
    uint8_t *left;       /* [rows, depth], and INPUT_SLACK */
    int8_t *right;       /* [columns, depth] */
    void *packed;        /* the same for a kernel */
    int32_t *left_sums;  /* [rows] sum A */
    int32_t *right_sums; /* [columns] a (sum R + K (s - b)) */
    int32_t *sums;       /* [rows, columns] out */
};

/* Bytes that the room takes, and its parts in so many bytes, 64-byte aligned. */
size_t matmul_room_bytes(const struct matmul_plan *plan,
                         const struct kernel_set *kernels);
struct matmul_room matmul_room_in(const struct matmul_plan *plan,
                                  const struct kernel_set *kernels, void *bytes);

/* Finds room->sums: sum (A - a) (B - b) of each element of one product of one sample.
 *
 *   plan   of MATMUL_CODES
 *   left, right  values of codes */
void matmul_integer_sums(const struct matmul_plan *plan,
                         const struct kernel_set *kernels, const struct value *left,
                         const struct value *right, int sample, int product,
                         const struct matmul_room *room);

#endif
