/* error.h - what went wrong, told once, where it is known. */
#ifndef CORE_BASE_ERROR_H
#define CORE_BASE_ERROR_H

/* Exit codes of the program; an error carries the one it should end the run with. What each of
 * them means to users is in exit_code_meaning(). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_INTERNAL = 1, /* a broken promise between our own functions */
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,
    EXIT_INPUT = 4,
    EXIT_VERIFY_MISMATCH = 6,
    EXIT_SOME_FAILED = 7,
    EXIT_MACHINE = 8,
    EXIT_STOPPED = 75
};

enum { EXIT_CODES_MOST = 256 };

/* In a few words; NULL: calq never ends with that. `calq help` and the README say these. */
const char *exit_code_meaning(enum exit_code code);

#define ERROR_TEXT_BYTES 4096

struct error {
    enum exit_code code;
    char text[ERROR_TEXT_BYTES]; /* a sentence or several lines; empty: no error yet */
};

/* Sets code and sentence (printf style, cut at the end of `text`). Always returns -1, so that a
 * failing function can end with `return error_set(...)`. */
int error_set(struct error *err, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the sentence that is there. Always returns -1. */
int error_prefix(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
