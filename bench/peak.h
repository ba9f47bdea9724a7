/* peak.h - how fast this core can multiply at all. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "core/kernel/kernel.h"

/* GOPS (two operations a multiply-add) of products in registers, measured for about `seconds`; 0 where
 * `peak` is NULL. */
double peak_gops(peak_fn peak, double seconds);

#endif
