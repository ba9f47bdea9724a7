/* interrupt.h - remembers that this process was told to stop, so that it can do so where it is safe.
 *
 * SIGTERM, SIGUSR1 and SIGINT are remembered, the first of them; nothing else happens. A second
 * SIGINT ends the process at once. Other signals (SIGCONT, which batch systems send along) have
 * nothing to do with it.
 */
#ifndef CORE_BASE_INTERRUPT_H
#define CORE_BASE_INTERRUPT_H

/* From now on the signals are remembered. A SIGINT that is ignored stays so, as shells want it of
 * what runs in the background. */
void interrupt_catch(void);

/* The first signal that told to stop; 0: none yet. */
int interrupt_signal(void);

/* When it came, by clock_seconds(). */
double interrupt_moment(void);

/* "SIGTERM", or "signal 99" of one that is not caught here. */
#define INTERRUPT_NAME_BYTES 16
const char *interrupt_name(int signal, char name[INTERRUPT_NAME_BYTES]);

#endif
