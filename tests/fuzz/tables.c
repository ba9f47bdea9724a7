/* Tables of numbers as codes have them. */
#include "tests/fuzz/tables.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct array *table_of(const struct graph *graph, const struct node *node)
{
    if (strcmp(node->op, "Gather") != 0 || graph->values[node->output].constant)
        return NULL;
    return graph->values[node->inputs[0]].constant;
}

/* Rows are outputs of weights; nothing is put right of them. */
static struct array *round_table(const struct array *table, const char *name,
                                 const struct found *found, struct trial *trial)
{
    struct layer_of_sums one = {.weight_name = name,
                                .is_table = true,
                                .outputs = (int)table->dims[0],
                                .weights = array_copy(table)};

    layer_round(&one, found, trial);
    array_destroy(one.weights);
    free(one.magnitudes);
    return one.rounded;
}

struct array **tables_round(const struct graph *graph, const struct found *found,
                            struct trial *trial)
{
    struct array **tables = memory_zeroed((size_t)graph->node_count, sizeof *tables);

    for (int i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        const struct array *table = table_of(graph, node);

        if (table)
            tables[i] =
                round_table(table, graph->values[node->inputs[0]].name, found, trial);
    }
    return tables;
}

void tables_free(struct array **tables, const struct graph *graph)
{
    for (int i = 0; i < graph->node_count; i++)
        array_destroy(tables[i]);
    free(tables);
}
