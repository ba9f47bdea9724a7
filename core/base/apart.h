/* apart.h - work in a process of its own, so that what ends that does not end this one.
 *
 * A library that crashes on bad input, or comes to no end, takes only the process apart with it.
 * Who asked is told how it ended; the next question meets a new process, which knows nothing of
 * earlier ones. Questions and answers are plain data; what has no fixed size lies in the room,
 * memory that both see.
 *
 * It is to be started early: a process with threads or with MPI had better not fork.
 */
#ifndef CORE_BASE_APART_H
#define CORE_BASE_APART_H

#include "core/base/error.h"

#include <stddef.h>

struct apart_work {
    size_t question_bytes, answer_bytes;
    /* Runs in the process apart. `answer` [answer_bytes] is zero before; `room` has as many bytes
     * as apart_room() was asked for. */
    void (*answer)(const void *question, void *room, void *answer);
    int cpu_seconds; /* an answer that takes more processor time is ended, by SIGPROF */
};

/* How a process apart ended. */
struct apart_end {
    int signal; /* 0: by itself */
    int code;   /* its exit code then */
};

struct apart; /* opaque */

/* Starts the process: without standard output, deaf to signals that tell to stop. It ends with
 * this one, however this one ends.
 *
 *   work    copied
 *   result  end it with apart_stop(); NULL on failure (EXIT_MACHINE)
 */
struct apart *apart_start(const struct apart_work *work, struct error *err);
void apart_stop(struct apart *apart); /* takes NULL */

/* The room, of at least so many bytes; what stands in it stays. It may move, and is borrowed until
 * the next call. NULL where there is no memory (EXIT_MACHINE). */
void *apart_room(struct apart *apart, size_t bytes, struct error *err);

/* Asks, and waits for the answer. Returns -1 where the process ended instead. */
int apart_ask(struct apart *apart, const void *question, void *answer,
              struct apart_end *end);

#endif
