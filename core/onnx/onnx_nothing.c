/* Operators that are nothing at inference. */
#include "core/onnx/onnx_operators.h"

static int read_identity(const struct onnx_node *node, struct error *err)
{
    return onnx_node_give_input(node, 0, err);
}

/* Whether it drops a share of what it is given, which is an input since it may train. */
static int drops_nothing(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *is_training;
    float ratio = 0.5f;

    if (onnx_node_constant(node, 2, &is_training, err) < 0)
        return -1;
    if (!is_training->is_integer || is_training->count != 1)
        return onnx_node_error(node, err, "training_mode must be a single truth value");
    if (!is_training->integers[0])
        return 0;
    if (onnx_node_has_input(node, 1) && onnx_node_scalar(node, 1, &ratio, err) < 0)
        return -1;
    return ratio == 0 ? 0
                      : onnx_node_error(node, err,
                                        "training_mode must be false, or its ratio 0");
}

static int read_dropout(const struct onnx_node *node, struct error *err)
{
    if (onnx_node_has_input(node, 2) && drops_nothing(node, err) < 0)
        return -1;
    return onnx_node_give_input(node, 0, err);
}

const struct onnx_operator onnx_dropout = {"Dropout", 3, ONNX_ON_BATCH, read_dropout,
                                           "ratio seed"};
const struct onnx_operator onnx_identity = {"Identity", 1, ONNX_ON_BATCH, read_identity,
                                            NULL};
