/* tables.h - tables whose rows are looked up, rounded as a result has it. */
#ifndef TESTS_FUZZ_TABLES_H
#define TESTS_FUZZ_TABLES_H

#include "tests/fuzz/layers.h"

/* The rounded table of each Gather of a constant by what is computed, [nodes]; NULL: the node is none, or its
 * table stays in float. */
struct array **tables_round(const struct graph *graph, const struct found *found,
                            struct trial *trial);
void tables_free(struct array **tables, const struct graph *graph);

#endif
