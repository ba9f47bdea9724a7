/* A table whose rows are looked up, as integers. */
#include "core/export/onnx_write_parts.h"

void onnx_write_table(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      const struct layer *layer, const struct quantizer *quantizer)
{
    Onnx__NodeProto *node = edit->model->graph->node[layer->node];
    const struct place place = {
        .edit = edit, .layer = layer, .node = node, .last = node, .weights_input = 0};
    struct weight_rules rules = onnx_weight_rules(calibrated, layer);
    struct coded_weights weights;

    onnx_edit_name(node, layer->name);
    coded_weights_init(&weights, layer->weights, &rules, quantizer,
                       calibrated->narrowest);
    onnx_place_weights(&place, &weights);
    coded_weights_clear(&weights);
}
