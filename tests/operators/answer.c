#include "tests/operators/answer.h"

#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"

#include <stdlib.h>
#include <string.h>

/* Everything stays in float. */
static struct placement placement_of_nothing(const struct network *network)
{
    struct placement placement = {.layer_count = network->layer_count};

    placement.of_tensor = memory_get((size_t)network->tensor_count * sizeof(int));
    for (int i = 0; i < network->tensor_count; i++)
        placement.of_tensor[i] = -1;
    placement.of_layers =
        memory_zeroed((size_t)network->layer_count, sizeof *placement.of_layers);
    for (int i = 0; i < network->layer_count; i++) {
        struct weight_items *items = &placement.of_layers[i];

        items->count = network->layers[i].weight_count;
        items->items = memory_get((size_t)items->count * sizeof *items->items);
        for (int which = 0; which < items->count; which++)
            items->items[which] = -1;
    }
    return placement;
}

/* ---- the samples ---- */

static const struct trial_input *find_input(const struct trial *trial, const char *name)
{
    for (int i = 0; i < trial->input_count; i++)
        if (strcmp(trial->inputs[i].name, name) == 0)
            return &trial->inputs[i];
    abort();
}

/* Value `at` of a sample, in ONNX's order. */
static double value_of(const struct trial_input *input, size_t sample, size_t at)
{
    size_t inner = 1;

    for (int i = input->batch_axis + 1; i < input->shape.rank; i++)
        inner *= (size_t)input->shape.dims[i];
    return input
        ->values[(at / inner * (size_t)input->shape.dims[input->batch_axis] + sample) *
                     inner +
                 at % inner];
}

/* All samples as the network stores them. */
static void *values_of(const struct tensor *tensor, const struct trial_input *input,
                       int batch)
{
    size_t channels = tensor->rank == 3 ? (size_t)tensor->channels : 1;
    size_t area = tensor->count / channels;
    size_t count = (size_t)batch * tensor->count;
    float *floats = memory_get(count * sizeof *floats);
    int32_t *integers = (int32_t *)memory_get(count * sizeof *integers);
    bool is_float = tensor->element == ELEMENT_FLOAT;

    for (size_t i = 0; i < count; i++) {
        size_t at = i % tensor->count;
        double value =
            value_of(input, i / tensor->count, at % channels * area + at / channels);

        floats[i] = (float)value;
        integers[i] = (int32_t)value;
    }
    free(is_float ? (void *)integers : (void *)floats);
    return is_float ? (void *)floats : (void *)integers;
}

static struct samples samples_of(const struct trial *trial,
                                 const struct network *network)
{
    struct samples samples = {.count = (size_t)trial->batch};

    for (int i = 0; i < network->input_count; i++) {
        const struct tensor *tensor = network_input(network, i);

        samples.values[i] =
            values_of(tensor, find_input(trial, tensor->name), trial->batch);
    }
    return samples;
}

/* ---- the outputs ---- */

static float *outputs_of(const struct network *network, struct samples samples,
                         const struct kernel_set *kernels, int block)
{
    size_t outputs = network->tensors[network->output].count;
    float *values = memory_get(samples.count * outputs * sizeof *values);
    struct evaluator_options options = {.kernels = kernels, .block = block};
    struct placement placement = placement_of_nothing(network);
    struct evaluator *evaluator =
        evaluator_create(network, &placement, &options, samples);

    evaluator_logits(evaluator, NULL, samples, values);
    evaluator_destroy(evaluator);
    placement_clear(&placement);
    return values;
}

/* BLAS adds up in another order where it has other numbers of rows: a case is computed in the same blocks
 * everywhere. */
static bool has_products(const struct network *network)
{
    for (int i = 0; i < network->layer_count; i++)
        if (network->layers[i].weight_count > 0)
            return true;
    return false;
}

static void expect_alone(const struct network *network, struct samples samples,
                         const float *values, size_t count, const char *path)
{
    float *alone = outputs_of(network, samples, kernel_set_best(), 1);

    if (memcmp(alone, values, count * sizeof *values) != 0) {
        printf("%s: a sample has other bits alone than beside others\n", path);
        fflush(stdout);
        exit(3);
    }
    free(alone);
}

float *answer_of(const struct trial *trial, const char *path, size_t *count,
                 struct error *err)
{
    struct network *network = onnx_read(path, err);
    struct samples samples;
    float *values;

    if (!network)
        return NULL;
    network_fuse(network);
    samples = samples_of(trial, network);
    *count = samples.count * network->tensors[network->output].count;
    values = outputs_of(network, samples, kernel_set_best(), trial->batch);
    if (!has_products(network))
        expect_alone(network, samples, values, *count, path);
    for (int i = 0; i < network->input_count; i++)
        free((void *)samples.values[i]);
    network_destroy(network);
    return values;
}
