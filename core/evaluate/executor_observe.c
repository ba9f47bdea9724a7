#include "core/evaluate/executor_inside.h"

#include "core/base/memory.h"

/* ---- what is wanted --------------------------------------------------------------------------- */

static bool wants_tensor(const struct observer *observer, int tensor)
{
    return observer->wants[SEE_TENSOR][tensor] || observer->wants[SEE_ELEMENTS][tensor];
}

static void find_wanted(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, const struct observer *observer)
{
    const struct network *network = executor->network;

    executor_need_nothing(executor);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        executor->needed[tensor] = wants_tensor(observer, tensor);
    for (int layer = 0; layer < network->layer_count; layer++)
        if (observer->wants[SEE_PRODUCTS][layer])
            executor->needed[network->layers[layer].inputs[0]] = true;
    executor_need_inputs(executor, candidate, block);
}

/* ---- showing ---------------------------------------------------------------------------------- */

/* What a batch norm of the layer would see; the layer's input is at hand. */
static const float *products_of(struct executor *executor, const struct task *task)
{
    const struct layer_task work = executor_work_of(executor, task);

    return layer_kind_of(task->layer)->batchnorm_input(&work);
}

static void show_products(struct executor *executor, const struct task *task,
                          const struct observer *observer)
{
    if (observer->wants[SEE_PRODUCTS][task->index])
        observer->see(observer->context, SEE_PRODUCTS, task->index,
                      products_of(executor, task), (size_t)task->block->samples);
}

static void show_elements(const struct observer *observer, int tensor,
                          const float *values, size_t count)
{
    if (observer->wants[SEE_ELEMENTS][tensor])
        observer->see(observer->context, SEE_ELEMENTS, tensor, values, count);
}

/* A tensor at hand. */
static void show_tensor(struct executor *executor, int tensor, int samples,
                        const struct observer *observer)
{
    const float *values;

    if (!wants_tensor(observer, tensor))
        return;
    values =
        value_as_floats(&executor->current[tensor], samples, executor->scratch.sums);
    if (observer->wants[SEE_TENSOR][tensor])
        observer->see(observer->context, SEE_TENSOR, tensor, values, (size_t)samples);
    show_elements(observer, tensor, values,
                  (size_t)samples * executor->network->tensors[tensor].count);
}

/* ---- elements of what is kept ------------------------------------------------------------------ */

static bool is_read(const struct executor *executor, int tensor)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->layer_count; index++)
        for (int i = 0; i < network->layers[index].input_count; i++)
            if (network->layers[index].inputs[i] == tensor &&
                executor->needed[network->layers[index].output])
                return true;
    return false;
}

/* Whether nothing but some elements of the layer's output is wanted, which are made of what is kept. */
static bool ends_with_elements(const struct executor *executor, const struct task *task,
                               const struct observer *observer)
{
    int tensor = task->layer->output;

    return observer->wants[SEE_ELEMENTS][tensor] &&
           !observer->wants[SEE_TENSOR][tensor] &&
           !candidate_output(task->candidate, task->index) &&
           !candidate_rounded(task->candidate, tensor) &&
           task->candidate->keeps_unfinished[task->index] &&
           executor_has_unfinished(executor, task) &&
           !executor_is_valid(task->candidate, task->block, tensor) &&
           !is_read(executor, tensor);
}

/* Finishes sums some rows at a time, so few that their floats stay near until they are seen, and so many that
 * seeing them is worth it. */
static void show_rows(struct executor *executor, const struct task *task,
                      const struct conv_sums *sums, const struct observer *observer)
{
    enum { FLOATS_AT_ONCE = 1 << 15 };
    const struct layer_task work = executor_work_of(executor, task);
    int tensor = task->layer->output;
    const struct plane *plane = &executor->planes[tensor];
    size_t height = (size_t)plane->height;
    size_t elements = executor->network->tensors[tensor].count / height;
    size_t most = memory_larger(FLOATS_AT_ONCE / elements, 1);
    size_t end = height * (size_t)task->block->samples, kept = 0, rows;

    for (size_t row = 0; row < end; row += rows) {
        struct value floats = {.data = executor->scratch.sums + kept * elements,
                               .plane = plane};

        rows = height - row % height; /* of this sample */
        rows = rows < most - kept ? rows : most - kept;
        layer_kind_of(task->layer)->finish_rows(&work, sums, row, rows, &floats);
        kept += rows;
        if (kept == most || row + rows == end) {
            show_elements(observer, tensor, executor->scratch.sums, kept * elements);
            kept = 0;
        }
    }
}

static void show_unfinished(struct executor *executor, const struct task *task,
                            const struct observer *observer)
{
    const struct unfinished *kept = executor_keep_unfinished(executor, task);
    int tensor = task->layer->output;

    if (candidate_multiplies_codes(task->candidate, task->index))
        show_rows(executor, task, &(struct conv_sums){kept->values, kept->window_sums},
                  observer);
    else
        show_elements(observer, tensor, kept->values,
                      (size_t)task->block->samples *
                          executor->network->tensors[tensor].count);
}

/* ---- observing -------------------------------------------------------------------------------- */

static void show_inputs(struct executor *executor, const struct block *block,
                        const struct observer *observer)
{
    const struct network *network = executor->network;

    for (int input = 0; input < network->input_count; input++)
        show_tensor(executor, network->inputs[input], block->samples, observer);
}

void executor_observe(struct executor *executor, const struct candidate *candidate,
                      const struct block *block, const struct observer *observer)
{
    const struct network *network = executor->network;

    find_wanted(executor, candidate, block, observer);
    executor_load_inputs(executor, candidate, block);
    show_inputs(executor, block, observer);
    for (int index = 0; index < network->layer_count; index++) {
        const struct task task = {index, &network->layers[index], candidate, block};

        show_products(executor, &task, observer);
        if (!executor->needed[task.layer->output])
            continue;
        if (ends_with_elements(executor, &task, observer)) {
            show_unfinished(executor, &task, observer);
            continue;
        }
        executor_take_or_make(executor, candidate, block, index);
        show_tensor(executor, task.layer->output, block->samples, observer);
    }
}

/* ---- split channels --------------------------------------------------------------------------- */

static int check_splits(struct executor *executor, const struct task *task,
                        struct error *err)
{
    const struct layer *layer = task->layer;
    const struct value *multiplied =
        executor_run(executor, task->candidate, task->block, layer_multiplied(layer));
    const struct layer_task work = executor_work_of(executor, task);

    return layer_kind_of(layer)->check_splits(&work, multiplied, err);
}

int executor_check_splits(struct executor *executor, const struct candidate *candidate,
                          const struct block *block, struct error *err)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct task task = {index, &network->layers[index], candidate, block};
        int item = placement_of_weights(candidate->placement, index, 0);

        if (candidate_weights(candidate, index, 0) &&
            candidate->placement->items[item].wide.added > 0 &&
            check_splits(executor, &task, err) < 0)
            return -1;
    }
    return 0;
}
