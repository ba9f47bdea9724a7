/* file_hint.h - what to do where a file is not there, or is not what it was taken for. */
#ifndef CORE_BASE_FILE_HINT_H
#define CORE_BASE_FILE_HINT_H

#include "core/base/error.h"

enum { FILE_HINT_BYTES = 512 };

/* For the end of a sentence that a path cannot be opened: "; did you mean train.h5?", a name beside it that
 * differs by a slip of the pen, that relative paths begin where calq was started, or that nothing is fetched;
 * "" where the file is there, or nothing helps. Returns `hint`. */
const char *file_hint_missing(const char *path, char hint[FILE_HINT_BYTES]);

/* Says that the path cannot be opened, by errno, and what that hint tells. Returns -1.
 *
 *   code  the exit code of the error */
int file_hint_refuse_to_open(const char *path, int code, struct error *err);

/* For the end of a sentence that a file is not of the kind that is wanted: "; it is a NumPy array: ...", by its
 * first bytes; "" where these are not known. Returns `hint`. */
const char *file_hint_kind(const char *path, char hint[FILE_HINT_BYTES]);

#endif
