/* peak.h - how fast this core can multiply codes at all. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

/* GOPS (two operations a multiply-add) of products in registers with the fastest kernel set of
 * this machine, measured for about `seconds`; 0 where it has no vectors. */
double peak_gops(double seconds);

#endif
