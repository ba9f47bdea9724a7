#include "core/evaluate/gram_block.h"

#include "core/base/memory.h"
#include "core/evaluate/layer_gram.h"

#include <stdlib.h>

/* Targets [pixels, outputs] take what the residual lacks of that in float, in units of products. */
static void add_lost(const struct layer *layer, const float *in_float,
                     const float *residual, size_t pixels, float *targets)
{
    size_t outputs = (size_t)layer->weights->outputs;

    for (size_t i = 0; i < pixels * outputs; i++) {
        float scale = layer->conv.scale[i % outputs];

        if (scale != 0)
            targets[i] += (in_float[i] - residual[i]) / scale;
    }
}

void gram_block_add(const struct gram_block *block, const struct measure *measure,
                    int64_t *sums, double *maxima)
{
    const struct layer *layer = &block->network->layers[measure->subject];
    int residual =
        layer->conv.has_residual ? layer->inputs[layer->input_count - 1] : -1;
    size_t count =
        (size_t)block->block->samples * block->network->tensors[layer->output].count;
    float *targets = memory_get(count * sizeof *targets);
    float *in_float = memory_get((residual < 0 ? 1 : count) * sizeof *in_float);

    float_twin_see(block->twin, block->block, block->index, measure->subject, residual,
                   targets, in_float);
    if (residual >= 0)
        add_lost(layer, in_float,
                 executor_run_floats(block->executor, block->candidate, block->block,
                                     residual),
                 count / (size_t)layer->weights->outputs, targets);
    layer_gram_add(
        layer, block->kernels,
        executor_run(block->executor, block->candidate, block->block, layer->inputs[0]),
        measure->range.low, targets, measure->range.high, block->block->samples, sums,
        maxima);
    free(targets);
    free(in_float);
}
