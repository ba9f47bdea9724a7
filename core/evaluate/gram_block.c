#include "core/evaluate/gram_block.h"

#include "core/base/memory.h"
#include "core/evaluate/layer_gram.h"
#include "core/layer/recurrence_cells.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is added to products ---------------------------------------------------------------- */

/* The tensor that is added to a layer's products behind their scale: a residual, or what the gates get of the
 * network's values; -1: none, or, of a GRU, one that products are not added to alone. */
static int added_to(const struct layer *layer)
{
    bool is_added = layer_recurs(layer) ? layer->recurrence.cell != CELL_GRU
                                        : layer->conv.has_residual;

    return is_added ? layer->inputs[layer->input_count - 1] : -1;
}

/* Targets [pixels, outputs] take what the added tensor lacks of that in float, in units of products. */
static void add_lost(const struct layer *layer, const float *in_float,
                     const float *added, size_t pixels, float *targets)
{
    size_t outputs = (size_t)layer->weights->outputs;

    for (size_t i = 0; i < pixels * outputs; i++) {
        float scale = layer_recurs(layer) ? 1 : layer->conv.scale[i % outputs];

        if (scale != 0)
            targets[i] += (in_float[i] - added[i]) / scale;
    }
}

/* Targets [samples, pixels, outputs], to be freed. */
static float *targets_of(const struct gram_block *block, int index)
{
    const struct layer *layer = &block->network->layers[index];
    int added = added_to(layer);
    size_t count =
        (size_t)block->block->samples * network_products(block->network, index);
    float *targets = memory_get(count * sizeof *targets);
    float *in_float = memory_get((added < 0 ? 1 : count) * sizeof *in_float);

    float_twin_see(block->twin, block->block, block->index, index, added, targets,
                   in_float);
    if (added >= 0)
        add_lost(
            layer, in_float,
            executor_run_floats(block->executor, block->candidate, block->block, added),
            count / (size_t)layer->weights->outputs, targets);
    free(in_float);
    return targets;
}

/* ---- states of a recurrence ------------------------------------------------------------------- */

/* What a step multiplies is the state that the step before gave. Moves the states of a sample, [steps, directions,
 * hidden], elements of so many bytes; those of the first steps stay. */
static void move_states(const struct recurrence *of, size_t steps, size_t bytes,
                        const char *from, char *to)
{
    size_t state = (size_t)of->hidden * bytes, row = state * (size_t)of->directions;

    for (int direction = 0; direction < of->directions; direction++)
        for (size_t step = 1; step < steps; step++) {
            bool goes_back = recurrence_goes_back(of, direction);
            size_t before = goes_back ? step : step - 1;
            size_t after = goes_back ? step - 1 : step;
            size_t at = (size_t)direction * state;

            memcpy(to + after * row + at, from + before * row + at, state);
        }
}

/* States of zero before each first step, whatever they are: targets are zero, too, so these say nothing. */
static void forget_first_step(const struct layer *layer, size_t steps, float *targets)
{
    size_t row = (size_t)layer->weights->outputs;
    size_t count = row / (size_t)layer->recurrence.directions;

    for (int direction = 0; direction < layer->recurrence.directions; direction++) {
        size_t first =
            recurrence_goes_back(&layer->recurrence, direction) ? steps - 1 : 0;

        memset(targets + first * row + (size_t)direction * count, 0,
               count * sizeof *targets);
    }
}

/* The states that are multiplied, on a plane without a border; their data is to be freed. */
static struct value states_before(const struct layer *layer, const struct value *states,
                                  int samples, const struct plane *bare)
{
    bool is_codes = value_is_codes(states);
    size_t bytes = is_codes ? 1 : sizeof(float);
    size_t each = plane_inner_count(bare) * bytes;
    struct value before = *states;

    before.plane = bare;
    before.data = memory_get((size_t)samples * each);
    memset(before.data, is_codes ? states->zero_code : 0, (size_t)samples * each);
    for (int sample = 0; sample < samples; sample++)
        move_states(&layer->recurrence, (size_t)bare->width, bytes,
                    is_codes ? (const char *)value_row(states, (size_t)sample)
                             : (const char *)states->data + (size_t)sample * each,
                    (char *)before.data + (size_t)sample * each);
    return before;
}

/* ---- all -------------------------------------------------------------------------------------- */

static void add(const struct gram_block *block, const struct layer *layer,
                const struct measure *measure, const struct value *input,
                const float *targets, int64_t *sums, double *maxima)
{
    layer_gram_add(layer, block->kernels, input, measure->range.low, targets,
                   measure->range.high, block->block->samples, sums, maxima);
}

/* The products are those of a convolution with one window a step. */
static void add_states(const struct gram_block *block, const struct layer *layer,
                       const struct measure *measure, const struct value *states,
                       float *targets, int64_t *sums, double *maxima)
{
    int samples = block->block->samples;
    size_t steps = (size_t)states->plane->width;
    size_t count = steps * (size_t)layer->weights->outputs;
    const struct plane bare = plane_bare(states->plane);
    struct value before = states_before(layer, states, samples, &bare);
    struct layer product = *layer;

    product.window = window_of_one();
    for (int sample = 0; sample < samples; sample++)
        forget_first_step(layer, steps, targets + (size_t)sample * count);
    add(block, &product, measure, &before, targets, sums, maxima);
    free(before.data);
}

void gram_block_add(const struct gram_block *block, const struct measure *measure,
                    int64_t *sums, double *maxima)
{
    const struct layer *layer = &block->network->layers[measure->subject];
    float *targets = targets_of(block, measure->subject);
    const struct value *input = executor_run(block->executor, block->candidate,
                                             block->block, layer_multiplied(layer));

    if (layer_recurs(layer))
        add_states(block, layer, measure, input, targets, sums, maxima);
    else
        add(block, layer, measure, input, targets, sums, maxima);
    free(targets);
}

/* ---- how a tensor differs ---------------------------------------------------------------------- */

void gram_block_compare(const struct gram_block *block, const struct measure *measure,
                        int64_t *sums)
{
    int tensor = measure->subject;
    size_t samples = (size_t)block->block->samples;
    size_t count = block->network->tensors[tensor].count;
    float *in_float = memory_get(samples * count * sizeof *in_float);
    const float *values;

    float_twin_see(block->twin, block->block, block->index, -1, tensor, NULL, in_float);
    values =
        executor_run_floats(block->executor, block->candidate, block->block, tensor);
    for (size_t i = 0; i < samples; i++)
        tensor_error_compare(in_float + i * count, values + i * count, count, sums);
    free(in_float);
}
