#include "coordinator/search/rank_correlation.h"

#include <math.h>

/* The rank of a number less the mean of all ranks. */
static double rank_of(const double *numbers, int count, int at)
{
    double below = 0, equal = 0;

    for (int i = 0; i < count; i++) {
        below += numbers[i] < numbers[at];
        equal += numbers[i] == numbers[at];
    }
    return below + (equal - 1) / 2 - (double)(count - 1) / 2;
}

double rank_correlation(const double *left, const double *right, int count)
{
    double both = 0, of_left = 0, of_right = 0;

    for (int i = 0; i < count; i++) {
        double one = rank_of(left, count, i), other = rank_of(right, count, i);

        both += one * other;
        of_left += one * one;
        of_right += other * other;
    }
    return of_left > 0 && of_right > 0 ? both / sqrt(of_left * of_right) : NAN;
}
