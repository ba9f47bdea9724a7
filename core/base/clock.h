/* clock.h - how long things take. */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

/* Seconds since some fixed moment. */
double clock_seconds(void);

#endif
