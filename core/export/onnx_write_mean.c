/* Means over height and width, which ONNX Runtime knows in integers as pools alone. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool is_whole(const struct network *network, const struct layer *layer)
{
    const struct tensor *output = &network->tensors[layer->output];

    return layer->kind == LAYER_AVERAGE_POOL && output->height == 1 &&
           output->width == 1;
}

/* Rows in place of the images of one pixel that a pool gives: what reads them reads the rows'
 * codes. */
static void give_rows(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      int item, int after, const char *images)
{
    char *rows = onnx_edit_fresh_name(edit, images, "_rows");

    onnx_edit_read_instead(edit, images, rows);
    onnx_edit_add_node(edit, after, "Flatten", (const char *[]){images}, 1, rows);
    free(onnx_write_activation(edit, calibrated, item, rows, after, false));
    free(rows);
}

void onnx_write_mean(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     int index, const char *values)
{
    const struct network *network = calibrated->network;
    const struct layer *layer = &network->layers[index];
    int item = calibrated->placement->of_tensor[layer->output];
    Onnx__NodeProto *node = edit->model->graph->node[layer->node];

    if (!is_whole(network, layer) || strcmp(node->op_type, "ReduceMean") != 0 ||
        !choice_fills_8_bits(calibrated->choices, item) ||
        calibrated->held[layer->inputs[0]] < 0 || onnx_edit_is_output(edit, values))
        return;
    onnx_edit_name(node, layer->name);
    onnx_edit_set_operator(node, "GlobalAveragePool");
    onnx_edit_drop_attribute(node, "axes");
    onnx_edit_drop_attribute(node, "keepdims");
    onnx_edit_drop_attribute(node, "noop_with_empty_axes");
    onnx_edit_keep_inputs(edit, node, 1);
    if (network->tensors[layer->output].rank == 1)
        give_rows(edit, calibrated, item, layer->node, values);
}
