/* ticks.h - where the ticks of an axis stand, and how its numbers read. */
#ifndef CORE_REPORT_TICKS_H
#define CORE_REPORT_TICKS_H

#include <stdbool.h>

enum { TICKS_MOST = 24, TICK_TEXT_BYTES = 24 };

struct ticks {
    int count;
    double at[TICKS_MOST];
    int decimals; /* of linear ticks; -1: as %g has it */
};

/* Ticks at 1, 2 or 5 times a power of ten within [low, high], about so many. On a logarithmic axis, whose
 * ends are above zero, at powers of ten, or at 1, 2 and 5 times those; of a range below a factor of three at
 * linear ones. */
struct ticks ticks_of(double low, double high, bool is_log, int about);

/* A tick as people write it: "0.05", "1500", "2e-6". Returns `text`. */
const char *ticks_text(const struct ticks *ticks, double value,
                       char text[TICK_TEXT_BYTES]);

/* Moves the ends of a range outwards to the next tick; of an empty range makes one around it. */
void ticks_round_range(double *low, double *high, bool is_log);

#endif
