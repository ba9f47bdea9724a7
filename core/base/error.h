/* error.h - what went wrong, told once, where it is known. */
#ifndef CORE_BASE_ERROR_H
#define CORE_BASE_ERROR_H

/* Exit codes of the program; an error carries the one it should end the run with. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_INTERNAL = 1,        /* a broken promise between our own functions */
    EXIT_USAGE = 2,           /* the command line */
    EXIT_CONFIG = 3,          /* the configuration file */
    EXIT_INPUT = 4,           /* the model or the data */
    EXIT_TARGET_NOT_MET = 5,  /* the best result is saved */
    EXIT_VERIFY_MISMATCH = 6, /* an exported file computes something else */
    EXIT_SOME_FAILED = 7,     /* some cases of a sweep failed */
    EXIT_MACHINE = 8,         /* MPI, disk or memory */
    EXIT_STOPPED = 75         /* stopped on request; run again to continue */
};

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
