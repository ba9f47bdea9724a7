/* progress.h - says how far long work is: redrawn lines on a terminal, a plain line now and then in a
 * log. */
#ifndef CORE_BASE_PROGRESS_H
#define CORE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct progress {
    FILE *out; /* borrowed */
    bool is_terminal;
    double interval; /* seconds between lines in a log */
    double shown;    /* when something was shown last */
    int open_lines;  /* so many redrawn lines stand on the terminal */
    void (*describe)(void *context, char *text, size_t bytes); /* NULL: it is told */
    void *context;
};

void progress_init(struct progress *progress, FILE *out);

/* Shows a line when it is time for one. Takes NULL. */
void progress_show(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* From now on the lines are what `describe` writes into the text, with a newline between two, and what is shown
 * only tells when. For lines that cost something, so they come once in two seconds at most. */
void progress_describe(struct progress *progress,
                       void (*describe)(void *context, char *text, size_t bytes),
                       void *context);

/* A bar of which a share is full, from 0 to 1: "[#####.....]". Returns `text`. */
enum { PROGRESS_BAR_BYTES = 32 };
const char *progress_bar(double share, char text[PROGRESS_BAR_BYTES]);

/* Wipes the redrawn lines, so that other output can follow. Takes NULL. */
void progress_clear(struct progress *progress);

#endif
