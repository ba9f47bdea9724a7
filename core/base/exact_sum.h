/* exact_sum.h - sums of doubles that nothing is rounded in, whoever adds what in which order.
 *
 * A sum is some 64-bit limbs: limb i counts units of 2^(lowest + 32 i). A double falls into at most
 * three of them, which take 2^31 doubles before the first could overflow. Sums merge by adding limb to
 * limb, so ranks can do so as well as any reduction.
 *
 * Source: Kulisch's long accumulator; limbs with room for carries as in Demmel and Hida 2003.
 */
#ifndef CORE_BASE_EXACT_SUM_H
#define CORE_BASE_EXACT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXACT_LIMB_BITS = 32, EXACT_LIMBS_MOST = 32 };

struct exact_format {
    int lowest; /* exponent of two of the first limb's unit */
    int limbs;  /* 3..EXACT_LIMBS_MOST */
};

/* Whether a finite value is small enough for the format. */
bool exact_sum_holds(const struct exact_format *format, double value);

/* Adds a value that the format holds; of its digits those below 2^lowest are rounded off. */
void exact_sum_add(const struct exact_format *format, int64_t *limbs, double value);

/* The double nearest to the sum; ties to even. */
double exact_sum_value(const struct exact_format *format, const int64_t *limbs);

/* Below zero, zero or above: as the left sum is below, equal to or above the right one. */
int exact_sum_compare(const struct exact_format *format, const int64_t *left,
                      const int64_t *right);

/* The whole sum as a hexadecimal number, such as 0x1c00000000p-64. */
enum { EXACT_TEXT_MOST = 24 + 8 * (EXACT_LIMBS_MOST + 2) };
void exact_sum_text(const struct exact_format *format, const int64_t *limbs,
                    char text[EXACT_TEXT_MOST]);

/* Reads what exact_sum_text() wrote; false, with limbs of zero, where it is something else. */
bool exact_sum_read(const struct exact_format *format, const char *text,
                    int64_t *limbs);

#endif
