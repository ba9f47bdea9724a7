#include "core/rewrite/gates.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { ELEMENTS = 12, TEXT_BYTES = 2048 };

#define ERF "node Div x root -> d\nnode Erf d -> e\nnode Add e one -> a\n"
#define BENT "floats c - = 0.044715\nnode Mul q c -> k\nnode Add x k -> b\n"
#define TANH                                                                           \
    "floats s - = 0.7978846\nnode Mul b s -> d\nnode Tanh d -> e\nnode Add e one -> "  \
    "a\n"

/* Nodes from x to y, and the operation that they become. */
static const struct pattern {
    const char *fact;
    const char *nodes;
    enum unary_operation operation;
} patterns[] = {
    {"SiLU", "node Sigmoid x -> s\nnode Mul x s -> y\n", UNARY_SWISH},
    {"SiLU, the gate first", "node Sigmoid x -> s\nnode Mul s x -> y\n", UNARY_SWISH},
    {"SiLU of a multiple",
     "node Mul z half -> x2\nnode Sigmoid x2 -> s\nnode Mul x2 s -> y\n", UNARY_SWISH},
    {"a gate of a multiple",
     "floats k - = 1.702\nnode Mul x k -> m\nnode Sigmoid m -> s\nnode Mul x s -> y\n",
     UNARY_SWISH},
    {"HardSwish", "node HardSigmoid x -> s alpha=0.1666666666\nnode Mul x s -> y\n",
     UNARY_HARD_SWISH},
    {"Mish", "node Softplus x -> p\nnode Tanh p -> t\nnode Mul x t -> y\n", UNARY_MISH},
    {"Gelu, halved behind", ERF "node Mul x a -> m\nnode Mul m half -> y\n",
     UNARY_GELU},
    {"Gelu, its x halved", ERF "node Mul x half -> h\nnode Mul h a -> y\n", UNARY_GELU},
    {"Gelu, its gate halved", ERF "node Mul a half -> h\nnode Mul h x -> y\n",
     UNARY_GELU},
    {"Gelu, x multiplied with the root of a half",
     "floats r - = 0.70710678\nnode Mul x r -> d\nnode Erf d -> e\n"
     "node Add one e -> a\nnode Mul a x -> m\nnode Mul half m -> y\n",
     UNARY_GELU},
    {"Gelu by the tangent",
     "floats t - = 3\nnode Pow x t -> q\n" BENT TANH
     "node Mul x half -> h\nnode Mul h a -> y\n",
     UNARY_GELU_TANH},
    {"Gelu by the tangent, of products",
     "node Mul x x -> x2\nnode Mul x2 x -> q\n" BENT TANH
     "node Mul x a -> m\nnode Mul m half -> y\n",
     UNARY_GELU_TANH},
};

/* Nodes that look like a pattern and are none. */
static const struct pattern others[] = {
    {"of another tensor", "node Sigmoid z -> s\nnode Mul x s -> y\n", UNARY_SIGMOID},
    {"the gate is doubled",
     "floats t - = 2\nnode Sigmoid x -> s\nnode Mul s t -> u\nnode Mul x u -> y\n",
     UNARY_SIGMOID},
    {"the gate is shifted",
     "node Sigmoid x -> s\nnode Add s one -> u\nnode Mul x u -> y\n", UNARY_SIGMOID},
    {"the gate is cut", "node Tanh x -> t\nnode Softplus t -> p\nnode Mul x p -> y\n",
     UNARY_TANH},
    {"another slope", "node HardSigmoid x -> s\nnode Mul x s -> y\n",
     UNARY_HARD_SIGMOID},
    {"no half of it", ERF "node Mul x a -> y\n", UNARY_ERF},
    {"another root",
     "node Erf x -> e\nnode Add e one -> a\nnode Mul x a -> m\nnode Mul m half -> y\n",
     UNARY_ERF},
    {"a clamp between", "node Sigmoid x -> s\nnode Relu x -> r\nnode Mul r s -> y\n",
     UNARY_SIGMOID},
};

static struct network *read(const struct pattern *pattern)
{
    struct error err = {0};
    char text[TEXT_BYTES];
    struct network *network;

    snprintf(text, sizeof text,
             "input z N,3,2,2\nfloats root - = 1.41421356\nfloats one - = 1\n"
             "floats half - = 0.5\nfloats w 3,3,1,1 = 0.5 -1 2 -2 0.25 1 3 -0.5\n"
             "node Conv z w -> x\n%snode Flatten y -> f\noutput f\n",
             pattern->nodes);
    network = onnx_builder_read(text, &err);
    if (!network)
        fail_msg("%s: %s", pattern->fact, err.text);
    return network;
}

static int count_unary(const struct network *network, enum unary_operation operation)
{
    int count = 0;

    for (int i = 0; i < network->layer_count; i++)
        count += network->layers[i].kind == LAYER_UNARY &&
                 network->layers[i].unary.operation == operation;
    return count;
}

static int count_kind(const struct network *network, enum layer_kind kind)
{
    int count = 0;

    for (int i = 0; i < network->layer_count; i++)
        count += network->layers[i].kind == kind;
    return count;
}

static void compare(const struct pattern *pattern, const struct network *network,
                    const struct network *fused)
{
    float input[ELEMENTS], **values, **fused_values;

    for (int i = 0; i < ELEMENTS; i++)
        input[i] = sinf((float)i) * 2;
    values = plain_network_run(network, input);
    fused_values = plain_network_run(fused, input);
    for (size_t i = 0; i < ELEMENTS; i++) {
        float value = plain_network_at(network, values, network->output, i);
        float other = plain_network_at(fused, fused_values, fused->output, i);

        if (fabsf(value - other) > 1e-6f * (1 + fabsf(value)))
            fail_msg("%s: value %zu is %g, not %g", pattern->fact, i, (double)other,
                     (double)value);
    }
    plain_network_free(network, values);
    plain_network_free(fused, fused_values);
}

static void patterns_become_one_layer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct network *network = read(&patterns[i]), *fused = read(&patterns[i]);

        network_fuse(fused);
        compare(&patterns[i], network, fused);
        if (count_unary(fused, patterns[i].operation) != 1 ||
            count_kind(fused, LAYER_UNARY) != 1 ||
            count_kind(fused, LAYER_BINARY) != 0 || count_kind(fused, LAYER_ADD) != 0)
            fail_msg("%s: it is no single layer", patterns[i].fact);
        network_destroy(network);
        network_destroy(fused);
    }
}

static void what_only_looks_like_them_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        struct network *network = read(&others[i]), *fused = read(&others[i]);

        network_fuse(fused);
        compare(&others[i], network, fused);
        if (count_unary(fused, others[i].operation) != 1 ||
            count_kind(fused, LAYER_BINARY) != 1)
            fail_msg("%s: it was merged", others[i].fact);
        network_destroy(network);
        network_destroy(fused);
    }
}

static void parts_that_others_read_stay(void **state)
{
    static const struct pattern pattern = {
        "the gate is read twice",
        "node Sigmoid x -> s\nnode Mul x s -> m\nnode Add m s -> y\n", UNARY_SWISH};
    struct network *network = read(&pattern), *fused = read(&pattern);

    (void)state;
    network_fuse(fused);
    compare(&pattern, network, fused);
    assert_int_equal(count_unary(fused, UNARY_SWISH), 1);
    assert_int_equal(count_unary(fused, UNARY_SIGMOID), 1);
    network_destroy(network);
    network_destroy(fused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_become_one_layer),
        cmocka_unit_test(what_only_looks_like_them_stays),
        cmocka_unit_test(parts_that_others_read_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
