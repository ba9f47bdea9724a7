#include "core/onnx/onnx_affine.h"

#include <math.h>
#include <stdlib.h>

struct layer *onnx_affine_give(const struct onnx_node *node, int input, float *scale,
                               float *shift, struct error *err)
{
    int channels = node->graph->network->tensors[input].channels;
    struct layer *layer = NULL;
    bool is_finite = true;

    for (int i = 0; i < channels; i++)
        is_finite = is_finite && (!scale || isfinite(scale[i])) &&
                    (!shift || isfinite(shift[i]));
    if (is_finite)
        layer = onnx_node_give_same(node, LAYER_AFFINE, &input, 1, err);
    else
        onnx_node_error(node, err, "its scale or shift of a channel is not finite");
    if (!layer) {
        free(scale);
        free(shift);
        return NULL;
    }
    layer->affine = (struct affine){.scale = scale, .shift = shift};
    return layer;
}

int onnx_affine_give_clamp(const struct onnx_node *node, int input, float low,
                           float high, struct error *err)
{
    struct layer *layer;

    if (!(low <= high) || low == INFINITY || high == -INFINITY)
        return onnx_node_error(node, err, "nothing is between its limits %g and %g",
                               (double)low, (double)high);
    layer = onnx_node_give_same(node, LAYER_AFFINE, &input, 1, err);
    if (!layer)
        return -1;
    layer->low = low;
    layer->high = high;
    return 0;
}
