#include "core/rewrite/part_products.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two residual blocks: r1 and r2 are multiplied, and added behind. */
static const char *const blocks = "input x N,3,6,6\n"
                                  "floats w1 4,3,3,3 = 0.5 -0.25 0.125 1 -1 0.75 0.3\n"
                                  "floats w2 4,4,3,3 = 0.1 0.2 -0.3 0.4 -0.55\n"
                                  "node Conv x w1 -> c1 pads=1,1,1,1\n"
                                  "node Relu c1 -> r1\n"
                                  "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
                                  "node Add c2 r1 -> a2\n"
                                  "node Relu a2 -> r2\n"
                                  "node Conv r2 w2 -> c3 pads=1,1,1,1\n"
                                  "node Conv r2 w2 -> c4 pads=1,1,1,1\n"
                                  "node Add c3 c4 -> a3\n"
                                  "node Add a3 r2 -> a4\n"
                                  "node GlobalAveragePool a4 -> p\n"
                                  "node Flatten p -> y\n"
                                  "output y\n";

static struct network *read_fused(const char *text)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(text, &err);

    if (!network)
        fail_msg("%s", err.text);
    network_fuse(network);
    return network;
}

/* How many layers multiply tensors of that name, and how many read them otherwise; and of these
 * tensors, whether all are copies. */
static int count_readers(const struct network *network, const char *name, bool products,
                         bool copies)
{
    int readers = 0;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        for (int i = 0; i < layer->input_count; i++) {
            const struct tensor *tensor = &network->tensors[layer->inputs[i]];
            bool is_copy = tensor->producer >= 0 &&
                           network->layers[tensor->producer].kind == LAYER_REARRANGE &&
                           network->layers[tensor->producer].node < 0;

            readers += strcmp(tensor->name, name) == 0 && is_copy == copies &&
                       (layer->kind == LAYER_CONV && i == 0) == products;
        }
    }
    return readers;
}

static void products_read_a_copy_and_sums_what_it_was_made_of(void **state)
{
    struct network *network = read_fused(blocks);
    int layers = network->layer_count;

    (void)state;
    network_part_products(network);
    assert_int_equal(network->layer_count, layers + 2);
    assert_int_equal(count_readers(network, "r1", true, true), 1);
    assert_int_equal(count_readers(network, "r1", true, false), 0);
    assert_int_equal(count_readers(network, "r2", true, true), 2);
    assert_int_equal(count_readers(network, "r2", true, false), 0);
    assert_int_equal(count_readers(network, "r1", false, false),
                     2); /* the copy, a sum */
    assert_int_equal(count_readers(network, "x", true, false),
                     1); /* read by none else */
    network_destroy(network);
}

static void what_is_known_of_a_tensor_is_known_of_its_copy(void **state)
{
    struct network *network = read_fused(blocks);
    int tensors = network->tensor_count;

    (void)state;
    network_part_products(network);
    for (int copy = tensors; copy < network->tensor_count; copy++) {
        const struct tensor *of = &network->tensors[copy];
        const struct tensor *from =
            &network->tensors[network->layers[of->producer].inputs[0]];

        assert_true(of->nonnegative && from->nonnegative);
        assert_string_equal(of->name, from->name);
        assert_int_equal(of->count, from->count);
    }
    network_destroy(network);
}

static void every_layer_stands_behind_what_it_reads(void **state)
{
    struct network *network = read_fused(blocks);

    (void)state;
    network_part_products(network);
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        assert_int_equal(network->tensors[layer->output].producer, index);
        for (int i = 0; i < layer->input_count; i++)
            assert_true(network->tensors[layer->inputs[i]].producer < index);
    }
    network_destroy(network);
}

static void the_logits_are_the_same(void **state)
{
    struct network *network = read_fused(blocks);
    float input[108], before[4], **values;

    (void)state;
    for (int i = 0; i < 108; i++)
        input[i] = sinf((float)i * 1.7f);
    values = plain_network_run(network, input);
    memcpy(before, values[network->output], sizeof before);
    plain_network_free(network, values);
    network_part_products(network);
    values = plain_network_run(network, input);
    assert_memory_equal(values[network->output], before, sizeof before);
    plain_network_free(network, values);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_read_a_copy_and_sums_what_it_was_made_of),
        cmocka_unit_test(what_is_known_of_a_tensor_is_known_of_its_copy),
        cmocka_unit_test(every_layer_stands_behind_what_it_reads),
        cmocka_unit_test(the_logits_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
