#include "core/layer/layer_run.h"

#include <assert.h>

void layer_clamp(const struct layer *layer, size_t count, float *values)
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
    return layer_kind_of(layer)->pass && layer_passes_codes(layer);
}

bool layer_gives_codes(const struct layer *layer, bool from_codes,
                       const struct quantizer *quantizer)
{
    return quantizer || (from_codes && codes_can_pass(layer));
}

void layer_run_init(struct layer_run *run, const struct layer_setting *setting,
                    int layer)
{
    *run = (struct layer_run){.setting = setting,
                              .layer = &setting->network->layers[layer]};
    if (layer_kind_of(run->layer)->prepare)
        layer_kind_of(run->layer)->prepare(run);
}

void layer_run_clear(struct layer_run *run)
{
    if (layer_kind_of(run->layer)->release)
        layer_kind_of(run->layer)->release(run);
}

void layer_run_need(const struct layer_run *run, int samples,
                    struct scratch_sizes *sizes)
{
    if (layer_kind_of(run->layer)->need)
        layer_kind_of(run->layer)->need(run, samples, sizes);
}

void layer_run_block(struct layer_task *task, const struct quantizer *quantizer,
                     struct value *output)
{
    const struct layer *layer = task->layer;
    const struct layer_kind_row *kind = layer_kind_of(layer);

    task->out = quantizer ? task->scratch->sums : output->data;
    if (!quantizer && value_is_codes(task->inputs[0]) && codes_can_pass(layer)) {
        value_become_codes_like(output, task->samples, task->inputs[0]);
        kind->pass(task, output);
        return;
    }
    if (kind->make && kind->make(task, quantizer, output))
        return;
    assert(kind->run);
    kind->run(task);
    layer_clamp(layer, layer_task_elements(task, layer_task_output(task)), task->out);
    value_from_floats(task->out, task->samples, quantizer, output);
}

/* ---- tasks ---------------------------------------------------------------------------------- */

const struct tensor *layer_task_input(const struct layer_task *task, int input)
{
    return &task->run->setting->network->tensors[task->layer->inputs[input]];
}

const struct tensor *layer_task_output(const struct layer_task *task)
{
    return &task->run->setting->network->tensors[task->layer->output];
}

size_t layer_task_elements(const struct layer_task *task, const struct tensor *tensor)
{
    return (size_t)task->samples * tensor->count;
}

const float *layer_task_floats(const struct layer_task *task, int input)
{
    return value_as_floats(task->inputs[input], task->samples,
                           task->scratch->floats[0]);
}
