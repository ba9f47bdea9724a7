#include "core/evaluate/overhead.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 8 weights a channel on 4x4 pixels, a depthwise layer of 9, and a fully connected one. */
static const char *const text = "input x N,8,4,4\n"
                                "floats v 6,8,1,1 = 0.1 0.9 -0.3 0.5 -0.7\n"
                                "floats d 6,1,3,3 = 0.2 -0.4 0.3\n"
                                "floats f 5,6 = 0.3 0.1 -0.6 0.2\n"
                                "node Conv x v -> c\n"
                                "node Conv c d -> e group=6 pads=1,1,1,1\n"
                                "node GlobalAveragePool e -> p\n"
                                "node Flatten p -> q\n"
                                "node Gemm q f -> y transB=1\n"
                                "output y\n";

enum { PIXELS = 16, WEIGHTS = 48 + 54 + 30, MACS = 48 * PIXELS + 54 * PIXELS + 30 };

static struct network *network;
static struct placement placement;
static struct overhead overhead;

static int make_network(void **state)
{
    struct error err;

    (void)state;
    network = onnx_builder_read_fused(text, &err);
    if (!network)
        return -1;
    return 0;
}

static int free_network(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

static void find(struct splitting_rules splitting, double second_above, float step)
{
    struct placement_rules rules = {
        .grids = {GRID_MIDTREAD, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = BITS_FLOAT,
        .splitting = splitting,
        .second_above = second_above,
    };
    struct choice choices[3];
    struct error err;

    assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
    assert_int_equal(placement.count, 3);
    placement_choices(&placement, (float[]){step, step, step}, choices);
    overhead_find(&overhead, network, &placement, choices);
    assert_int_equal(overhead.parameters, WEIGHTS);
    assert_int_equal(overhead.macs, MACS);
    assert_int_equal(overhead.grouped_layers, 1);
}

static int clear(void **state)
{
    (void)state;
    overhead_clear(&overhead);
    assert_null(overhead.factors);
    placement_clear(&placement);
    return 0;
}

/* 2 of 8 and 2 of 6 channels. */
static void split_layers_grow_by_their_channels(void **state)
{
    (void)state;
    find((struct splitting_rules){.ratio = 0.25}, 0, 0.1f);
    assert_int_equal(overhead.split_layers, 2);
    assert_int_equal(overhead.channels, 4);
    assert_int_equal(overhead.added_parameters, 2 * 6 + 2 * 5);
    assert_int_equal(overhead.added_macs, 2 * 6 * PIXELS + 2 * 5);
    assert_int_equal(overhead.dual_layers, 0);
}

/* All weights are multiples of a tenth, and none of 0.17. */
static void layers_double_where_their_error_is_large(void **state)
{
    (void)state;
    find((struct splitting_rules){0}, 1e-3, 0.17f);
    assert_int_equal(overhead.dual_layers, 2);
    assert_int_equal(overhead.added_parameters, 48 + 30);
    assert_int_equal(overhead.added_macs, 48 * PIXELS + 30);
    assert_true(overhead.factors[0] > 1 && overhead.factors[1] == 1 &&
                overhead.factors[2] > 1);
    clear(NULL);
    find((struct splitting_rules){0}, 0.1, 0.17f);
    assert_int_equal(overhead.dual_layers, 0);
    assert_int_equal(overhead.added_macs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(split_layers_grow_by_their_channels, clear),
        cmocka_unit_test_teardown(layers_double_where_their_error_is_large, clear),
    };

    return cmocka_run_group_tests_name("overhead", tests, make_network, free_network);
}
