#include "core/base/exact_sum.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANTISSA_BITS = 53, DIGITS_MOST = EXACT_LIMBS_MOST + 2 };

static const int64_t one_limb = INT64_C(1) << EXACT_LIMB_BITS;

bool exact_sum_holds(const struct exact_format *format, double value)
{
    return isfinite(value) &&
           fabs(value) <
               ldexp(1, format->lowest + EXACT_LIMB_BITS * (format->limbs - 1));
}

/* The mantissa in units of 2^lowest, where it begins below that. */
static double rounded_off(double mantissa, int shift)
{
    return shift < 0 ? rint(ldexp(mantissa, shift)) : mantissa;
}

void exact_sum_add(const struct exact_format *format, int64_t *limbs, double value)
{
    int exponent, shift;
    uint64_t mantissa;
    int64_t sign = value < 0 ? -1 : 1;
    int64_t *limb;

    assert(exact_sum_holds(format, value));
    value = ldexp(frexp(fabs(value), &exponent), MANTISSA_BITS);
    shift = exponent - MANTISSA_BITS - format->lowest;
    mantissa = (uint64_t)rounded_off(value, shift);
    if (mantissa == 0)
        return;
    shift = shift > 0 ? shift : 0;
    limb = limbs + shift / EXACT_LIMB_BITS;
    shift %= EXACT_LIMB_BITS;
    limb[0] += sign * (int64_t)((mantissa << shift) % (uint64_t)one_limb);
    mantissa >>= EXACT_LIMB_BITS - shift;
    for (int i = 1; mantissa > 0; i++, mantissa /= (uint64_t)one_limb)
        limb[i] += sign * (int64_t)(mantissa % (uint64_t)one_limb);
}

/* A sum as a sign and digits to the base 2^32, the lowest first. */
struct number {
    int sign;
    int lowest, end; /* digits that are not zero are from lowest to before end */
    uint32_t digits[DIGITS_MOST];
};

/* Returns what is carried beyond the limbs: of a sum below zero, negative. */
static int64_t carry(const int64_t *limbs, int count, int sign, uint32_t *digits)
{
    int64_t carried = 0;

    for (int i = 0; i < count; i++) {
        __int128 sum =
            (__int128)sign * limbs[i] + carried; /* limbs may come from a file */

        digits[i] = (uint32_t)sum;
        carried = (int64_t)((sum - (__int128)digits[i]) / one_limb);
    }
    return carried;
}

static struct number number_of(const struct exact_format *format, const int64_t *limbs)
{
    struct number number = {.sign = 1};
    int64_t carried = carry(limbs, format->limbs, 1, number.digits);

    if (carried < 0) {
        number.sign = -1;
        carried = carry(limbs, format->limbs, -1, number.digits);
    }
    number.digits[format->limbs] = (uint32_t)carried;
    number.end = format->limbs + 1;
    while (number.end > 0 && number.digits[number.end - 1] == 0)
        number.end--;
    while (number.lowest < number.end && number.digits[number.lowest] == 0)
        number.lowest++;
    return number;
}

static uint64_t digit(const struct number *number, int at)
{
    return at >= 0 ? number->digits[at] : 0;
}

double exact_sum_value(const struct exact_format *format, const int64_t *limbs)
{
    struct number number = number_of(format, limbs);
    int top = number.end - 1, shift;
    uint64_t high, low;

    if (number.end == 0)
        return 0;
    high = digit(&number, top) << EXACT_LIMB_BITS | digit(&number, top - 1);
    shift = __builtin_clzll(high);
    low = digit(&number, top - 2) << shift;
    high = high << shift | low >> EXACT_LIMB_BITS;
    if ((uint32_t)low != 0 || number.lowest < top - 2)
        high |=
            1; /* 64 bits are more than a double has: this tells on which side of a tie */
    return number.sign *
           ldexp((double)high, format->lowest + EXACT_LIMB_BITS * (top - 1) - shift);
}

int exact_sum_compare(const struct exact_format *format, const int64_t *left,
                      const int64_t *right)
{
    int64_t difference[EXACT_LIMBS_MOST];
    struct number number;

    for (int i = 0; i < format->limbs; i++)
        difference[i] = left[i] - right[i];
    number = number_of(format, difference);
    return number.end == 0 ? 0 : number.sign;
}

/* ---- as text ------------------------------------------------------------------------------ */

void exact_sum_text(const struct exact_format *format, const int64_t *limbs,
                    char text[EXACT_TEXT_MOST])
{
    struct number number = number_of(format, limbs);
    int at = 0;

    if (number.end == 0) {
        strcpy(text, "0x0p0");
        return;
    }
    at += sprintf(text, "%s0x", number.sign < 0 ? "-" : "");
    for (int i = number.end - 1; i >= number.lowest; i--)
        at += sprintf(text + at, i == number.end - 1 ? "%x" : "%08x",
                      (unsigned)number.digits[i]);
    sprintf(text + at, "p%d", format->lowest + EXACT_LIMB_BITS * number.lowest);
}

/* Hexadecimal digits [begin, end), the last of which belong to the limb `at`. */
static bool read_digits(const struct exact_format *format, const char *begin,
                        const char *end, int64_t sign, int at, int64_t *limbs)
{
    enum { DIGITS_A_LIMB = EXACT_LIMB_BITS / 4 };

    for (; end > begin; end -= DIGITS_A_LIMB, at++) {
        const char *from = end - begin > DIGITS_A_LIMB ? end - DIGITS_A_LIMB : begin;
        char digits[DIGITS_A_LIMB + 1] = {0};

        if (at >= format->limbs)
            return false;
        memcpy(digits, from, (size_t)(end - from));
        limbs[at] = sign * (int64_t)strtoull(digits, NULL, 16);
        if (from == begin)
            return true;
    }
    return false;
}

bool exact_sum_read(const struct exact_format *format, const char *text, int64_t *limbs)
{
    const int64_t sign = *text == '-' ? -1 : 1;
    const char *begin = text + (*text == '-') + 2;
    size_t count;
    char *end;
    long exponent;

    memset(limbs, 0, (size_t)format->limbs * sizeof *limbs);
    if (strcmp(text, "0x0p0") == 0)
        return true;
    if (strncmp(begin - 2, "0x", 2) != 0)
        return false;
    count = strspn(begin, "0123456789abcdef");
    if (count == 0 || begin[count] != 'p')
        return false;
    exponent = strtol(begin + count + 1, &end, 10);
    if (*end || end == begin + count + 1 || exponent < format->lowest ||
        exponent >= format->lowest + (long)format->limbs * EXACT_LIMB_BITS)
        return false;
    exponent -= format->lowest;
    if (exponent % EXACT_LIMB_BITS != 0)
        return false;
    return read_digits(format, begin, begin + count, sign,
                       (int)(exponent / EXACT_LIMB_BITS), limbs);
}
