/* lock.h - one calq at a time in a run directory. */
#ifndef CORE_FORMAT_LOCK_H
#define CORE_FORMAT_LOCK_H

#include "core/base/error.h"

/* Takes the lock file `path`, and writes into it who holds it since when. It is the process that
 * holds it, not the file: a lock whose process died is free.
 *
 *   lock  out, for lock_release()
 *
 * Returns 1 where the file system knows no locks: nothing keeps a second calq out then. Fails with
 * EXIT_MACHINE, and says who holds it. */
int lock_take(const char *path, int *lock, struct error *err);

/* Takes -1 too: no lock. The file stays. */
void lock_release(int lock);

#endif
