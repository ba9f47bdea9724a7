/* progress.h - says how far long work is: one redrawn line on a terminal, a plain line now and
 * then in a log. */
#ifndef CORE_BASE_PROGRESS_H
#define CORE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct progress {
    FILE *out; /* borrowed */
    bool is_terminal;
    double interval;   /* seconds between lines in a log */
    double shown;      /* when something was shown last */
    bool line_is_open; /* a redrawn line stands on the terminal */
    void (*describe)(void *context, char *text, size_t bytes); /* NULL: it is told */
    void *context;
};

void progress_init(struct progress *progress, FILE *out);

/* Shows a line when it is time for one. Takes NULL. */
void progress_show(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* From now on the line is what `describe` writes into the text, and what is shown only tells when. For lines
 * that cost something, so there is one in two seconds at most. */
void progress_describe(struct progress *progress,
                       void (*describe)(void *context, char *text, size_t bytes),
                       void *context);

/* Wipes the redrawn line, so that other output can follow. Takes NULL. */
void progress_clear(struct progress *progress);

#endif
