#include "core/onnx/onnx_mask.h"

#include <math.h>
#include <string.h>

enum { STEPS_MOST = 8 };

static bool is_one_of(const char *op, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

static bool reads(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_input; i++)
        if (strcmp(node->input[i], name) == 0)
            return true;
    return false;
}

static bool is_output(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_output; i++)
        if (strcmp(graph->output[i]->name, name) == 0)
            return true;
    return false;
}

/* Whether all that reads a value is a Softmax, or hands it on to one. */
static bool ends_in_softmax(const Onnx__GraphProto *graph, const char *name, int steps)
{
    static const char *const ends[] = {"Softmax", "LogSoftmax"};
    static const char *const hands_on[] = {
        "Add",   "Cast",    "Flatten",   "Identity",  "Reshape", "Slice",
        "Where", "Squeeze", "Transpose", "Unsqueeze", "Dropout"};
    int readers = 0;

    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__NodeProto *node = graph->node[i];

        if (!reads(node, name))
            continue;
        readers++;
        if (is_one_of(node->op_type, ends, sizeof ends / sizeof *ends))
            continue;
        if (steps == 0 || node->n_output == 0 ||
            !is_one_of(node->op_type, hands_on, sizeof hands_on / sizeof *hands_on) ||
            !ends_in_softmax(graph, node->output[0], steps - 1))
            return false;
    }
    return readers > 0 && !is_output(graph, name);
}

bool onnx_mask_is_infinite(const struct onnx_constant *constant)
{
    for (size_t i = 0; i < constant->count; i++)
        if (isinf(constant->reals[i]))
            return true;
    return false;
}

int onnx_mask_check(const struct onnx_node *node, const struct onnx_constant *constant,
                    struct error *err)
{
    bool is_finite = true;

    if (constant->is_integer)
        return onnx_node_check_reals(node, constant, err);
    for (size_t i = 0; i < constant->count; i++) {
        if (isnan(constant->reals[i]))
            return onnx_node_check_reals(node, constant, err);
        is_finite = is_finite && isfinite(constant->reals[i]);
    }
    if (is_finite ||
        ends_in_softmax(node->graph->proto, node->proto->output[0], STEPS_MOST))
        return 0;
    return onnx_node_error(node, err,
                           "a value of \"%s\" is infinite, which calq takes only where "
                           "nothing but a Softmax follows",
                           constant->name);
}
