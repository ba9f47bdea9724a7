#include "bench/network_trial.h"

#include "bench/random.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

static const size_t memory_enough = (size_t)4 << 30;

/* From -2 to 2, or numbers of rows. */
static void *random_values(const struct tensor *input, size_t count, uint32_t *state)
{
    float *floats = memory_get(count * sizeof *floats);
    int32_t *numbers = (int32_t *)floats;

    for (size_t i = 0; i < count; i++) {
        float value = random_value(state);

        if (input->element == ELEMENT_FLOAT)
            floats[i] = 2 * value;
        else
            numbers[i] = (int32_t)((value + 1) / 2 * (float)input->most / 2);
    }
    return floats;
}

static void make_samples(struct network_trial *trial)
{
    const struct network *network = trial->placed.network;
    size_t count = (size_t)NETWORK_TRIAL_BLOCKS * (size_t)trial->block;
    size_t places = output_shape_of(network).places;
    uint32_t state = 1;

    trial->samples = (struct samples){
        .labels = {memory_zeroed(count * places, sizeof(int32_t)), places,
                   ELEMENT_INT32},
        .count = count,
    };
    for (int input = 0; input < network->input_count; input++) {
        size_t values = count * network_input(network, input)->count;

        trial->samples.values[input] =
            random_values(network_input(network, input), values, &state);
    }
}

struct evaluator *network_trial_evaluator(const struct network_trial *trial,
                                          size_t memory_bytes, bool times_layers)
{
    return evaluator_create(trial->placed.network, trial->placed.placement,
                            &(struct evaluator_options){.kernels = trial->kernels,
                                                        .block = trial->block,
                                                        .memory_bytes = memory_bytes,
                                                        .times_layers = times_layers},
                            trial->samples);
}

static float step_of_weights(const struct network *network,
                             const struct quantized_tensor *item)
{
    const struct weights *weights = network->layers[item->index].weights;
    float most = 0;

    for (size_t i = 0; i < weights_count(weights); i++)
        most = fmaxf(most, fabsf(weights->values[i]));
    return placement_step_of_clip(item, most);
}

static float step_of_activation(const struct network_trial *trial, int item)
{
    const struct measure range = {.kind = MEASURE_RANGE, .subject = item};
    double minus_low_and_high[] = {-INFINITY, -INFINITY};

    evaluator_measure(trial->evaluator, &range, 1, trial->choices, NULL,
                      minus_low_and_high);
    return placement_step_of_clip(&trial->placed.placement->items[item],
                                  fmax(minus_low_and_high[0], minus_low_and_high[1]));
}

/* Min-max steps, one tensor after the other: good enough that nothing saturates. */
static void choose(struct network_trial *trial)
{
    const struct placement *placement = trial->placed.placement;

    trial->choices = memory_zeroed((size_t)placement->count, sizeof *trial->choices);
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];

        if (tensor->bits != BITS_FLOAT)
            trial->choices[item] = placement_choice(
                tensor, tensor->is_weight
                            ? step_of_weights(trial->placed.network, tensor)
                            : step_of_activation(trial, item));
    }
}

void network_trial_init(struct network_trial *trial, struct placed_network placed,
                        const struct kernel_set *kernels, int block)
{
    *trial =
        (struct network_trial){.placed = placed, .kernels = kernels, .block = block};
    make_samples(trial);
    trial->evaluator = network_trial_evaluator(trial, memory_enough, false);
    choose(trial);
}

void network_trial_clear(struct network_trial *trial)
{
    evaluator_destroy(trial->evaluator);
    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        free((float *)trial->samples.values[input]);
    free((int32_t *)trial->samples.labels.values);
    free(trial->choices);
}
