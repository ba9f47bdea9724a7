#include "core/evaluate/paired.h"

#include "core/base/exact_sum.h"

#include <math.h>

/* Wide enough for squares: what is dropped, below 2^-600, are those of differences below 2^-300. */
static const struct exact_format format = {.lowest = -600, .limbs = PAIRED_LIMBS};

enum { DIFFERENCE_EXPONENT_MOST = 190 };
_Static_assert(-600 + EXACT_LIMB_BITS * (PAIRED_LIMBS - 1) >=
                   2 * DIFFERENCE_EXPONENT_MOST,
               "every square fits");

void paired_add(struct paired *paired, double loss, double rival)
{
    const double most = ldexp(1, DIFFERENCE_EXPONENT_MOST);
    double difference = loss - rival;

    if (isnan(difference))
        return;
    difference = fmax(-most, fmin(difference, most));
    paired->samples++;
    exact_sum_add(&format, paired->sum, difference);
    exact_sum_add(&format, paired->squares, difference * difference);
}

void paired_merge(struct paired *paired, const struct paired *other)
{
    paired->samples += other->samples;
    for (int limb = 0; limb < PAIRED_LIMBS; limb++) {
        paired->sum[limb] += other->sum[limb];
        paired->squares[limb] += other->squares[limb];
    }
}

double paired_sum(const struct paired *paired)
{
    return exact_sum_value(&format, paired->sum);
}

/* Of samples that are drawn without putting back the mean over all is known the better the fewer are left:
 * its variance is that of the mean over the drawn ones less that of a mean over all. */
bool paired_is_hopeless(const struct paired *paired, int64_t all, double errors)
{
    double count = (double)paired->samples, sum = paired_sum(paired), squares, variance;

    if (paired->samples < PAIRED_LEAST_SAMPLES || !(sum > 0))
        return false;
    squares = exact_sum_value(&format, paired->squares) - sum * sum / count;
    variance = fmax(squares, 0) / (count - 1) * (1 / count - 1 / (double)all);
    return sum / count > errors * sqrt(fmax(variance, 0));
}
