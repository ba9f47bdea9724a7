#include "core/rewrite/fuse.h"

#include "core/evaluate/evaluator.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const residual_network =
    "input x N,3,6,6\n"
    "floats w1 4,3,3,3 = 0.5 -0.25 0.125 1 -1 0.75 0.3\n"
    "floats w2 4,4,3,3 = 0.1 0.2 -0.3 0.4 -0.55\n"
    "floats g 4 = 1.5 0.5 -1 2\n"
    "floats b 4 = 0.1 -0.2 0.3 0\n"
    "floats m 4 = 0.5 0 -0.5 1\n"
    "floats v 4 = 1 2 0.5 4\n"
    "node Conv x w1 -> c1 pads=1,1,1,1\n"
    "node BatchNormalization c1 g b m v -> n1\n"
    "node Relu n1 -> r1\n"
    "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
    "node BatchNormalization c2 g b m v -> n2\n"
    "node Add n2 r1 -> a\n"
    "node Relu a -> r2\n"
    "node GlobalAveragePool r2 -> p\n"
    "node Flatten p -> y\n"
    "output y\n";

/* The second convolution comes before the one of the shortcut; so its sum is made later. */
static const char *const downsampling_network =
    "input x N,2,4,4\n"
    "floats w1 3,2,3,3 = 0.5 -0.25 0.125 1 -1\n"
    "floats w2 3,2,1,1 = 0.1 0.2 -0.3\n"
    "node Conv x w1 -> c1 pads=1,1,1,1 strides=2,2\n"
    "node Slice x s e ax st -> sl\n"
    "integers s 2 = 0 0\n"
    "integers e 2 = 4 4\n"
    "integers ax 2 = 2 3\n"
    "integers st 2 = 2 2\n"
    "node Conv sl w2 -> c2\n"
    "node Add c1 c2 -> a\n"
    "node Relu a -> r\n"
    "node GlobalAveragePool r -> p\n"
    "node Flatten p -> y\n"
    "output y\n";

/* What is added to the convolution is made after it. */
static const char *const late_network =
    "input x N,2,4,4\n"
    "floats w1 2,2,3,3 = 0.5 -0.25 0.125 1 -1\n"
    "integers s 2 = 0 0\n"
    "integers e 2 = 4 4\n"
    "integers ax 2 = 2 3\n"
    "integers st 2 = 2 2\n"
    "node Conv x w1 -> c1 pads=1,1,1,1 strides=2,2\n"
    "node Slice x s e ax st -> sl\n"
    "node Add c1 sl -> a\n"
    "node Relu a -> r\n"
    "node GlobalAveragePool r -> p\n"
    "node Flatten p -> y\n"
    "output y\n";

/* Nothing moves when a plane of one channel is flattened, but its channels are other ones. */
static const char *const flat_network = "input x N,1,6,6\n"
                                        "floats w 3,36 = 0.5 -0.25 0.125 1 -1\n"
                                        "node Flatten x -> f\n"
                                        "node Gemm f w -> y transB=1\n"
                                        "output y\n";

static struct network *read_text(const char *text)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(text, &err);

    if (!network)
        fail_msg("%s", err.text);
    return network;
}

/* The logits of the plain definition. */
static void plain_logits(const struct network *network, float *logits)
{
    float input[108];
    float **values;

    for (int i = 0; i < 108; i++)
        input[i] = sinf((float)i * 1.7f);
    values = plain_network_run(network, input);
    memcpy(logits, values[network->output],
           network->tensors[network->output].count * sizeof *logits);
    plain_network_free(network, values);
}

static void check_same_logits(const char *text, int layers_after)
{
    struct network *network = read_text(text);
    float before[4], after[4];
    size_t classes = network->tensors[network->output].count;

    plain_logits(network, before);
    network_fuse(network);
    assert_int_equal(network->layer_count, layers_after);
    plain_logits(network, after);
    for (size_t i = 0; i < classes; i++)
        assert_float_equal(after[i], before[i], 1e-5);
    network_fold_batchnorm(network);
    plain_logits(network, after);
    for (size_t i = 0; i < classes; i++)
        assert_float_equal(after[i], before[i], 1e-5);
    network_destroy(network);
}

static void fusing_and_folding_keep_the_logits(void **state)
{
    (void)state;
    check_same_logits(residual_network, 4);
    check_same_logits(downsampling_network, 5);
    check_same_logits(late_network, 4);
    check_same_logits(flat_network, 2);
}

static void a_block_becomes_convolutions_with_residual_and_clamp(void **state)
{
    struct network *network = read_text(residual_network);
    const struct layer *last;

    (void)state;
    network_fuse(network);
    last = &network->layers[1];
    assert_int_equal(last->kind, LAYER_CONV);
    assert_true(last->conv.has_residual);
    assert_float_equal(last->low, 0, 0);
    assert_string_equal(network->tensors[last->output].name, "r2");
    assert_string_equal(network->tensors[last->inputs[1]].name, "r1");
    assert_true(network->tensors[last->output].nonnegative);
    network_destroy(network);
}

static void what_is_clamped_below_zero_is_not_nonnegative(void **state)
{
    struct network *network = read_text("input x N,1,2,2\n"
                                        "node Relu x -> r\n"
                                        "node Concat r r -> c axis=1\n"
                                        "floats most - = -0.5\n"
                                        "node Min c most -> m\n"
                                        "floats w2 1,2,1,1 = 2 3\n"
                                        "node Conv m w2 -> y\n"
                                        "output y\n");

    (void)state;
    network_fuse(network);
    assert_true(network->tensors[network_find_tensor(network, "r")].nonnegative);
    assert_false(network->tensors[network_find_tensor(network, "m")].nonnegative);
    network_destroy(network);
}

static void a_tensor_with_two_readers_is_not_swallowed(void **state)
{
    struct network *network = read_text("input x N,1,2,2\n"
                                        "floats w 1,1,1,1 = 2\n"
                                        "node Conv x w -> c\n"
                                        "node Relu c -> r\n"
                                        "node Add c r -> a\n"
                                        "node Flatten a -> y\n"
                                        "output y\n");

    (void)state;
    network_fuse(network);
    assert_true(network_find_tensor(network, "c") >= 0);
    assert_false(network->tensors[network_find_tensor(network, "c")].nonnegative);
    assert_false(network->tensors[network_find_tensor(network, "a")].nonnegative);
    network_destroy(network);
}

static void unread_layers_and_their_tensors_disappear(void **state)
{
    struct network *network = read_text("input x N,2,1,1\n"
                                        "floats w 2,2,1,1 = 1 2 3 4\n"
                                        "node Relu x -> unread\n"
                                        "node Conv x w -> c\n"
                                        "node Flatten c -> y\n"
                                        "output y\n");

    (void)state;
    network_fuse(network);
    assert_int_equal(network_find_tensor(network, "unread"), -1);
    assert_true(network->layer_count <= 2);
    network_destroy(network);
}

static void a_reshape_that_changes_the_channels_stays(void **state)
{
    struct network *network = read_text(flat_network);

    (void)state;
    network_fuse(network);
    assert_int_equal(network->tensors[network->layers[1].inputs[0]].channels, 36);
    network_destroy(network);
}

/* A convolution that cannot take the sum in does not wait for the other one. */
static void the_order_changes_only_where_it_helps(void **state)
{
    struct network *network = read_text("input x N,1,2,2\n"
                                        "floats w 1,1,1,1 = 2\n"
                                        "node Conv x w -> a name=/a\n"
                                        "node Relu a -> ra\n"
                                        "node Conv x w -> b name=/b\n"
                                        "node Relu b -> rb\n"
                                        "node Conv rb w -> c name=/c\n"
                                        "node Relu c -> rc\n"
                                        "node Add ra rc -> s\n"
                                        "node Flatten s -> y\n"
                                        "output y\n");

    (void)state;
    network_fuse(network);
    assert_string_equal(network->layers[0].name, "/a");
    assert_string_equal(network->layers[1].name, "/b");
    network_destroy(network);
}

/* The sum is a layer whose inputs can be rounded; its clamp is its own. */
static void sums_can_stay_apart(void **state)
{
    struct network *network = read_text(residual_network);
    float before[4], after[4];
    const struct layer *sum;
    int output;

    (void)state;
    plain_logits(network, before);
    network_fuse_but_sums(network);
    output = network_find_tensor(network, "r2");
    sum = &network->layers[network->tensors[output].producer];
    assert_int_equal(sum->kind, LAYER_ADD);
    assert_float_equal(sum->low, 0, 0);
    assert_true(network->tensors[output].nonnegative);
    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].kind == LAYER_CONV)
            assert_false(network->layers[layer].conv.has_residual);
    plain_logits(network, after);
    for (size_t i = 0; i < network->tensors[network->output].count; i++)
        assert_float_equal(after[i], before[i], 1e-5);
    network_destroy(network);
}

/* What brings lines into the file's order and back goes, and batch norm and ReLU are part of the layers. */
static void convolutions_over_lines_follow_each_other(void **state)
{
    struct error err = {0};
    struct network *network = onnx_builder_read_fused(
        "input x N,2,8\nfloats w1 4,2,3\nfloats w2 3,4,3\n"
        "floats g 4 = 1.5 0.5 -1 2\nfloats v 4 = 1 2 0.5 4\n"
        "node Conv x w1 -> c1 pads=1,1\nnode BatchNormalization c1 g g g v -> n1\n"
        "node Relu n1 -> r1\nnode Conv r1 w2 -> c2\nnode GlobalAveragePool c2 -> p\n"
        "node Flatten p -> y\noutput y",
        &err);

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layers[0].kind, LAYER_REARRANGE);
    assert_int_equal(network->layers[1].kind, LAYER_CONV);
    assert_float_equal(network->layers[1].low, 0, 0);
    assert_string_equal(network->tensors[network->layers[1].output].name, "r1");
    assert_int_equal(network->layers[2].kind, LAYER_CONV);
    assert_int_equal(network->layers[2].inputs[0], network->layers[1].output);
    assert_int_equal(network->layers[3].kind, LAYER_AVERAGE_POOL);
    network_destroy(network);
}

/* A view that moves nothing goes, and the product reads a tensor of fewer dimensions than its matrices have. */
static void a_product_multiplies_the_matrices_of_a_view_that_is_gone(void **state)
{
    enum { SAMPLES = 3, CLASSES = 4 };
    float values[SAMPLES * CLASSES], logits[SAMPLES * CLASSES];
    struct samples samples = {.values = {values}, .count = SAMPLES};
    struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD}, .weight_bits = 8};
    struct placement placement;
    struct evaluator *evaluator;
    struct error err = {0};
    struct network *network = onnx_builder_read_fused(
        "input x N,4\nintegers s 4 = -1 4 1 1\n"
        "floats w 4,4 = 1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1\n"
        "node Reshape x s -> v\nnode MatMul v v -> m\nnode Flatten m -> f\n"
        "node Gemm f w -> y\noutput y",
        &err);

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layer_count, 2);
    assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
    for (int i = 0; i < SAMPLES * CLASSES; i++)
        values[i] = (float)(i - 5);
    evaluator = evaluator_create(
        network, &placement,
        &(struct evaluator_options){.kernels = kernel_set_best(), .block = 2}, samples);
    evaluator_logits(evaluator, NULL, samples, logits);
    for (int i = 0; i < SAMPLES * CLASSES; i++)
        assert_float_equal(logits[i], values[i] * values[i], 0);
    evaluator_destroy(evaluator);
    placement_clear(&placement);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fusing_and_folding_keep_the_logits),
        cmocka_unit_test(a_block_becomes_convolutions_with_residual_and_clamp),
        cmocka_unit_test(what_is_clamped_below_zero_is_not_nonnegative),
        cmocka_unit_test(a_tensor_with_two_readers_is_not_swallowed),
        cmocka_unit_test(unread_layers_and_their_tensors_disappear),
        cmocka_unit_test(a_reshape_that_changes_the_channels_stays),
        cmocka_unit_test(sums_can_stay_apart),
        cmocka_unit_test(convolutions_over_lines_follow_each_other),
        cmocka_unit_test(a_product_multiplies_the_matrices_of_a_view_that_is_gone),
        cmocka_unit_test(the_order_changes_only_where_it_helps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
