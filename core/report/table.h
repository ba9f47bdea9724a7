/* table.h - the results of a run as a table for people. */
#ifndef CORE_REPORT_TABLE_H
#define CORE_REPORT_TABLE_H

#include "core/format/result.h"

#include <stdio.h>

void table_print_head(FILE *out);

/* Prints one result and its warnings; before the first result of a model, that of its float
 * network. `previous` is the model of the line before, or NULL. */
void table_print_result(FILE *out, const struct result *result,
                        const struct config_model *previous);

/* Prints that there is no result of a case. */
void table_print_failure(FILE *out, const char *case_id);

#endif
