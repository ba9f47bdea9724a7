/* journal.h - the answers that a case has got so far, in a file that only grows: its checkpoint.
 *
 * A search is deterministic. One that is run again asks the same questions, finds the answers to
 * the first of them here, and goes on where the journal ends, with the same digits.
 *
 * The file is a line of 16 bytes, "calq journal 5\n" and a zero, and then records:
 *
 *   payload bytes u32, kind u32, key 2 x u64, cost, payload, checksum u64
 *
 * in the byte order of the machine. The checksum is that of the record up to it, with its place in
 * the file as seed. The first record's payload is the identity of the case (identity.h), so the
 * file says in readable lines what it belongs to. A cost is a struct journal_cost as it stands in
 * memory. Journals of earlier versions are refused: version 1 has only seconds for a cost, the keys of version 2 know candidates by their steps alone, and the
 * costs of version 4 do not tell what was dropped.
 */
#ifndef CORE_FORMAT_JOURNAL_H
#define CORE_FORMAT_JOURNAL_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/network/executor_counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a record holds; written to the file, so the numbers stay. */
enum journal_kind {
    JOURNAL_IDENTITY = 1,
    JOURNAL_SCORE = 2,
    JOURNAL_CHECK = 3,
    JOURNAL_VALIDATION = 4,
    JOURNAL_STEP = 5,
    JOURNAL_MEASURE = 6,     /* the numbers of measures that were taken in one go */
    JOURNAL_FLOAT_SCORE = 8, /* of the network that is not quantized */
    JOURNAL_VALIDATION_TO_FLOAT = 11, /* with the metrics that need float logits */
    JOURNAL_DROPPED =
        12 /* of a candidate that was scored on some samples: struct journal_dropped */
};

/* A candidate that was found to be worse than its rival. */
struct journal_dropped {
    int64_t samples; /* on which it was judged; 0: it was not dropped */
    double excess;   /* of its loss over the rival's, there; > 0, may be infinite */
};

/* What an answer took. The CPU seconds are those of all ranks since the answer before, or since the case
 * was opened, so that those of all answers add up to what a run of calq took until the last one. */
struct journal_cost {
    double seconds, cpu_seconds;
    struct executor_counters scores; /* of candidates, see evaluator_score_counters() */
};

struct journal;

/* Opens the journal of the case `identity`, or makes it; its folder is there. Of a file whose end
 * is damaged, as after the death of a machine, the records before the damage are kept and the rest
 * is cut off. It is locked while it is open: see lock.h.
 *
 * Fails with EXIT_MACHINE when the file cannot be read or written or is no journal of this version, and
 * as identity_compare() does when it holds answers of another case. */
struct journal *journal_open(const char *path, const char *identity, struct error *err);

/* Syncs and closes. Takes NULL. Fails with EXIT_MACHINE. */
int journal_close(struct journal *journal, struct error *err);

/* Whether there could be such a journal: fails as journal_open() does, but changes nothing. A file
 * that is missing is fine. */
int journal_compare(const char *path, const char *identity, struct error *err);

/* Looks for an answer of `bytes` bytes.
 *
 *   answer  out, where it is there
 *   cost    out, where it is there: what it cost an earlier run. Where that was told before, or where it
 *           was added since the journal was opened, the seconds are negative, the CPU seconds zero,
 *           and all multiply-adds avoided.
 */
bool journal_find(struct journal *journal, const struct hash128 *key, void *answer,
                  size_t bytes, struct journal_cost *cost);

/* Adds an answer. A process that dies afterwards loses nothing; the file is synced every few
 * seconds, against the death of the machine. Fails with EXIT_MACHINE; the file ends with a whole
 * record then too. */
int journal_add(struct journal *journal, enum journal_kind kind,
                const struct hash128 *key, const void *answer, size_t bytes,
                const struct journal_cost *cost, struct error *err);

/* Syncs what was added. Fails with EXIT_MACHINE. */
int journal_sync(struct journal *journal, struct error *err);

/* Answers that were there when it was opened, and bytes that were cut off. */
size_t journal_answers(const struct journal *journal);
size_t journal_damage(const struct journal *journal);

#endif
