/* Who alone reads a value, behind other names and moves that change nothing. */
#include "tests/fuzz/layers.h"

#include <string.h>

/* Operators that only move numbers. */
static bool moves(const struct node *node)
{
    static const char *const names[] = {
        "DepthToSpace", "Dropout", "Flatten",   "Identity", "Pad",
        "Reshape",      "Resize",  "Slice",     "Split",    "SpaceToDepth",
        "Squeeze",      "Tile",    "Transpose", "Unsqueeze"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->op, names[i]) == 0)
            return true;
    return false;
}

/* The numbers 1, 2, ... in the shape of a value. */
static struct array *numbered(const int *shape)
{
    int64_t dims[ARRAY_RANK_MAX];
    struct array *array;

    for (int i = 0; i < shape[0]; i++)
        dims[i] = shape[1 + i];
    array = array_create(ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, shape[0], dims);
    for (size_t i = 0; i < array->count; i++)
        array->values[i] = (double)i + 1;
    return array;
}

/* What a node makes of numbers. The shape that a Reshape is given may have been worked out from that of
 * its input, but what it gives is known. */
static struct array *moved(const struct layers *layers, const struct node *node,
                           const struct array *from)
{
    const struct graph *graph = layers->graph;
    struct trial trial = {.opset = graph->opset};
    const struct array *inputs[NODE_INPUTS_MAX] = {from};

    if (strcmp(node->op, "Reshape") == 0) {
        struct array *result = numbered(layers->shapes[node->output]);

        memcpy(result->values, from->values, from->count * sizeof *from->values);
        return result;
    }
    for (int i = 1; i < node->input_count; i++)
        inputs[i] =
            node->inputs[i] < 0 ? NULL : graph->values[node->inputs[i]].constant;
    return operator_find(node->op)(&trial, node, inputs);
}

/* Height, width and channels, the channels last, with which a layer sees a value; -1 beyond these. Of sequences the
 * batch, which is one sample, may be second. */
static void seen_as(const struct array *array, int64_t seen[4])
{
    int64_t rest = -1;

    for (int i = 1; array->rank > 4 && i < array->rank; i++)
        rest = rest * 31 - array->dims[i];
    seen[3] = rest;
    seen[0] = array->rank == 4 ? array->dims[2] : 1;
    seen[1] = array->rank == 4   ? array->dims[3]
              : array->rank == 3 ? array->dims[0] * array->dims[1]
                                 : 1;
    seen[2] = array->rank == 3 ? array->dims[2] : array->dims[1];
}

/* Number `index` in the order in which a layer sees a value. */
static double number_at(const struct array *array, size_t index)
{
    size_t channels = (size_t)array->dims[1];

    if (array->rank != 4)
        return array->values[index];
    return array
        ->values[index % channels * (array->count / channels) + index / channels];
}

static bool are_same(const struct array *left, const struct array *right)
{
    int64_t a[4], b[4];

    seen_as(left, a);
    seen_as(right, b);
    if (memcmp(a, b, sizeof a) != 0 || left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (number_at(left, i) != number_at(right, i))
            return false;
    return true;
}

static int sole_reader(const struct layers *layers, int value)
{
    int reader;

    return graph_readers(layers->graph, value, &reader) == 1 ? reader : -1;
}

/* The value behind moves after which all is as it was, and which nobody else reads; else `value`. */
static int behind_moves(const struct layers *layers, int value)
{
    struct array *first = numbered(layers->shapes[value]), *now = array_copy(first);
    int found = value;

    for (int at = value;;) {
        int reader = sole_reader(layers, at);
        const struct node *node = reader < 0 ? NULL : &layers->graph->nodes[reader];
        struct array *next;

        if (!node || node->inputs[0] != at || !moves(node))
            break;
        next = moved(layers, node, now);
        array_destroy(now);
        now = next;
        at = node->output;
        if (are_same(first, now))
            found = at;
    }
    array_destroy(first);
    array_destroy(now);
    return found;
}

int layers_only_reader(const struct layers *layers, int *value)
{
    *value = behind_moves(layers, *value);
    return sole_reader(layers, *value);
}
