#include "core/evaluate/slices.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Codes that layers read and write of a sample: 1536, 1024, 1024, 640, 256, and 5120 beside 8192 weights. */
static const char *const text = "input x N,4,16,16\n"
                                "floats w0 2,4,1,1 = 0.5 -0.25\n"
                                "floats w1 2,2,1,1 = 0.5 -0.25\n"
                                "floats w2 64,2,8,8 = 0.5 -0.25\n"
                                "node Conv x w0 -> c0\n"
                                "node Conv c0 w1 -> c1\n"
                                "node Relu c1 -> r1\n"
                                "node MaxPool r1 -> p kernel_shape=2,2 strides=2,2\n"
                                "node Conv p w1 -> c2\n"
                                "node Conv c2 w2 -> c3\n"
                                "output c3\n";

struct expected {
    int block;
    size_t near_bytes;
    struct stretch first, last; /* of the first layer, of the last one */
};

static const struct expected cases[] = {
    {4, 4096, {0, 1, 0}, {5, 6, 0}}, /* everything is near */
    {8,
     2048,
     {0, 1, 0},
     {5, 6, 0}}, /* all but the first layer, which has none to go on with */
    {8, 1500, {0, 3, 1}, {5, 6, 0}},
    {8, 1024, {0, 4, 1}, {5, 6, 0}},
    {64, 600, {0, 5, 1}, {5, 6, 0}}, /* all but the layer whose weights are not */
    {64, 5500, {0, 4, 3}, {5, 6, 0}},
    {4096,
     5500,
     {0, 4, 3},
     {5, 6, 0}}, /* the last but one would take seven times as many */
};

static void assert_stretch(struct stretch found, struct stretch expected)
{
    assert_int_equal(found.first, expected.first);
    assert_int_equal(found.end, expected.end);
    assert_int_equal(found.samples, expected.samples);
}

static void check(const struct network *network, const struct expected *expected)
{
    struct plane *planes = planes_of(network);
    struct stretch *stretches =
        slices_of(network, planes, expected->block, expected->near_bytes);

    assert_stretch(stretches[0], expected->first);
    assert_stretch(stretches[network->layer_count - 1], expected->last);
    free(planes);
    free(stretches);
}

static void layers_whose_tensors_are_large_take_some_samples_at_once(void **state)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(text, &err);

    (void)state;
    if (!network)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(network, &cases[i]);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_whose_tensors_are_large_take_some_samples_at_once),
    };

    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
