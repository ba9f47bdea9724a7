#include "core/rewrite/equalisation.h"

#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "core/network/batchnorm.h"
#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 5, INPUTS = 3 * 6 * 6, CLASSES = 4 };

/* A chain with a depthwise layer and a batch norm, a residual, a grouped layer, a ReLU6, a tensor
 * with two readers. */
static const char *const text =
    "input x N,3,6,6\n"
    "floats w0 6,3,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75 0.3 -0.6 0.2 0.1 -0.7\n"
    "floats w1 8,6,1,1 = 0.1 2 -0.3 0.04 -0.5 0.05 -0.15 1.35 -0.2\n"
    "floats w2 8,1,3,3 = 0.6 -0.04 0.3 -0.2 0.5 0.01 0.7\n"
    "floats w3 8,4,1,1 = 0.2 -3 0.4 0.1 -0.15 0.25 0.035\n"
    "floats w4 8,8,3,3 = 0.1 -0.12 0.2 -0.05 0.13 0.8 -0.2\n"
    "floats w5 6,8,1,1 = 0.3 -0.1 0.2 0.25 -0.35\n"
    "floats w6 6,6,1,1 = 0.5 -0.3 0.2 -0.4 0.1 0.15 -0.25\n"
    "floats fc 4,6 = 0.6 -0.5 0.4 0.3 -0.2 0.1 -0.7 0.8\n"
    "floats six - = 6\n"
    "floats zero - = 0\n"
    "floats b 8 = 0.1 0.3 -0.1 0.2\n"
    "floats g 8 = 1.5 0.5 0.9 2\n"
    "floats m 8 = 0.5 0 -0.5 1\n"
    "floats v 8 = 1 2 0.5 4\n"
    "node Conv x w0 -> c0 pads=1,1,1,1 name=zero\n"
    "node Relu c0 -> r0\n"
    "node Conv r0 w1 b -> c1 name=one\n"
    "node Relu c1 -> r1\n"
    "node Conv r1 w2 -> c2 pads=1,1,1,1 group=8 name=two\n"
    "node BatchNormalization c2 g b m v -> n2\n"
    "node Relu n2 -> r2\n"
    "node Conv r2 w3 -> c3 group=2 name=three\n"
    "node Add c3 r2 -> a3\n"
    "node Relu a3 -> r3\n"
    "node Conv r3 w4 b -> c4 pads=1,1,1,1 name=four\n"
    "node Clip c4 zero six -> r4\n"
    "node Conv r4 w5 -> c5 name=five\n"
    "node Conv c5 w6 -> c6 name=six\n"
    "node Relu c6 -> r6\n"
    "node GlobalAveragePool r6 -> p6\n"
    "node Flatten p6 -> f\n"
    "node Gemm f fc -> y transB=1 name=last\n"
    "output y\n";

static struct network *network;
static struct placement placement;

/* `apart`: with all activations quantized, and sums apart from convolutions. */
static void make_with(bool folds, int weight_bits, bool apart)
{
    struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = weight_bits,
        .activation_bits = 8,
        .keep_float = (const char *const[]){"first"},
        .keep_float_count = 1,
        .all_activations = apart,
    };
    struct error err = {0};

    network = onnx_builder_read(text, &err);
    if (!network)
        fail_msg("%s", err.text);
    if (apart)
        network_fuse_but_sums(network);
    else
        network_fuse(network);
    if (folds)
        network_fold_batchnorm(network);
    if (placement_init(&placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
}

static void make(bool folds, int weight_bits)
{
    make_with(folds, weight_bits, false);
}

static void clear(void)
{
    placement_clear(&placement);
    network_destroy(network);
}

static const struct layer *layer_named(const char *name)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        if (strcmp(network->layers[layer].name, name) == 0)
            return &network->layers[layer];
    fail_msg("there is no layer %s", name);
    return NULL;
}

static void find_float_logits(float logits[SAMPLES * CLASSES])
{
    float values[SAMPLES * INPUTS];
    struct samples samples = {.values = {values}, .count = SAMPLES};
    struct evaluator *evaluator;

    for (int i = 0; i < SAMPLES * INPUTS; i++)
        values[i] = 2 * sinf((float)i * 1.37f) + 0.5f * cosf((float)i * 0.11f);
    evaluator = evaluator_create(
        network, &placement,
        &(struct evaluator_options){.kernels = kernel_set_best(), .block = 4}, samples);
    evaluator_logits(evaluator, NULL, samples, logits);
    evaluator_destroy(evaluator);
}

/* one - two - three through ReLUs, five - six through nothing. Of the others, zero is left in float,
 * three has a residual or a sum behind it, two and three's output another reader, four a clamp at 6, and six a pool
 * behind it. */
static void pairs_are_those_with_nothing_but_a_relu_between(void **state)
{
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct equalisation_pairs pairs;

        make_with(false, 4, apart);
        pairs = equalisation_find_pairs(network, &placement);
        assert_int_equal(pairs.count, 2);
        assert_string_equal(network->layers[pairs.list[0].first].name, "one");
        assert_string_equal(network->layers[pairs.list[0].second].name, "two");
        assert_string_equal(network->layers[pairs.list[1].first].name, "five");
        assert_string_equal(network->layers[pairs.list[1].second].name, "six");
        assert_int_equal(pairs.clamped_count, 1);
        assert_string_equal(network->layers[pairs.clamped].name, "four");
        equalisation_pairs_clear(&pairs);
        clear();
    }
}

static void weights_in_float_make_no_pair(void **state)
{
    struct equalisation_pairs pairs;

    (void)state;
    make(false, 32);
    pairs = equalisation_find_pairs(network, &placement);
    assert_int_equal(pairs.count + pairs.clamped_count, 0);
    equalisation_pairs_clear(&pairs);
    clear();
}

static double largest(const struct layer *layer, int channel, bool of_input)
{
    int inputs = layer->weights->inputs;
    size_t count = weights_per_output(layer->weights);
    double most = 0;

    for (size_t i = 0; i < weights_count(layer->weights); i++) {
        int output = (int)(i / count);
        int group = output / (layer->weights->outputs / layer->weights->groups);
        int input = group * inputs + (int)(i % count) % inputs;

        if (channel == (of_input ? input : output))
            most = fmax(most, fabs((double)layer->weights->values[i]));
    }
    return most;
}

static void equalize(struct equalisation *equalisation)
{
    struct equalisation_pairs pairs = equalisation_find_pairs(network, &placement);

    network_equalize(network, &pairs, equalisation);
    equalisation_pairs_clear(&pairs);
}

static void the_ranges_of_a_pair_become_equal(void **state)
{
    struct equalisation equalisation;
    const struct layer *first, *second;

    (void)state;
    for (int folds = 0; folds < 2; folds++) {
        make(folds, 4);
        first = layer_named("one");
        second = layer_named("two");
        assert_true(fabs(largest(first, 1, false) / largest(second, 1, true) - 1) >
                    0.2);
        equalize(&equalisation);
        for (int channel = 0; channel < first->weights->outputs; channel++)
            assert_true(
                fabs(largest(first, channel, false) / largest(second, channel, true) -
                     1) < 1e-2);
        equalisation_clear(&equalisation);
        clear();
    }
}

static void the_float_network_gives_the_same_but_for_rounding(void **state)
{
    (void)state;
    for (int folds = 0; folds < 2; folds++) {
        struct equalisation equalisation;
        float before[SAMPLES * CLASSES], after[SAMPLES * CLASSES];
        float most = 0;

        make(folds, 4);
        find_float_logits(before);
        equalize(&equalisation);
        find_float_logits(after);
        for (int i = 0; i < SAMPLES * CLASSES; i++)
            most = fmaxf(most, fabsf(before[i]));
        assert_true(memcmp(before, after, sizeof before) != 0);
        for (int i = 0; i < SAMPLES * CLASSES; i++)
            assert_true(fabsf(before[i] - after[i]) < 1e-5f * most);
        network_undo_equalisation(network, &equalisation);
        find_float_logits(after);
        assert_memory_equal(after, before, sizeof before);
        clear();
    }
}

/* What the batch norm does with its input is what it did: mean and deviation are divided like it. The weights
 * that read it are multiplied by `factor` before. */
static void assert_statistics_go_with_the_products(float factor)
{
    struct equalisation equalisation;
    struct equalisation_pairs pairs = {.count = 1};
    const struct batchnorm *batchnorm;
    double deviations[8], means[8];
    float weights[8];
    struct weights *three;

    make(false, 4);
    three = layer_named("three")->weights;
    for (size_t i = 0; i < weights_count(three); i++)
        three->values[i] *= factor;
    batchnorm = layer_named("two")->batchnorm;
    assert_non_null(batchnorm);
    /* two and three, as if the residual were not there */
    pairs.list = memory_get(sizeof *pairs.list);
    pairs.list[0] = (struct layer_pair){(int)(layer_named("two") - network->layers),
                                        (int)(layer_named("three") - network->layers)};
    for (int channel = 0; channel < 8; channel++) {
        deviations[channel] = batchnorm_deviation(batchnorm, channel);
        means[channel] = batchnorm->mean[channel];
        weights[channel] = layer_named("two")->weights->values[channel * 9];
    }
    network_equalize(network, &pairs, &equalisation);
    for (int channel = 0; channel < 8; channel++) {
        double s = weights[channel] / layer_named("two")->weights->values[channel * 9];

        assert_true(
            fabs(batchnorm_deviation(batchnorm, channel) * s / deviations[channel] -
                 1) < 1e-5);
        assert_true(fabs(batchnorm->mean[channel] * s - means[channel]) < 1e-5);
        assert_true(batchnorm->variance[channel] > -1e-12f);
    }
    equalisation_pairs_clear(&pairs);
    equalisation_clear(&equalisation);
    clear();
}

static void statistics_go_with_the_products(void **state)
{
    (void)state;
    assert_statistics_go_with_the_products(1);
}

/* The ranges differ by a million, which would leave nothing of a variance beside epsilon. */
static void a_variance_does_not_fall_below_zero(void **state)
{
    (void)state;
    assert_statistics_go_with_the_products(1e-12f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_those_with_nothing_but_a_relu_between),
        cmocka_unit_test(weights_in_float_make_no_pair),
        cmocka_unit_test(the_ranges_of_a_pair_become_equal),
        cmocka_unit_test(the_float_network_gives_the_same_but_for_rounding),
        cmocka_unit_test(statistics_go_with_the_products),
        cmocka_unit_test(a_variance_does_not_fall_below_zero),
    };

    return cmocka_run_group_tests_name("equalisation", tests, NULL, NULL);
}
