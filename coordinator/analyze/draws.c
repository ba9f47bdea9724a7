#include "coordinator/analyze/draws.h"

#include <math.h>

/* The 97.5th percentile of Student's t by degrees of freedom, 1 to 30; beyond, its expansion at infinity is right to
 * the digits that stand here (Abramowitz and Stegun 26.7.5). */
static double student_t(int freedom)
{
    static const double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469,
                                   2.3646,  2.3060, 2.2622, 2.2281, 2.2010, 2.1788,
                                   2.1604,  2.1448, 2.1314, 2.1199, 2.1098, 2.1009,
                                   2.0930,  2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
                                   2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
    const double normal = 1.959964;

    if (freedom <= (int)(sizeof table / sizeof *table))
        return table[freedom - 1];
    return normal + (pow(normal, 3) + normal) / (4 * freedom) +
           (5 * pow(normal, 5) + 16 * pow(normal, 3) + 3 * normal) /
               (96.0 * freedom * freedom);
}

struct draws_mean draws_mean_of(const double *values, int count)
{
    double mean = 0, squares = 0, half;

    for (int i = 0; i < count; i++)
        mean += values[i] / count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    if (count < 2)
        return (struct draws_mean){mean, NAN, NAN};
    half = student_t(count - 1) * sqrt(squares / (count - 1) / count);
    return (struct draws_mean){mean, mean - half, mean + half};
}
