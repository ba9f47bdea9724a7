/* shared_answer.h - answers that cases of one run have in common: files <run>/shared/<key>.
 *
 * A case's journal is its own. What another case would measure with the same digits, as for another budget, is kept
 * here, too. A file that is damaged, or half of it, is as none. */
#ifndef COORDINATOR_METHODS_SHARED_ANSWER_H
#define COORDINATOR_METHODS_SHARED_ANSWER_H

#include "core/base/hash.h"

#include <stdbool.h>

/* Looks for an answer; `bytes` [count] and a zero behind them are the caller's. `folder` is that of the run; NULL: there
 * is none. */
bool shared_answer_read(const char *folder, const struct hash128 *key, char **bytes,
                        size_t *count);

/* Writes one, where that can be done: who does not find it measures again. */
void shared_answer_write(const char *folder, const struct hash128 *key,
                         const void *bytes, size_t count);

#endif
