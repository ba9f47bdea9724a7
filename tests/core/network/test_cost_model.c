#include "core/network/cost_model.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Two products: 6 x 4 weights, then 5 x 6. */
static void codes_steps_floats_and_products_are_counted(void **state)
{
    const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 3,
        .activation_bits = 8,
    };
    struct error err = {0};
    struct placement placement;
    struct choice choices[4];
    struct cost cost;
    struct network *network = onnx_builder_read_fused("input x N,4\n"
                                                      "floats a 6,4 = 0.5 -1\n"
                                                      "floats b 5,6 = 0.5 -1\n"
                                                      "node Gemm x a -> h transB=1\n"
                                                      "node Gemm h b -> y transB=1\n"
                                                      "output y\n",
                                                      &err);

    (void)state;
    if (!network || placement_init(&placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(placement.count, 4); /* x, a, h, b */
    placement_choices(&placement, (const float[]){1, 1, 1, 1}, choices);
    choices[3] = placement_choice_at(&placement.items[3], BITS_FLOAT, 1);
    choices[2] = placement_choice_at(&placement.items[2], 4, 1);
    cost = cost_model_of(network, &placement, choices);
    assert_true(cost.weight_bits == (24 * 3 + 30 * 32) / 54.0);
    assert_true(cost.activation_bits == (4 * 8 + 6 * 4) / 10.0);
    /* Codes and their step; floats; two steps of activations. */
    assert_true(cost.weight_bytes == (24 * 3 / 8 + 4) + 30 * 4 + 2 * 4);
    assert_true(cost.bit_operations == 24 * 3 * 8 + 30 * 32 * 4);
    placement_clear(&placement);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_steps_floats_and_products_are_counted),
    };

    return cmocka_run_group_tests_name("cost_model", tests, NULL, NULL);
}
