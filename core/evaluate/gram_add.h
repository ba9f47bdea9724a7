/* gram_add.h - adds windows and targets to the exact moments of a group (core/quant/gram.h).
 *
 * All is products of bytes along the positions, by the kernels that multiply codes with weights: the codes, or
 * the two bytes of 16-bit numbers, are rows; half of them, on and right of the diagonal, is computed.
 */
#ifndef CORE_EVALUATE_GRAM_ADD_H
#define CORE_EVALUATE_GRAM_ADD_H

#include "core/kernel/kernel.h"
#include "core/quant/gram.h"

/* Sums of so many products of a byte and a byte with a sign fit into 32 bits. */
enum { GRAM_POSITIONS_MOST = 65000 };

/* Bytes from one row of so many positions to the next. */
size_t gram_stride(size_t positions);

/* What is added. Borrowed. */
struct gram_rows {
    const uint8_t *
        x; /* [parts, inputs] rows, gram_stride() bytes apart, INPUT_SLACK bytes behind */
    int parts;        /* 1: x is a byte; 2: 256 * the first + the second */
    int most;         /* no byte of x is larger */
    const int16_t *t; /* [outputs, positions] */
    size_t positions; /* at most GRAM_POSITIONS_MOST */
};

void gram_add(const struct kernel_set *kernels, const struct gram *gram,
              const struct gram_rows *rows);

#endif
