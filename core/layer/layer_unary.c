/* layer_unary.c - an operation of one operand, element by element. */
#include "core/layer/layer_run.h"
#include "core/layer/unary_operation.h"

static const struct unary_operation_row *row_of(const struct layer *layer)
{
    return unary_operation_of(layer->unary.operation);
}

static void run_unary(const struct layer_task *task)
{
    row_of(task->layer)
        ->compute(&task->layer->unary, layer_task_floats(task, 0),
                  layer_task_elements(task, layer_task_output(task)), task->out);
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    return row_of(layer)->is_nonnegative(&layer->unary, inputs_are);
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return ours->unary.operation == theirs->unary.operation;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct unary *a = &ours->unary, *b = &theirs->unary;

    (void)network;
    return a->alpha == b->alpha && a->beta == b->beta ? NULL : row_of(ours)->constants;
}

static const char *variant(const struct layer *layer)
{
    return row_of(layer)->name;
}

const struct layer_kind_row layer_unary = {
    .name = "unary",
    .variant = variant,
    .codes = CODES_END,
    .is_nonnegative = is_nonnegative,
    .macs = layer_kind_no_macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .run = run_unary,
};
