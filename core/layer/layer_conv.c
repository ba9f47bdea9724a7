/* layer_conv.c - convolutions and fully connected layers; conv_run.h runs them. */
#include "core/base/memory.h"
#include "core/layer/conv_integer.h"
#include "core/layer/layer_run.h"
#include "core/layer/split_check.h"
#include "core/layer/weight_ratios.h"

#include <stdlib.h>

/* ---- running -------------------------------------------------------------------------------- */

static void prepare(struct layer_run *run)
{
    const struct layer_setting *setting = run->setting;
    const struct placement *placement = setting->placement;
    int item = placement_of_weights(placement,
                                    (int)(run->layer - setting->network->layers), 0);
    const struct weight_rules rules = placement_weight_rules(
        item < 0 ? NULL : &placement->items[item], &setting->rules);

    run->own = memory_get(sizeof(struct conv_run));
    conv_run_init(run->own, setting->kernels, run->layer,
                  &setting->planes[run->layer->inputs[0]], &rules);
}

static void release(struct layer_run *run)
{
    conv_run_clear(run->own);
    free(run->own);
}

static void need(const struct layer_run *run, int samples, struct scratch_sizes *sizes)
{
    conv_run_sizes(run->own, samples, sizes);
}

static struct conv_run *run_of(const struct layer_task *task)
{
    struct conv_run *run = task->run->own;

    conv_run_round_like_kernel(run, task->rounds_like_kernel);
    return run;
}

static const struct value *residual_of(const struct layer_task *task)
{
    return task->layer->conv.has_residual ? task->inputs[1] : NULL;
}

static bool make(const struct layer_task *task, const struct quantizer *quantizer,
                 struct value *output)
{
    conv_run_block(run_of(task), task->weights[0], task->inputs[0], residual_of(task),
                   task->samples, quantizer, output, task->scratch);
    return true;
}

static void multiply(const struct layer_task *task, const struct conv_sums *sums)
{
    conv_integer_multiply(task->run->own, task->weights[0], task->inputs[0],
                          task->samples, sums, task->scratch);
}

static void finish(const struct layer_task *task, const struct conv_sums *sums,
                   const struct quantizer *quantizer, struct value *output)
{
    conv_integer_finish(run_of(task), task->weights[0], task->inputs[0],
                        residual_of(task), task->samples, sums, quantizer, output);
}

static void finish_rows(const struct layer_task *task, const struct conv_sums *sums,
                        size_t first, size_t rows, struct value *output)
{
    conv_integer_finish_rows(run_of(task), task->weights[0], task->inputs[0],
                             residual_of(task), sums, first, rows, output);
}

static const float *batchnorm_input(const struct layer_task *task)
{
    conv_run_products(run_of(task), task->weights[0], task->inputs[0], task->samples,
                      task->scratch->sums, task->scratch);
    return task->scratch->sums;
}

static int check_splits(const struct layer_task *task, const struct value *multiplied,
                        struct error *err)
{
    return split_check(task->run->own, task->weights[0], multiplied, task->samples,
                       task->scratch, err);
}

/* ---- what it is ----------------------------------------------------------------------------- */

static const char *variant(const struct layer *layer)
{
    const struct weights *weights = layer->weights;

    if (weights->groups > 1)
        return weights->inputs == 1 ? "depthwise" : "grouped conv";
    return weights->window == 1 ? "1x1 conv or fc" : "conv";
}

static size_t macs(const struct layer *layer, size_t outputs)
{
    return outputs * weights_per_output(layer->weights);
}

static void clear(struct layer *layer)
{
    free(layer->conv.scale);
    free(layer->conv.shift);
    free(layer->conv.bare_shift);
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return ours->conv.has_residual == theirs->conv.has_residual;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct conv *a = &ours->conv, *b = &theirs->conv;
    size_t channels = (size_t)ours->weights->outputs;

    (void)network;
    return layer_kind_same_floats(a->scale, b->scale, channels) &&
                   layer_kind_same_floats(a->shift, b->shift, channels)
               ? NULL
               : "bias or batch norm";
}

const struct layer_kind_row layer_conv = {
    .name = "conv",
    .variant = variant,
    .codes = CODES_MULTIPLY,
    .is_nonnegative = layer_kind_any_sign, /* whatever its weights are */
    .macs = macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .make = make,
    .multiply = multiply,
    .finish = finish,
    .finish_rows = finish_rows,
    .batchnorm_input = batchnorm_input,
    .check_splits = check_splits,
    .prepare = prepare,
    .release = release,
    .need = need,
    .clear = clear,
};
