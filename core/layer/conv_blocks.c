#include "core/layer/conv_blocks.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- weights -------------------------------------------------------------------------------- */

/* The blocks of an output, and of a run of neighbouring inputs. */
static size_t block_count(const struct conv_weights *weights)
{
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);

    return step_layout_count(&layout) / (size_t)weights->of->outputs;
}

static int bytes_of(size_t codes)
{
    return (int)((codes + QUAD - 1) / QUAD * QUAD);
}

static int group_outputs(const struct conv_weights *weights)
{
    return weights->of->outputs / weights->of->groups;
}

static void make_room(struct conv_blocks *blocks, const struct conv_weights *weights,
                      struct conv_most most)
{
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);
    size_t outputs = (size_t)weights->of->outputs, count = block_count(weights);
    size_t room;

    blocks->count = count;
    blocks->most = most;
    blocks->bytes = conv_u8s8_packed_bytes(
        weights->kernels, most, group_outputs(weights), 1, bytes_of(layout.block));
    room = blocks->bytes * count * (size_t)weights->of->groups;
    if (!blocks->steps) {
        blocks->steps = memory_get(count * outputs * sizeof *blocks->steps);
        blocks->code_sums = memory_get(count * outputs * sizeof *blocks->code_sums);
    }
    if (room <= blocks->room)
        return;
    free(blocks->packed);
    blocks->packed = memory_aligned(room);
    blocks->room = room;
}

/* The packed block number `block` of a group. */
static int8_t *packed_block(const struct conv_blocks *blocks, size_t group,
                            size_t block)
{
    return blocks->packed + (group * blocks->count + block) * blocks->bytes;
}

/* The codes of one block of all outputs of a group, [outputs, codes of the block]. */
static void pack_block(struct conv_blocks *blocks, const struct conv_weights *weights,
                       const struct step_layout *layout, size_t group, size_t block,
                       const int8_t *codes, int8_t *room)
{
    size_t outputs = (size_t)group_outputs(weights), first = group * outputs, count = 0;

    for (size_t output = 0; output < outputs; output++) {
        struct step_span span =
            step_layout_span(layout, (first + output) * blocks->count + block);
        int32_t sum = 0;

        count = span.count;
        memcpy(room + output * count, codes + span.first, count);
        for (size_t i = 0; i < count; i++)
            sum += codes[span.first + i];
        blocks->code_sums[block * (size_t)weights->of->outputs + first + output] = sum;
    }
    conv_u8s8_pack(weights->kernels, blocks->most, room, (int)outputs, 1, (int)count,
                   bytes_of(count), packed_block(blocks, group, block));
}

void conv_blocks_set(struct conv_blocks *blocks, const struct conv_weights *weights,
                     struct conv_most most, const int8_t *codes, const float *steps)
{
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);
    size_t outputs = (size_t)weights->of->outputs;
    int8_t *room = memory_get((size_t)group_outputs(weights) * layout.block);

    make_room(blocks, weights, most);
    for (size_t group = 0; group < (size_t)weights->of->groups; group++)
        for (size_t block = 0; block < blocks->count; block++)
            pack_block(blocks, weights, &layout, group, block, codes, room);
    for (size_t output = 0; output < outputs; output++)
        for (size_t block = 0; block < blocks->count; block++)
            blocks->steps[block * outputs + output] =
                steps[output * blocks->count + block];
    free(room);
}

void conv_blocks_clear(struct conv_blocks *blocks)
{
    free(blocks->packed);
    free(blocks->steps);
    free(blocks->code_sums);
    *blocks = (struct conv_blocks){0};
}

/* ---- products ------------------------------------------------------------------------------- */

/* What one block adds to some pixels. */
struct block_products {
    const int32_t *products; /* [pixels, channels] */
    size_t pixels, channels;
    const float *steps;       /* [channels] */
    const int32_t *code_sums; /* [channels] */
    int zero;                 /* stored code of zero of the input */
    float *sums;              /* first channel of the first pixel */
    size_t stride;            /* from one pixel's sums to the next one's */
};

VECTOR_CLONES
static void add_products(const struct block_products *of)
{
    const float *restrict steps = of->steps;
    const int32_t *restrict code_sums = of->code_sums;
    const int32_t zero = of->zero;

    for (size_t pixel = 0; pixel < of->pixels; pixel++) {
        const int32_t *restrict products = of->products + pixel * of->channels;
        float *restrict sums = of->sums + pixel * of->stride;

        for (size_t i = 0; i < of->channels; i++)
            sums[i] =
                fmaf((float)(products[i] - zero * code_sums[i]), steps[i], sums[i]);
    }
}

/* From a window to the first input of a block, and how many inputs it has. */
static int32_t block_offset(const struct conv_plan *plan,
                            const struct step_layout *layout, size_t block,
                            size_t *count)
{
    struct step_span span = step_layout_span(layout, block);
    size_t inputs = (size_t)plan->group_channels;

    *count = span.count;
    return plan->tap_offsets[span.first / inputs] * plan->plane.channels +
           (int32_t)(span.first % inputs);
}

/* One block of one group, of the samples that `product` tells. */
static void multiply_block(const struct conv_run *run, struct conv_u8s8 product,
                           struct block_products adding, size_t group, size_t block)
{
    const struct conv_weights *weights = &run->weights;
    const struct conv_blocks *blocks = &weights->now->blocks;
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);
    size_t outputs = (size_t)weights->of->outputs, first = group * adding.channels,
           count;
    int32_t offset = block_offset(&run->plan, &layout, block, &count);

    product.input += group * (size_t)run->plan.group_channels;
    product.run_offsets = &offset;
    product.run_bytes = bytes_of(count);
    product.weights = packed_block(blocks, group, block);
    run->kernels->conv_u8s8(&product);
    adding.steps = blocks->steps + block * outputs + first;
    adding.code_sums = blocks->code_sums + block * outputs + first;
    adding.sums += first;
    add_products(&adding);
}

/* So many samples at once that their products stay in the cache until they are added. */
static int samples_at_once(const struct conv_run *run)
{
    enum { PRODUCTS = 64 * 1024 };
    size_t each = conv_plan_pixels(&run->plan) * (size_t)group_outputs(&run->weights);

    return each < PRODUCTS ? (int)(PRODUCTS / each) : 1;
}

static void multiply_samples(const struct conv_run *run, const struct value *input,
                             int first, int samples, float *sums, int32_t *products)
{
    const struct conv_plan *plan = &run->plan;
    const struct conv_blocks *blocks = &run->weights.now->blocks;
    int outputs = group_outputs(&run->weights);
    size_t pixels = (size_t)samples * conv_plan_pixels(plan);
    struct conv_u8s8 product = {
        .input =
            (const uint8_t *)input->data + plan->first + first * plan->windows.sample,
        .windows = plan->windows,
        .samples = samples,
        .rows = plan->rows,
        .columns = plan->columns,
        .runs = 1,
        .most = blocks->most,
        .channels = outputs,
        .epilogue = {.out_s32 = products,
                     .out = {(ptrdiff_t)conv_plan_pixels(plan) * outputs,
                             (ptrdiff_t)plan->columns * outputs, outputs}},
    };
    struct block_products adding = {
        .products = products,
        .pixels = pixels,
        .channels = (size_t)outputs,
        .zero = input->zero_code,
        .sums = sums,
        .stride = (size_t)run->weights.of->outputs,
    };

    memset(sums, 0, pixels * adding.stride * sizeof *sums);
    for (size_t group = 0; group < (size_t)run->weights.of->groups; group++)
        for (size_t block = 0; block < blocks->count; block++)
            multiply_block(run, product, adding, group, block);
}

void conv_blocks_multiply(const struct conv_run *run, const struct value *input,
                          int samples, float *sums, const struct scratch *scratch)
{
    size_t each = conv_plan_pixels(&run->plan) * (size_t)run->weights.of->outputs;
    int most = samples_at_once(run);

    for (int first = 0; first < samples; first += most)
        multiply_samples(run, input, first,
                         samples - first < most ? samples - first : most,
                         sums + (size_t)first * each, scratch->products[1]);
}

/* ---- the epilogue --------------------------------------------------------------------------- */

/* Scale and shift of the layer in units of the sums. */
static void take_constants(struct conv_run *run, float input_step)
{
    const struct conv *conv = &run->layer->conv;
    const float *shifts = conv_weights_shifts(&run->weights);

    for (int channel = 0; channel < run->layer->weights->outputs; channel++) {
        run->scale[channel] =
            run->is_bare ? input_step : input_step * conv->scale[channel];
        run->shift[channel] = run->is_bare ? 0 : conv->shift[channel];
        if (shifts && !run->is_bare)
            run->shift[channel] += shifts[channel];
    }
    run->made_for = (struct conv_steps){0}; /* they are not those of sums of integers */
}

VECTOR_CLONES
static void finish_pixel(const float *restrict sums, const float *restrict scale,
                         const float *restrict shift, size_t channels,
                         float *restrict out)
{
    for (size_t i = 0; i < channels; i++)
        out[i] = fmaf(sums[i], scale[i], shift[i]);
}

VECTOR_CLONES
static void add_row(const float *restrict residual, size_t count, float *restrict out)
{
    for (size_t i = 0; i < count; i++)
        out[i] += residual[i];
}

/* NaN becomes low. */
VECTOR_CLONES
static void clamp_row(float low, float high, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        float v = out[i] > low ? out[i] : low;

        out[i] = v < high ? v : high;
    }
}

static void finish_row(const struct conv_run *run, const struct value *residual,
                       size_t row, const float *sums, float *out)
{
    size_t channels = (size_t)run->layer->weights->outputs;
    size_t count = (size_t)run->plan.columns * channels;

    for (size_t at = 0; at < count; at += channels)
        finish_pixel(sums + at, run->scale, run->shift, channels, out + at);
    if (run->is_bare)
        return;
    if (residual) {
        value_row_to_floats(residual, row, run->row);
        add_row(run->row, count, out);
    }
    clamp_row(run->layer->low, run->layer->high, count, out);
}

void conv_blocks_finish(struct conv_run *run, const struct value *input,
                        const struct value *residual, const float *sums, size_t first,
                        size_t rows, const struct quantizer *quantizer,
                        struct value *output)
{
    size_t count = (size_t)run->plan.columns * (size_t)run->layer->weights->outputs;
    float *room = run->row + count;

    take_constants(run, input->step);
    for (size_t row = 0; row < rows; row++) {
        float *out = quantizer ? room : (float *)output->data + row * count;

        finish_row(run, residual, first + row, sums + row * count, out);
        if (quantizer)
            value_put_rows(out, first + row, 1, quantizer, output);
    }
}
