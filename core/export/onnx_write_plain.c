/* Quantized weights that meet floats: floats themselves. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>

/* What the node of a layer reads: a recurrence shares it with the layer before. */
static int read_by_node(const struct network *network, const struct layer *layer)
{
    int tensor = layer->inputs[0];

    return layer_recurs(layer)
               ? network->layers[network->tensors[tensor].producer].inputs[0]
               : tensor;
}

bool onnx_is_plain(const struct onnx_calibrated *calibrated, const struct layer *layer)
{
    return layer_multiplies(layer) && !calibrated->with_integers &&
           calibrated->held[read_by_node(calibrated->network, layer)] < 0;
}

void onnx_place_plain_weights(const struct place *place,
                              const struct coded_weights *weights)
{
    size_t count = weights_per_output(place->layer->weights);
    size_t all = (size_t)place->layer->weights->outputs * count;
    float *values = memory_get(all * sizeof *values);

    for (size_t i = 0; i < all; i++)
        values[i] = coded_weights_value(weights, i, count);
    onnx_place_floats(place, values, "_rounded");
    free(values);
}
