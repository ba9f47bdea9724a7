/* BatchNormalization: a scale and a shift of each channel, which remembers its statistics. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/onnx/onnx_affine.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_rows.h"

#include <math.h>

enum { GAMMA, BETA, MEAN, VARIANCE, BATCHNORM_INPUTS };

static int read_batchnorm_inputs(const struct onnx_node *node, int channels,
                                 const struct onnx_constant *inputs[BATCHNORM_INPUTS],
                                 struct error *err)
{
    for (int i = 0; i < BATCHNORM_INPUTS; i++) {
        if (onnx_node_reals(node, i + 1, &inputs[i], err) < 0)
            return -1;
        if (inputs[i]->count != (size_t)channels)
            return onnx_node_error(node, err, "\"%s\" has %zu values for %d channels",
                                   inputs[i]->name, inputs[i]->count, channels);
    }
    return 0;
}

static int check_batchnorm(const struct onnx_node *node, int input, float *epsilon,
                           struct error *err)
{
    int64_t is_training, is_spatial;

    if (onnx_attribute_integer(node, "training_mode", 0, &is_training, err) < 0 ||
        onnx_attribute_integer(node, "spatial", 1, &is_spatial, err) < 0 ||
        onnx_attribute_real(node, "epsilon", 1e-5f, epsilon, err) < 0)
        return -1;
    if (is_training || !is_spatial)
        return onnx_node_error(node, err,
                               "only the batch normalisation of inference, one mean a "
                               "channel, is supported");
    if (node->graph->network->tensors[input].rank < 1)
        return onnx_node_error(node, err, "its input must be [N, C] or [N, C, ...]");
    return 0;
}

/* Of [N * rows, C]: the channels are the last dimension of a sample, too. */
static int give_folded_rows(const struct onnx_node *node, int *input,
                            const struct onnx_shape *sample, struct error *err)
{
    if (node->batch.axis > 0 || sample->rank > onnx_batch_folds(&node->batch) + 1)
        return onnx_node_error(node, err,
                               "the batch of its input is folded with other dimensions "
                               "or not the first; only [N * rows, C] is supported");
    return sample->rank == 2 ? 0 : onnx_rows_give(node, input, err);
}

/* The tensor as rows or an image, which have the channels last; `sample` is its shape. */
static int give_channels_last(const struct onnx_node *node, int *input,
                              struct onnx_shape *sample, struct error *err)
{
    const struct tensor *tensor = &node->graph->network->tensors[*input];
    struct onnx_shape image = {.rank = 3, .dims = {tensor->dims[0], 1, 1}};

    *sample = onnx_shape_of_sample(tensor);
    if (!onnx_batch_is_plain(&node->batch))
        return give_folded_rows(node, input, sample, err);
    if (tensor->rank == 1 || tensor->rank == 3)
        return 0;
    image.dims[2] = (int64_t)(tensor->count / (size_t)tensor->dims[0]);
    return onnx_rows_give_as(node, input, &image, err);
}

static int read_batchnorm(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *inputs[BATCHNORM_INPUTS];
    float epsilon, *scale, *shift;
    struct onnx_shape sample;
    struct layer *layer;
    int input, given, channels;

    if (onnx_node_tensor(node, 0, &input, err) < 0 ||
        check_batchnorm(node, input, &epsilon, err) < 0)
        return -1;
    given = input;
    if (give_channels_last(node, &input, &sample, err) < 0)
        return -1;
    channels = node->graph->network->tensors[input].channels;
    if (read_batchnorm_inputs(node, channels, inputs, err) < 0 ||
        onnx_node_unfold(node, 4 * (size_t)channels, err) < 0)
        return -1;
    scale = memory_zeroed((size_t)channels, sizeof *scale);
    shift = memory_zeroed((size_t)channels, sizeof *shift);
    for (int i = 0; i < channels; i++) {
        double factor = (double)inputs[GAMMA]->reals[i] /
                        sqrt((double)inputs[VARIANCE]->reals[i] + (double)epsilon);

        scale[i] = (float)factor;
        shift[i] = (float)((double)inputs[BETA]->reals[i] -
                           (double)inputs[MEAN]->reals[i] * factor);
    }
    layer = onnx_affine_give(node, input, scale, shift, err);
    if (!layer)
        return -1;
    layer->batchnorm = batchnorm_create(channels, epsilon, inputs[MEAN]->reals,
                                        inputs[VARIANCE]->reals);
    layer->batchnorm->node = node->index;
    return input == given ? 0 : onnx_rows_give_back(node, &sample, err);
}

const struct onnx_operator onnx_batch_normalization = {
    "BatchNormalization", 5, ONNX_ON_ROWS, read_batchnorm,
    "epsilon momentum spatial training_mode"};
