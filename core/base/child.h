/* child.h - runs another program and takes what it prints. */
#ifndef CORE_BASE_CHILD_H
#define CORE_BASE_CHILD_H

#include <stdbool.h>

enum { CHILD_OUTPUT_BYTES = 16384 };

struct child {
    bool is_there;                   /* the program was found */
    bool is_late;                    /* it was ended after so many seconds */
    int code, signal;                /* how it ended; signal 0: by itself */
    char output[CHILD_OUTPUT_BYTES]; /* both outputs, as much as fits */
};

/* Runs a program as the shell finds it, with an empty input, and waits for its end.
 *
 *   arguments  the program's name first; ends with NULL
 *   seconds    then it is killed, and all that it started in its group
 */
void child_run(const char *const *arguments, double seconds, struct child *child);

/* Whether it ended by itself with exit code 0. */
bool child_is_well(const struct child *child);

#endif
