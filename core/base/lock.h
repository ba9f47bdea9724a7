/* lock.h - one calq at a time in a run directory, or several that have agreed on their parts.
 *
 * All of these hold flock()s: it is the process that holds a lock, not the file, so one whose process
 * died is free. They try for half a second before they give up. */
#ifndef CORE_BASE_LOCK_H
#define CORE_BASE_LOCK_H

#include "core/base/error.h"

#include <stdbool.h>

/* Takes the lock file `path`, and writes into it who holds it since when.
 *
 *   lock  out, for lock_release()
 *
 * Returns 1 where the file system knows no locks: nothing keeps a second calq out then. Fails with
 * EXIT_MACHINE, and says who holds it. */
int lock_take(const char *path, int *lock, struct error *err);

/* Takes the lock file beside others of the same `group`, e.g. "a run in 4 parts", and of no other:
 * as lock_take() otherwise. */
int lock_join(const char *path, const char *group, int *lock, struct error *err);

/* Waits until the lock file is free, for work that others end soon; as lock_take() otherwise. */
int lock_wait(const char *path, int *lock, struct error *err);

/* Takes the lock of an open file, whose content stays. Closing the file gives it back. Returns as
 * lock_take() does. */
int lock_file(int file, const char *path, struct error *err);

/* Whether somebody holds the lock of a file now; false where it cannot be told. */
bool lock_is_held(const char *path);

/* Takes -1 too: no lock. The file stays. */
void lock_release(int lock);

#endif
