/* layer_matmul.c - products of matrices that are both computed: attention. */
#include "core/base/memory.h"
#include "core/layer/layer_run.h"
#include "core/layer/matmul_integer.h"
#include "core/network/matmul.h"

#include <math.h>
#include <stdlib.h>

struct matmul_run {
    struct matmul_plan floats, codes;
};

/* ---- floats --------------------------------------------------------------------------------- */

/* A matrix of floats. */
struct matrix {
    const float *values;
    ptrdiff_t stride; /* from one row to the next */
};

/* From one row of a matrix to the next. */
static int row_stride(const struct matmul_side *side)
{
    return side->rows == 1 ? side->columns : (int)side->row;
}

/* Where it is, or copied to `room`, row after row. */
static struct matrix matrix_of(const struct matmul_side *side, const float *values,
                               float *room)
{
    if (matmul_side_has_rows(side))
        return (struct matrix){values, row_stride(side)};
    for (int row = 0; row < side->rows; row++)
        for (int column = 0; column < side->columns; column++)
            room[row * side->columns + column] =
                values[row * side->row + column * side->column];
    return (struct matrix){room, side->columns};
}

static void put_matrix(const struct matmul_side *side, const float *from, float *to)
{
    for (int row = 0; row < side->rows; row++)
        for (int column = 0; column < side->columns; column++)
            to[row * side->row + column * side->column] = *from++;
}

/* The right side as the kernels multiply it. */
static void pack_right(const struct matmul_side *side, const float *values,
                       float *packed)
{
    for (int row = 0; row < side->rows; row++)
        for (int column = 0; column < side->columns; column++)
            packed[conv_f32_at(side->rows, column, row)] =
                values[row * side->row + column * side->column];
}

/* product [rows, columns], `stride` from one row to the next. */
static void multiply_packed(const struct matmul_plan *plan,
                            const struct kernel_set *kernels, struct matrix left,
                            const float *packed, int stride, float *product)
{
    static const int32_t no_offset = 0;

    kernels->conv_f32(&(struct conv_f32){
        .input = left.values,
        .windows = {.column = left.stride},
        .samples = 1,
        .rows = 1,
        .columns = plan->output.rows,
        .run_offsets = &no_offset,
        .runs = 1,
        .run_length = plan->left.columns,
        .weights = packed,
        .channels = plan->output.columns,
        .epilogue = {.low = -INFINITY,
                     .high = INFINITY,
                     .out_f32 = product,
                     .out = {.column = stride}},
    });
}

static size_t packed_count(const struct matmul_plan *plan)
{
    return conv_f32_packed_count(plan->right.columns, plan->right.rows);
}

static void multiply_floats(const struct matmul_plan *plan,
                            const struct kernel_set *kernels, const float *left,
                            const float *right, float *room, float *out)
{
    const struct matmul_side *output = &plan->output;
    float *packed = room, *left_room = packed + packed_count(plan);
    float *product = left_room + matmul_side_count(&plan->left);
    struct matrix a = matrix_of(&plan->left, left, left_room);

    pack_right(&plan->right, right, packed);
    if (matmul_side_has_rows(output)) {
        multiply_packed(plan, kernels, a, packed, row_stride(output), out);
        return;
    }
    multiply_packed(plan, kernels, a, packed, output->columns, product);
    put_matrix(output, product, out);
}

static void run_floats(const struct layer_task *task)
{
    const struct matmul_run *run = task->run->own;
    const struct matmul_plan *plan = &run->floats;
    const float *left = layer_task_floats(task, 0);
    const float *right =
        value_as_floats(task->inputs[1], task->samples, task->scratch->floats[1]);

    for (int sample = 0; sample < task->samples; sample++)
        for (int product = 0; product < plan->products; product++)
            multiply_floats(plan, task->run->setting->kernels,
                            left + matmul_side_at(&plan->left, sample, product),
                            right + matmul_side_at(&plan->right, sample, product),
                            task->scratch->windows,
                            task->out + matmul_side_at(&plan->output, sample, product));
}

/* ---- codes ---------------------------------------------------------------------------------- */

static bool are_codes(const struct layer_task *task)
{
    return value_is_codes(task->inputs[0]) && value_is_codes(task->inputs[1]);
}

static float product_step(const struct layer_task *task)
{
    return task->inputs[0]->step * task->inputs[1]->step;
}

/* `scale` times the exact sums, to task->out; runtimes multiply the steps in float, too. */
static void run_codes(const struct layer_task *task, float scale)
{
    const struct matmul_run *run = task->run->own;

    for (int sample = 0; sample < task->samples; sample++)
        matmul_integer_run(&run->codes, task->run->setting->kernels, task->inputs[0],
                           task->inputs[1], sample, scale, task->scratch->windows,
                           &run->floats.output, task->out);
}

static void run_matmul(const struct layer_task *task)
{
    if (are_codes(task))
        run_codes(task, product_step(task));
    else
        run_floats(task);
}

/* In the order in which ONNX Runtime's QLinearMatMul rounds: one product of sums and all steps. */
static bool make_codes(const struct layer_task *task, const struct quantizer *quantizer,
                       struct value *output)
{
    struct quantizer of_steps;

    if (!quantizer || !are_codes(task) || !layer_is_unclamped(task->layer) ||
        !task->rounds_like_kernel)
        return false;
    of_steps = *quantizer;
    of_steps.step = 1;
    run_codes(task, product_step(task) / quantizer->step);
    value_from_floats(task->out, task->samples, &of_steps, output);
    output->step = quantizer->step;
    return true;
}

/* ---- what stays ----------------------------------------------------------------------------- */

static void prepare(struct layer_run *run)
{
    struct matmul_run *own = memory_zeroed(1, sizeof *own);

    matmul_plan_init(&own->floats, run->setting->planes, run->layer, MATMUL_FLOATS);
    matmul_plan_init(&own->codes, run->setting->planes, run->layer, MATMUL_CODES);
    run->own = own;
}

static void release(struct layer_run *run)
{
    struct matmul_run *own = run->own;

    matmul_plan_clear(&own->floats);
    matmul_plan_clear(&own->codes);
    free(own);
}

static void need(const struct layer_run *run, int samples, struct scratch_sizes *sizes)
{
    const struct matmul_run *own = run->own;
    const struct matmul_plan *plan = &own->floats;

    (void)samples;
    sizes->windows = memory_larger(sizes->windows, (packed_count(plan) +
                                                    matmul_side_count(&plan->left) +
                                                    matmul_side_count(&plan->output)) *
                                                       sizeof(float));
    sizes->windows = memory_larger(
        sizes->windows, matmul_integer_room(&own->codes, run->setting->kernels));
}

/* ---- what it is ----------------------------------------------------------------------------- */

static size_t macs(const struct layer *layer, size_t outputs)
{
    return outputs * (size_t)layer->matmul.depth;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return matmul_are_equal(&ours->matmul, &theirs->matmul);
}

const struct layer_kind_row layer_matmul = {
    .name = "matmul",
    .codes = CODES_MULTIPLY_INPUTS,
    .is_nonnegative = layer_kind_as_inputs,
    .macs = macs,
    .same_shape = same_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_matmul,
    .make = make_codes,
    .prepare = prepare,
    .release = release,
    .need = need,
};
