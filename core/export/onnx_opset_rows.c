#include "core/export/onnx_opset_rows.h"

#include "core/base/memory.h"
#include "core/export/onnx_opset.h"

#include <stdlib.h>
#include <string.h>

/* Softmax went along all dimensions from its axis on before opset 13, along one since. */
static int keep_softmax(struct onnx_edit *edit, const struct layer *layer, int wanted,
                        struct error *err)
{
    if (layer->softmax.axis < 0)
        return error_set(err, EXIT_INPUT,
                         "node \"%s\" goes along several dimensions, which a Softmax "
                         "of opset %d cannot, and codes need that opset; write it "
                         "with Flatten and Reshape around it",
                         layer->name, wanted);
    onnx_edit_set_integer(edit->model->graph->node[layer->node], "axis",
                          layer->softmax.axis);
    return 0;
}

/* The node reads other values as an input, one a channel. */
static void read_channels(struct onnx_edit *edit, Onnx__NodeProto *node, size_t input,
                          const char *suffix, const float *values, size_t count)
{
    char *old = memory_text(node->input[input]);
    char *name = onnx_edit_fresh_name(edit, node->output[0], suffix);
    int64_t channels = (int64_t)count;

    onnx_edit_add_floats(edit, name, &channels, 1, values);
    onnx_edit_set_input(node, input, name);
    onnx_edit_drop_unread(edit, old);
    free(old);
    free(name);
}

/* GroupNormalization had a scale a group before opset 21, one a channel since. */
static int keep_norm(struct onnx_edit *edit, const struct layer *layer, int wanted,
                     struct error *err)
{
    Onnx__NodeProto *node = edit->model->graph->node[layer->node];
    const struct norm *norm = &layer->norm;

    (void)wanted;
    (void)err;
    if (strcmp(node->op_type, "GroupNormalization") != 0)
        return 0;
    read_channels(edit, node, 1, "_scale", norm->scale, norm->value_count);
    read_channels(edit, node, 2, "_shift", norm->shift, norm->value_count);
    return 0;
}

static const struct change {
    enum layer_kind kind;
    int since;
    int (*keep)(struct onnx_edit *edit, const struct layer *layer, int wanted,
                struct error *err);
} changes[] = {
    {LAYER_SOFTMAX, 13, keep_softmax},
    {LAYER_NORM, 21, keep_norm},
};

int onnx_opset_keep_rows(struct onnx_edit *edit, const struct network *network,
                         int wanted, struct error *err)
{
    int64_t opset = onnx_opset(edit->model);

    for (int index = 0; index < network->layer_count; index++)
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
            if (network->layers[index].kind == changes[i].kind &&
                opset < changes[i].since && wanted >= changes[i].since &&
                changes[i].keep(edit, &network->layers[index], wanted, err) < 0)
                return -1;
    return 0;
}
