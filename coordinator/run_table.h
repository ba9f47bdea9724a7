/* run_table.h - the table of a run's results, which grows while cases get done. */
#ifndef COORDINATOR_RUN_TABLE_H
#define COORDINATOR_RUN_TABLE_H

#include "coordinator/ledger.h"

#include <stdio.h>

struct run_table {
    FILE *out;                        /* borrowed */
    bool has_head;                    /* the table has begun */
    int shown;                        /* cases whose lines stand in it */
    const struct config_model *model; /* of the last line */
};

/* Prints the lines that are known, of this run's cases: the table is in the order of the
 * configuration, so a case that is done waits for those before it. */
void run_table_show(struct run_table *table, const struct ledger *ledger);

#endif
