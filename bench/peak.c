#include "bench/peak.h"

#include "core/base/clock.h"

double peak_gops(peak_fn peak, double seconds)
{
    enum { ROUNDS = 1 << 17 }; /* beside them a look at the clock is nothing */
    double began = clock_cpu_seconds(), taken, products = 0;

    if (!peak)
        return 0;
    do {
        products += (double)peak(ROUNDS);
        taken = clock_cpu_seconds() - began;
    } while (taken < seconds);
    return 2e-9 * products / taken;
}
