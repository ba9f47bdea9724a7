/* layer_concat.c - tensors joined along the channels. */
#include "core/layer/join_codes.h"
#include "core/layer/layer_run.h"

#include <string.h>

static void run_concat(const struct layer_task *task)
{
    size_t channels = (size_t)layer_task_output(task)->channels;
    size_t pixels = layer_task_elements(task, layer_task_output(task)) / channels;
    float *out = task->out;

    for (int input = 0; input < task->layer->input_count; input++) {
        size_t part = (size_t)layer_task_input(task, input)->channels;
        const float *x = layer_task_floats(task, input);

        for (size_t pixel = 0; pixel < pixels; pixel++)
            memcpy(out + pixel * channels, x + pixel * part, part * sizeof *x);
        out += part;
    }
}

static bool make_concat(const struct layer_task *task,
                        const struct quantizer *quantizer, struct value *output)
{
    size_t first = 0;

    if (!quantizer || !layer_is_unclamped(task->layer))
        return false;
    value_become_codes(output, task->samples, quantizer);
    for (int input = 0; input < task->layer->input_count; input++) {
        join_codes_put(task->inputs[input], task->samples, quantizer, first, output,
                       task->scratch->floats[0], (uint8_t *)task->scratch->sums);
        first += (size_t)layer_task_input(task, input)->channels;
    }
    return true;
}

const struct layer_kind_row layer_concat = {
    .name = "concat",
    .codes = CODES_PASS,
    .macs = layer_kind_no_macs,
    .run = run_concat,
    .make = make_concat,
    .is_nonnegative = layer_kind_as_inputs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
};
