#include "core/layer/layer_run.h"

#include "core/layer/layer_kind.h"

#include <assert.h>

static void clamp(const struct layer *layer, size_t count, float *values)
{
    if (layer_is_unclamped(layer))
        return;
    for (size_t i = 0; i < count; i++) {
        float v = values[i] > layer->low ? values[i] : layer->low;

        values[i] = v < layer->high ? v : layer->high;
    }
}

static bool codes_can_pass(const struct layer *layer)
{
    return layer_kind_of(layer)->pass && layer_is_unclamped(layer) &&
           (layer->kind != LAYER_REARRANGE || layer->rearrange.fill == 0);
}

bool layer_gives_codes(const struct layer *layer, bool from_codes,
                       const struct quantizer *quantizer)
{
    return quantizer || (from_codes && codes_can_pass(layer));
}

void layer_run_block(const struct layer_run *run, const struct value *const *inputs,
                     int samples, const struct quantizer *quantizer,
                     struct value *output, const struct scratch *scratch)
{
    const struct layer *layer = run->layer;
    const struct layer_kind_row *kind = layer_kind_of(layer);
    struct layer_task task = {.run = run,
                              .layer = layer,
                              .inputs = inputs,
                              .samples = samples,
                              .scratch = scratch,
                              .out = quantizer ? scratch->sums : output->data};
    size_t count = (size_t)samples * run->network->tensors[layer->output].count;

    assert(kind->run);
    if (!quantizer && value_is_codes(inputs[0]) && codes_can_pass(layer)) {
        value_become_codes_like(output, samples, inputs[0]);
        kind->pass(&task, output);
        return;
    }
    if (quantizer && kind->join && kind->join(&task, quantizer, output))
        return;
    kind->run(&task);
    clamp(layer, count, task.out);
    value_from_floats(task.out, samples, quantizer, output);
}
