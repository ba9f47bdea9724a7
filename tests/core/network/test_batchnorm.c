#include "core/network/batchnorm.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { INPUTS = 3 * 6 * 6, CHANNELS = 4 };

static const float means[CHANNELS] = {0.5f, 0, -0.5f, 1},
                   variances[CHANNELS] = {1, 2, 0.5f, 4};
static const float other_means[CHANNELS] = {-0.3f, 0.2f, 1.1f, 0.7f},
                   other_variances[CHANNELS] = {2, 0.1f, 1, 3};

/* Networks with one batch norm, of 4 channels, between x and z. */
static const struct {
    const char *fact;
    const char *nodes;
    enum layer_kind kind; /* of the layer that has it */
    float bias[CHANNELS]; /* of the convolution */
} list[] = {
    {"behind a convolution",
     "node Conv x w -> c pads=1,1,1,1\n"
     "node BatchNormalization c g b m v -> z\n",
     LAYER_CONV,
     {0}},
    {"behind a convolution with a bias, and before a clamp",
     "node Conv x w bias -> c pads=1,1,1,1\n"
     "node BatchNormalization c g b m v -> n\n"
     "node Relu n -> z\n",
     LAYER_CONV,
     {1, 2, -3, 0.5f}},
    {"behind a bias that is added, and before a scale",
     "node Conv x w -> c pads=1,1,1,1\n"
     "node Add c bias_map -> d\n"
     "node BatchNormalization d g b m v -> n\n"
     "node Mul n factor -> z\n",
     LAYER_CONV,
     {1, 2, -3, 0.5f}},
    {"before a sum",
     "node Conv x w -> c pads=1,1,1,1\n"
     "node Conv x w -> s pads=1,1,1,1\n"
     "node BatchNormalization c g b m v -> n\n"
     "node Add n s -> a\n"
     "node Relu a -> z\n",
     LAYER_CONV,
     {0}},
    {"on its own, before a clamp",
     "node Conv x w -> c pads=1,1,1,1\n"
     "node Relu c -> r\n"
     "node BatchNormalization r g b m v -> n\n"
     "node Relu n -> z\n",
     LAYER_AFFINE,
     {0}},
};

static struct network *read_network(const char *nodes, const float *mean,
                                    const float *variance)
{
    struct error err = {0};
    struct network *network;
    char text[2048];

    snprintf(text, sizeof text,
             "input x N,3,6,6\n"
             "floats w 4,3,3,3 = 0.5 -0.25 0.125 1 -1 0.75 0.3\n"
             "floats bias 4 = 1 2 -3 0.5\n"
             "floats bias_map 1,4,1,1 = 1 2 -3 0.5\n"
             "floats factor 1,4,1,1 = 0.5 -2 1.5 3\n"
             "floats g 4 = 1.5 0.5 -1 2\n"
             "floats b 4 = 0.1 -0.2 0.3 0\n"
             "floats m 4 = %g %g %g %g\n"
             "floats v 4 = %g %g %g %g\n"
             "%s"
             "node Flatten z -> y\n"
             "output y\n",
             (double)mean[0], (double)mean[1], (double)mean[2], (double)mean[3],
             (double)variance[0], (double)variance[1], (double)variance[2],
             (double)variance[3], nodes);
    network = onnx_builder_read_fused(text, &err);
    if (!network)
        fail_msg("%s", err.text);
    return network;
}

/* The only layer with a batch norm, or NULL. */
static struct layer *find_layer(struct network *network)
{
    struct layer *found = NULL;

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm) {
            assert_null(found);
            found = &network->layers[layer];
        }
    return found;
}

static const float *scale_of(const struct layer *layer)
{
    return layer->kind == LAYER_CONV ? layer->conv.scale : layer->affine.scale;
}

static const float *shift_of(const struct layer *layer)
{
    return layer->kind == LAYER_CONV ? layer->conv.shift : layer->affine.shift;
}

static void assert_same_outputs(const struct network *a, const struct network *b)
{
    float input[INPUTS];
    float **left, **right;

    for (int i = 0; i < INPUTS; i++)
        input[i] = sinf((float)i * 1.7f);
    left = plain_network_run(a, input);
    right = plain_network_run(b, input);
    for (size_t i = 0; i < a->tensors[a->output].count; i++)
        assert_float_equal(left[a->output][i], right[b->output][i], 2e-5);
    plain_network_free(a, left);
    plain_network_free(b, right);
}

static void fusing_carries_the_statistics_in_units_of_the_products(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        struct network *network = read_network(list[i].nodes, means, variances);
        const struct layer *layer = find_layer(network);

        if (!layer || layer->kind != list[i].kind)
            fail_msg("no batch norm %s", list[i].fact);
        assert_int_equal(layer->batchnorm->channels, CHANNELS);
        assert_float_equal(layer->batchnorm->epsilon, 1e-5, 0);
        for (int channel = 0; channel < CHANNELS; channel++) {
            assert_float_equal(layer->batchnorm->mean[channel],
                               means[channel] - list[i].bias[channel], 1e-6);
            assert_float_equal(layer->batchnorm->variance[channel], variances[channel],
                               0);
        }
        network_destroy(network);
    }
}

static void other_statistics_are_as_if_they_were_trained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        struct network *network = read_network(list[i].nodes, means, variances);
        struct network *other =
            read_network(list[i].nodes, other_means, other_variances);
        const struct batchnorm *trained = find_layer(other)->batchnorm;

        batchnorm_put(find_layer(network), trained->mean, trained->variance);
        assert_same_outputs(network, other);
        network_destroy(network);
        network_destroy(other);
    }
}

static void the_trained_statistics_give_back_the_same_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        struct network *network = read_network(list[i].nodes, means, variances);
        struct layer *layer = find_layer(network);
        struct batchnorm *batchnorm = layer->batchnorm;
        float scale[CHANNELS], shift[CHANNELS];

        memcpy(scale, scale_of(layer), sizeof scale);
        memcpy(shift, shift_of(layer), sizeof shift);
        for (int round = 0; round < 3; round++) {
            if (round > 0)
                batchnorm_put(layer, other_means, other_variances);
            assert_true((batchnorm_signature(layer) != 0) == (round > 0));
            if (round == 1)
                batchnorm_restore(layer);
            else
                batchnorm_put(layer, batchnorm->mean, batchnorm->variance);
            assert_memory_equal(scale_of(layer), scale, sizeof scale);
            assert_memory_equal(shift_of(layer), shift, sizeof shift);
            assert_true(batchnorm_signature(layer) == 0);
        }
        network_destroy(network);
    }
}

static void the_signature_tells_statistics_apart(void **state)
{
    struct network *network = read_network(list[0].nodes, means, variances);
    struct layer *layer = find_layer(network);
    uint64_t first;

    (void)state;
    batchnorm_put(layer, other_means, other_variances);
    first = batchnorm_signature(layer);
    batchnorm_put(layer, other_means, variances);
    assert_true(batchnorm_signature(layer) != first);
    batchnorm_put(layer, other_means, other_variances);
    assert_true(batchnorm_signature(layer) == first);
    network_destroy(network);
}

static void a_folded_batch_norm_is_forgotten(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        struct network *network = read_network(list[i].nodes, means, variances);
        bool stays = list[i].kind == LAYER_AFFINE;

        network_fold_batchnorm(network);
        assert_int_equal(find_layer(network) != NULL, stays);
        network_destroy(network);
    }
}

static void behind_a_scale_it_is_a_constant(void **state)
{
    struct network *network = read_network("node Conv x w -> c pads=1,1,1,1\n"
                                           "node Mul c factor -> d\n"
                                           "node BatchNormalization d g b m v -> z\n",
                                           means, variances);

    (void)state;
    assert_null(find_layer(network));
    network_destroy(network);
}

static void of_two_batch_norms_the_second_is_a_constant(void **state)
{
    struct network *network = read_network("node Conv x w -> c pads=1,1,1,1\n"
                                           "node BatchNormalization c g b m v -> d\n"
                                           "node BatchNormalization d g b b v -> z\n",
                                           means, variances);

    (void)state;
    assert_memory_equal(find_layer(network)->batchnorm->mean, means, sizeof means);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fusing_carries_the_statistics_in_units_of_the_products),
        cmocka_unit_test(other_statistics_are_as_if_they_were_trained),
        cmocka_unit_test(the_trained_statistics_give_back_the_same_bits),
        cmocka_unit_test(the_signature_tells_statistics_apart),
        cmocka_unit_test(a_folded_batch_norm_is_forgotten),
        cmocka_unit_test(behind_a_scale_it_is_a_constant),
        cmocka_unit_test(of_two_batch_norms_the_second_is_a_constant),
    };

    return cmocka_run_group_tests_name("batchnorm", tests, NULL, NULL);
}
