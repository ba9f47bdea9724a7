#include "core/onnx/onnx_order.h"

#include "core/base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct made {
    const char *name; /* borrowed */
    size_t node;
};

enum mark { NOT_SEEN, WAITS, PLACED };

struct ordering {
    Onnx__GraphProto *graph;
    struct made *made; /* [made_count] sorted by name; owned */
    size_t made_count;
    enum mark *marks;        /* [nodes] owned */
    Onnx__NodeProto **nodes; /* [placed] in their new order; owned */
    size_t placed;
    struct waiting {
        size_t node, input; /* inputs before this one are looked at */
    } * stack;              /* [nodes] each waits for the next one; owned */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct made *)a)->name, ((const struct made *)b)->name);
}

static void list_what_is_made(struct ordering *ordering)
{
    const Onnx__GraphProto *graph = ordering->graph;
    size_t most = 1;

    for (size_t i = 0; i < graph->n_node; i++)
        most += graph->node[i]->n_output;
    ordering->made = memory_get(most * sizeof *ordering->made);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_output; k++)
            ordering->made[ordering->made_count++] =
                (struct made){graph->node[i]->output[k], i};
    qsort(ordering->made, ordering->made_count, sizeof *ordering->made, by_name);
}

/* A node that has to come before another and is not placed; false: none is left. */
static bool find_missing(const struct ordering *ordering, struct waiting *waiting,
                         size_t *missing)
{
    const Onnx__NodeProto *proto = ordering->graph->node[waiting->node];

    while (waiting->input < proto->n_input) {
        const char *name = proto->input[waiting->input++];
        const struct made *made =
            bsearch(&(struct made){.name = name}, ordering->made, ordering->made_count,
                    sizeof *ordering->made, by_name);

        if (*name && made && ordering->marks[made->node] == NOT_SEEN) {
            *missing = made->node;
            return true;
        }
    }
    return false;
}

static void place(struct ordering *ordering, size_t first)
{
    size_t depth = 0;

    if (ordering->marks[first] != NOT_SEEN)
        return;
    ordering->stack[depth++] = (struct waiting){first, 0};
    while (depth > 0) {
        struct waiting *waiting = &ordering->stack[depth - 1];
        size_t node = waiting->node, missing;

        ordering->marks[node] = WAITS;
        if (find_missing(ordering, waiting, &missing)) {
            ordering->stack[depth++] = (struct waiting){missing, 0};
            continue;
        }
        ordering->marks[node] = PLACED;
        ordering->nodes[ordering->placed++] = ordering->graph->node[node];
        depth--;
    }
}

void onnx_order_nodes(Onnx__GraphProto *graph)
{
    struct ordering ordering = {
        .graph = graph,
        .marks = memory_zeroed(graph->n_node, sizeof *ordering.marks),
        .nodes = memory_get(graph->n_node * sizeof *ordering.nodes),
        .stack = memory_get(graph->n_node * sizeof *ordering.stack),
    };

    list_what_is_made(&ordering);
    for (size_t node = 0; node < graph->n_node; node++)
        place(&ordering, node);
    if (graph->n_node > 0)
        memcpy(graph->node, ordering.nodes, graph->n_node * sizeof *graph->node);
    free(ordering.made);
    free(ordering.marks);
    free(ordering.nodes);
    free(ordering.stack);
}
