/* clock.h - how long things take. */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

/* Seconds since some fixed moment, and seconds of CPU that this process used. */
double clock_seconds(void);
double clock_cpu_seconds(void);

#endif
