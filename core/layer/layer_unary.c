/* layer_unary.c - an operation of one operand, element by element; of codes, by a table of its results. */
#include "core/kernel/vector_clones.h"
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

/* ---- codes ---------------------------------------------------------------------------------- */

enum { CODES = UINT8_MAX + 1 };

/* What every stored code of the input becomes, clamped. */
static void fill_table(const struct layer_task *task, float *results)
{
    const struct value *input = task->inputs[0];
    float values[CODES];

    for (int code = 0; code < CODES; code++)
        values[code] = input->step * (float)(code - input->zero_code);
    row_of(task->layer)->compute(&task->layer->unary, values, CODES, results);
    layer_clamp(task->layer, CODES, results);
}

VECTOR_CLONES
static void look_up_floats(const float *restrict table, const uint8_t *restrict codes,
                           size_t count, float *restrict to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = table[codes[i]];
}

static void make_floats(const struct layer_task *task, const float *results,
                        size_t rows, size_t count, struct value *output)
{
    float *to = output->data;

    value_become_floats(output);
    for (size_t row = 0; row < rows; row++, to += count)
        look_up_floats(results, value_row(task->inputs[0], row), count, to);
}

static void make_codes(const struct layer_task *task, const float *results, size_t rows,
                       size_t count, const struct quantizer *quantizer,
                       struct value *output)
{
    look_up_u8_fn look_up = task->run->setting->kernels->look_up_u8;
    uint8_t table[CODES];

    quantizer_stored_codes(quantizer, results, CODES, table);
    value_become_codes(output, task->samples, quantizer);
    for (size_t row = 0; row < rows; row++)
        look_up(table, value_row(task->inputs[0], row), count, value_row(output, row));
}

/* Where a table has no more entries than there are elements. */
static bool make_by_table(const struct layer_task *task,
                          const struct quantizer *quantizer, struct value *output)
{
    const struct plane *plane = output->plane;
    size_t rows = (size_t)task->samples * (size_t)plane->height;
    size_t count = (size_t)plane->width * (size_t)plane->channels;
    float results[CODES];

    if (!value_is_codes(task->inputs[0]) || rows * count < CODES)
        return false;
    fill_table(task, results);
    if (quantizer)
        make_codes(task, results, rows, count, quantizer, output);
    else
        make_floats(task, results, rows, count, output);
    return true;
}

/* ---- what it is ----------------------------------------------------------------------------- */

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
    .make = make_by_table,
};
