#include "tests/fuzz/runtime.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The inputs of a node as they are now; false where one is not there yet. */
static bool collect(const struct graph *graph, const struct node *node,
                    struct array *const *now, const struct array **inputs)
{
    for (int i = 0; i < node->input_count; i++) {
        int value = node->inputs[i];

        inputs[i] = NULL;
        if (value < 0)
            continue;
        inputs[i] = graph->values[value].constant;
        if (!inputs[i] && now)
            inputs[i] = now[value];
        if (!inputs[i])
            return false;
    }
    return true;
}

void runtime_fold(struct graph *graph)
{
    struct trial trial = {.opset = graph->opset};

    for (int i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        const struct array *inputs[NODE_INPUTS_MAX];

        if (node->output != graph->output && collect(graph, node, NULL, inputs))
            graph->values[node->output].constant =
                operator_find(node->op)(&trial, node, inputs);
    }
}

/* Numbers that a float does not hold: nobody knows what becomes of an infinity less another. An error is that
 * of all that was added up, which may be much more than what is left of it. */
static bool overflows(const struct array *array, double unit)
{
    for (size_t i = 0; i < array->count; i++)
        if (isfinite(array->values[i]) && (fabs(array->values[i]) > most_of_float ||
                                           array->errors[i] / unit > most_of_float))
            return true;
    return false;
}

static void run_node(const struct graph *graph, struct trial *trial, int index,
                     struct array **now, const struct change *change)
{
    const struct node *node = &graph->nodes[index];
    const struct array *inputs[NODE_INPUTS_MAX];
    struct array *result = NULL;

    if (!collect(graph, node, now, inputs))
        give_up("an input is missing of", node->op);
    if (change)
        result = change->compute(change->context, trial, index, inputs);
    if (!result)
        result = operator_find(node->op)(trial, node, inputs);
    trial->is_near |= overflows(result, trial->unit);
    now[node->output] = result;
    if (change)
        change->treat(change->context, trial, node->output, result);
}

struct array *runtime_run(const struct graph *graph, struct trial *trial,
                          const struct array *sample, const struct change *change)
{
    struct array **now =
        memory_zeroed((size_t)graph->value_count, sizeof(struct array *));
    struct array *result;

    now[graph->input] = array_copy(sample);
    if (change)
        change->treat(change->context, trial, graph->input, now[graph->input]);
    for (int i = 0; i <= graph->values[graph->output].producer; i++)
        if (!graph->values[graph->nodes[i].output].constant)
            run_node(graph, trial, i, now, change);
    result = array_copy(now[graph->output]);
    for (int i = 0; i < graph->value_count; i++)
        array_destroy(now[i]);
    free(now);
    return result;
}
