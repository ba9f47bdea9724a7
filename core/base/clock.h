/* clock.h - how long things take. */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

/* Seconds since some fixed moment. */
double clock_seconds(void);

/* Seconds of CPU time that this thread has used: what other programs do does not count. */
double clock_cpu_seconds(void);

#endif
