/* layer_add.c - the sum of tensors of equal shape. */
#include "core/layer/join_codes.h"
#include "core/layer/layer_run.h"

#include <string.h>

static void run_add(const struct layer_task *task)
{
    size_t count = layer_task_elements(task, layer_task_output(task));

    memcpy(task->out, layer_task_floats(task, 0), count * sizeof *task->out);
    for (int input = 1; input < task->layer->input_count; input++) {
        const float *x = layer_task_floats(task, input);

        for (size_t i = 0; i < count; i++)
            task->out[i] += x[i];
    }
}

static bool adds_two_codes(const struct layer_task *task)
{
    return task->layer->input_count == 2 && value_is_codes(task->inputs[0]) &&
           value_is_codes(task->inputs[1]);
}

static bool make_sum(const struct layer_task *task, const struct quantizer *quantizer,
                     struct value *output)
{
    const struct kernel_set *kernels = task->run->setting->kernels;

    if (!quantizer || !adds_two_codes(task))
        return false;
    if (task->run->setting->placement->rounds_like_xnnpack)
        join_codes_add_by_shift(task->layer, task->inputs[0], task->inputs[1],
                                task->samples, quantizer, output);
    else if (task->rounds_like_kernel)
        join_codes_add_like_kernels(kernels, task->layer, task->inputs[0],
                                    task->inputs[1], task->samples, quantizer, output);
    else
        join_codes_add(kernels, task->layer, task->inputs[0], task->inputs[1],
                       task->samples, quantizer, output);
    return true;
}

const struct layer_kind_row layer_add = {
    .name = "add",
    .codes = CODES_MAKE,
    .macs = layer_kind_no_macs,
    .run = run_add,
    .make = make_sum,
    .is_nonnegative = layer_kind_as_inputs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
};
