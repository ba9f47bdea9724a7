/* run_compare.h - two results of the same case: what differs, and why. */
#ifndef CORE_REPORT_RUN_COMPARE_H
#define CORE_REPORT_RUN_COMPARE_H

#include "core/format/result.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether steps, state, losses and metrics are the same to the last bit. */
bool run_compare_is_same(const struct result *a, const struct result *b);

/* Prints a line where they are; else losses, how many steps differ and which does most, whose bits differ,
 * and what may be the reason: the lines of their identities that differ (files, settings), versions,
 * kernels, budgets. Both have been read from result.json.
 *
 *   names  what to call the two */
void run_compare_print(const struct result *a, const struct result *b,
                       const char *const names[2], FILE *out);

#endif
