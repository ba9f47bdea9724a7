/* wide_codes.h - codes beyond 8 bits as two tensors of 8: code = WIDE_BASE * high + low.
 *
 * So the kernels multiply them in two goes, and products meet in their 32-bit sums. */
#ifndef CORE_QUANT_WIDE_CODES_H
#define CORE_QUANT_WIDE_CODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    WIDE_BASE = 128,
    WIDE_LOW_MOST =
        WIDE_BASE / 2, /* low is in [-64, 63]: kernels are fast with these */
    WIDE_CODE_MOST = WIDE_BASE * INT8_MAX /* what the parts can hold in magnitude */
};

/* The largest magnitude; 0 without codes. */
int wide_codes_most(const int16_t *codes, size_t count);

/* parts[i] = codes[i]; they fit. */
void wide_codes_narrow(const int16_t *codes, size_t count, int8_t *parts);

/* The parts; returns the largest magnitude of `high`. */
int wide_codes_part(const int16_t *codes, size_t count, int8_t *low, int8_t *high);

/* sums [count] += WIDE_BASE * high [count]: exact wherever the result fits. */
void wide_codes_add_sums(int32_t *sums, const int32_t *high, size_t count);

#endif
