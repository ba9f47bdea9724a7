#include "core/evaluate/block_times.h"

#include <math.h>

void block_times_add(struct block_times *times, double seconds)
{
    if (times->blocks++ == 0) {
        times->first = seconds;
        return;
    }
    times->seconds += seconds;
    times->squares += seconds * seconds;
}

double block_times_mean(const struct block_times *times)
{
    return times->blocks > 1 ? times->seconds / (double)(times->blocks - 1)
                             : times->first;
}

double block_times_spread(const struct block_times *times)
{
    double others = (double)times->blocks - 1;
    double mean = block_times_mean(times);

    if (times->blocks < 3)
        return 0;
    return sqrt(fmax(0, (times->squares - others * mean * mean) / (others - 1)));
}
