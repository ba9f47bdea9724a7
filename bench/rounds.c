#include "bench/rounds.h"

#include "core/base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void series_add(struct series *series, double value)
{
    assert(series->count < ROUNDS_MOST);
    series->values[series->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double series_median(const struct series *series)
{
    double sorted[ROUNDS_MOST];

    assert(series->count > 0);
    memcpy(sorted, series->values, (size_t)series->count * sizeof *sorted);
    qsort(sorted, (size_t)series->count, sizeof *sorted, by_value);
    return sorted[series->count / 2];
}

double series_ratio(const struct series *a, const struct series *b)
{
    struct series ratios = {0};

    for (int round = 0; round < a->count && round < b->count; round++)
        series_add(&ratios, a->values[round] / b->values[round]);
    return series_median(&ratios);
}

double seconds_of_one(void (*work)(void *context), void *context, int times)
{
    double began = clock_cpu_seconds();

    for (int i = 0; i < times; i++)
        work(context);
    return (clock_cpu_seconds() - began) / times;
}

int times_in(void (*work)(void *context), void *context, double seconds)
{
    int times = 1;

    for (;;) {
        double taken = seconds_of_one(work, context, times) * times;

        if (taken >= seconds / 4 || times > 1 << 24)
            return taken > 0 ? (int)(times * seconds / taken) + 1 : times;
        times *= 2;
    }
}
