#include "core/quant/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct container_case {
    enum grid grid;
    int bits, zero;
    int narrowest;
    const char *name;
    int lowest, highest;
    bool is_wider;
    int opset;
} cases[] = {
    {GRID_NARROW, 8, 0, 8, "int8", -127, 127, true, 13},
    {GRID_NARROW, 4, 0, 8, "int8", -7, 7, true, 13},
    {GRID_MIDTREAD, 8, 0, 8, "int8", -128, 127, false, 13},
    {GRID_UNSIGNED, 8, 0, 8, "uint8", 0, 255, false, 13},
    {GRID_UNSIGNED, 4, 0, 8, "uint8", 0, 15, true, 13},
    {GRID_MIDRISE, 7, 0, 8, "int8", -127, 127, true, 13},
    {GRID_MIDRISE, 8, 0, 8, "int16", -255, 255, true, 21},
    {GRID_UNSIGNED, 4, 0, 4, "uint4", 0, 15, false, 21},
    {GRID_MIDTREAD, 4, 0, 4, "int4", -8, 7, false, 21},
    {GRID_MIDRISE, 3, 0, 4, "int4", -7, 7, true, 21},
    {GRID_MIDRISE, 4, 0, 4, "int8", -15, 15, true, 13},
    {GRID_UNSIGNED, 5, 0, 4, "uint8", 0, 31, true, 13},
    {GRID_ASYMMETRIC, 8, 17, 8, "uint8", -17, 238, false, 13},
    {GRID_ASYMMETRIC, 8, 255, 8, "uint8", -255, 0, false, 13},
    {GRID_ASYMMETRIC, 4, 3, 8, "uint8", -3, 12, true, 13},
    {GRID_ASYMMETRIC, 4, 15, 4, "uint4", -15, 0, false, 21},
    {GRID_ASYMMETRIC, 5, 3, 4, "uint8", -3, 28, true, 13},
    {GRID_NARROW, 2, 0, 2, "int2", -1, 1, true, 25},
    {GRID_MIDTREAD, 2, 0, 2, "int2", -2, 1, false, 25},
    {GRID_UNSIGNED, 2, 0, 2, "uint2", 0, 3, false, 25},
    {GRID_NARROW, 3, 0, 2, "int4", -3, 3, true, 21},
    {GRID_NARROW, 5, 0, 2, "int8", -15, 15, true, 13},
};

static void codes_stand_in_the_narrowest_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct container_case *test = &cases[i];
        struct quantizer quantizer = {test->grid, test->bits, 1, test->zero};
        struct container container = container_of(&quantizer, test->narrowest);

        assert_string_equal(container.name, test->name);
        assert_int_equal(container.lowest, test->lowest);
        assert_int_equal(container.highest, test->highest);
        assert_int_equal(container.zero_point, test->zero);
        assert_int_equal(container_is_wider(&container), test->is_wider);
        assert_int_equal(container_opset(&container), test->opset);
    }
}

/* For every code, so that a runtime that multiplies integer and step has calq's weight. */
static void values_are_the_same_to_the_last_bit(void **state)
{
    static const float steps[] = {0.1f, 0.0371f, 1e-6f, 3.3e4f};

    (void)state;
    for (int grid = 0; grid < GRID_COUNT; grid++)
        for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++)
            for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
                struct quantizer quantizer = {(enum grid)grid, bits, steps[i],
                                              grid == GRID_ASYMMETRIC ? (1 << bits) / 3
                                                                      : 0};
                struct container container = container_of(&quantizer, 8);
                float step = container_step(&container, steps[i]);

                for (int code = quantizer_lowest(&quantizer);
                     code <= quantizer_highest(&quantizer); code++) {
                    int integer = container.factor * code + container.offset;
                    float value = (float)integer * step;

                    assert_true(value == quantizer_value(&quantizer, code));
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stand_in_the_narrowest_type),
        cmocka_unit_test(values_are_the_same_to_the_last_bit),
    };

    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
