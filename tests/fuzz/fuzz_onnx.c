/* fuzz_onnx.c - bytes as an ONNX file: read, fused, placed, its codes taken; small networks are run. */
#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"
#include "core/rewrite/qdq.h"
#include "tests/fuzz/image.h"

#include <stdlib.h>

enum { MACS_MOST = 20000, ELEMENTS_MOST = 4096 };

static bool is_small(const struct network *network)
{
    size_t elements = 0;

    for (int i = 0; i < network->tensor_count; i++)
        elements += network->tensors[i].count;
    return network_macs(network) <= MACS_MOST && elements <= ELEMENTS_MOST;
}

static struct samples sample_of(const struct network *network)
{
    struct samples samples = {.count = 1};

    for (int i = 0; i < network->input_count; i++) {
        size_t count = network_input(network, i)->count;
        float *values = memory_get(count * sizeof *values);

        for (size_t j = 0; j < count; j++)
            values[j] = (float)(j % 7) - 3;
        samples.values[i] = values;
    }
    return samples;
}

/* In float, and with all that is placed rounded. */
static void run(const struct network *network, const struct placement *placement)
{
    size_t classes = network->tensors[network->output].count;
    float *logits = memory_zeroed(classes, sizeof *logits);
    size_t items = (size_t)placement->count;
    float *steps = memory_zeroed(items, sizeof *steps);
    struct choice *choices = memory_zeroed(items, sizeof *choices);
    struct samples samples = sample_of(network);
    struct evaluator_options options = {.kernels = kernel_set_best(), .block = 1};
    struct evaluator *evaluator =
        evaluator_create(network, placement, &options, samples);

    for (int i = 0; i < placement->count; i++)
        steps[i] = .25f;
    evaluator_logits(evaluator, NULL, samples, logits);
    placement_choices(placement, steps, choices);
    evaluator_logits(evaluator, choices, samples, logits);
    evaluator_destroy(evaluator);
    for (int i = 0; i < network->input_count; i++)
        free((void *)samples.values[i]);
    free(logits);
    free(steps);
    free(choices);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 8,
        .activation_bits = 8};
    struct error err = {0};
    struct placement placement = {.count = 0};
    struct network *network = onnx_read(image_path("net.onnx", bytes, size), &err);

    if (!network)
        return 0;
    if (network_is_quantized(network) && network_take_qdq(network, NULL, &err) < 0) {
        network_destroy(network);
        return 0;
    }
    network_fuse(network);
    if (size % 2 == 1)
        network_fold_batchnorm(network);
    if (placement_init(&placement, network, &rules, &err) == 0 && is_small(network))
        run(network, &placement);
    placement_clear(&placement);
    network_destroy(network);
    return 0;
}
