#include "bench/peak.h"

#include "core/base/clock.h"
#include "core/kernel/kernel.h"

double peak_gops(double seconds)
{
    enum { ROUNDS = 1 << 17 }; /* beside them a look at the clock is nothing */
    peak_u8s8_fn peak = kernel_set_best()->peak_u8s8;
    double began = clock_cpu_seconds(), taken, products = 0;

    if (!peak)
        return 0;
    do {
        products += (double)peak(ROUNDS);
        taken = clock_cpu_seconds() - began;
    } while (taken < seconds);
    return 2e-9 * products / taken;
}
