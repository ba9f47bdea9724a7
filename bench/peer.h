/* peer.h - another program that does the same work, to be measured beside ours.
 *
 * A peer answers line by line on its standard output: what it is asked to prepare with `ready
 * NAME`, `round R` with the CPU seconds of one of R executions, and what it cannot do with `error
 * SENTENCE`.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "core/base/error.h"

#include <stdbool.h>

struct peer;

/* Starts a program.
 *
 *   arguments  ends with NULL; the first is the program, looked up in PATH when it has no slash
 *
 * Fails with EXIT_MACHINE when it cannot be started. */
struct peer *peer_start(char *const *arguments, struct error *err);

/* Ends it. */
void peer_stop(struct peer *peer);

/* Sends a line (NULL: none) and waits for `ready NAME`; the name is borrowed until the next call.
 * Fails with the peer's own sentence. */
const char *peer_prepare(struct peer *peer, const char *line, struct error *err);

/* CPU seconds of one execution of what was prepared last, out of `times`. */
int peer_round(struct peer *peer, int times, double *seconds, struct error *err);

/* The path of a file of the peers: `below` the folder of the running program; `text` is of
 * PEER_PATH_BYTES. False when there is no such file. */
enum { PEER_PATH_BYTES = 4096 };
bool peer_path(const char *below, char *text);

#endif
