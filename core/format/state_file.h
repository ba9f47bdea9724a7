/* state_file.h - the state of a result, in the file `state` of its case's folder.
 *
 * The file is text: a line "calq state 1", the rows as state.h tells, and last a line
 * "checksum" with the 128-bit hash of everything before it, in hexadecimal digits.
 */
#ifndef CORE_FORMAT_STATE_FILE_H
#define CORE_FORMAT_STATE_FILE_H

#include "core/network/state.h"

/* Writes the file: complete or not at all. Fails with EXIT_MACHINE.
 *
 *   checksum  out: its last line's, by which result.json names the file */
int state_file_write(const struct state *state, const char *path,
                     char checksum[HASH_TEXT_BYTES], struct error *err);

/* Reads a file that state_file_write() has written with this checksum.
 *
 *   state  out, to be cleared whether or not this fails
 *
 * Fails with EXIT_INPUT where there is none, and where it is damaged, of another version or another
 * result. */
int state_file_read(const char *path, const char *checksum, struct state *state,
                    struct error *err);

/* Whether there is such a file; its rows are not read. */
bool state_file_is_whole(const char *path, const char *checksum);

#endif
