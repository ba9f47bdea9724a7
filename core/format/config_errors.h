/* config_errors.h - every error of a configuration, collected and told together. */
#ifndef CORE_FORMAT_CONFIG_ERRORS_H
#define CORE_FORMAT_CONFIG_ERRORS_H

#include "core/base/error.h"

#include <stddef.h>

/* Where something was written: in the file, or in the override number `source - 1`. */
struct config_place {
    int source; /* 0: the file */
    int line;   /* from 1, as is the column */
    int column;
};

struct config_named;

struct config_errors {
    const char *path;                 /* borrowed */
    const char *const *overrides;     /* borrowed */
    const struct config_named *named; /* what may be named; borrowed */
    struct config_error *errors;      /* owned */
    size_t count;
    size_t room;
};

void config_errors_clear(struct config_errors *errors);

/* Adds a sentence about a place. */
void config_errors_add(struct config_errors *errors, struct config_place place,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts all errors into `err`, sorted by place, one a line, as "path:line:column:
 * sentence" or
 * "--set a.b=c: sentence", each once; those that do not fit are counted in the last line.
 * Gives 0 when there are none, else -1. */
int config_errors_report(const struct config_errors *errors, struct error *err);

/* A text from outside, fit for a sentence: short, in one line, in quotes. */
enum { CONFIG_QUOTED_BYTES = 64 };
const char *config_quoted(const char *text, char quoted[CONFIG_QUOTED_BYTES]);

/* The word of words [count] that is nearest to `text`, if it is near enough to be a
 * slip of the pen; else NULL. */
const char *config_nearest(const char *text, const char *const *words, size_t count);

#endif
