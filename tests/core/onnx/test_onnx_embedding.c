#include "core/network/layer_kind.h"

#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TABLE "floats t 5,2 = 0 1 10 11 20 21 30 31 40 41\n"

/* Numbers are 1, 2, 3 ... */
static const struct onnx_case cases[] = {
    {"one number has a row",
     "input x N int32\n" TABLE "node Gather t x -> y",
     2,
     {10, 11}},
    {"numbers have a row each",
     "input x N,3 int32\n" TABLE "node Gather t x -> y axis=0",
     6,
     {10, 11, 20, 21, 30, 31}},
    {"the axis may be counted from the end",
     "input x N,3 int32\n" TABLE "node Gather t x -> y axis=-2",
     6,
     {10, 11, 20, 21, 30, 31}},
    {"rows of a matrix of numbers are images",
     "input x N,2,2 int32\n" TABLE "node Gather t x -> y",
     8,
     {10, 11, 20, 21, 30, 31, 40, 41}},
    {"rows of images of numbers have four dimensions",
     "input x N,2,2,1 int32\n" TABLE "node Gather t x -> y",
     8,
     {10, 11, 20, 21, 30, 31, 40, 41}},
    {"one table is looked up and multiplied with",
     "input x N int32\nfloats t 3,2 = 1 2 3 4 5 6\nnode Gather t x -> e\n"
     "node Transpose t -> turned\nnode MatMul e turned -> y",
     3,
     {11, 25, 39}},
    {"a turned table is looked up",
     "input x N int32\nfloats t 2,3 = 1 2 3 4 5 6\nnode Transpose t -> turned\n"
     "node Gather turned x -> e\nnode MatMul e t -> y",
     3,
     {22, 29, 36}},
    {"a computed table is looked up",
     "input x N int32\n" TABLE
     "floats two - = 2\nnode Mul t two -> u\nnode Gather u x -> y",
     2,
     {20, 22}},
};

static const struct onnx_refusal refusals[] = {
    {"columns are not looked up",
     "input x N int32\n" TABLE "node Gather t x -> y axis=1",
     "its axis is 1; calq looks up rows of \"t\", which is axis 0"},
    {"a table has two dimensions",
     "input x N int32\nfloats t 5,2,2 = 1\nnode Gather t x -> y",
     "\"t\" is [5, 2, 2]; calq looks up rows of a table [rows, columns]"},
    {"a table is of floats",
     "input x N int32\nintegers t 5,2 = 1\nnode Gather t x -> y",
     "its input \"t\" must be of a float type"},
    {"numbers are those of samples", "input x N,2\n" TABLE "node Gather t x -> y",
     "its indices \"x\" are computed; calq looks up numbers that samples hold"},
    {"there are not too many dimensions",
     "input x N,1,1,1,1,1,1 int32\n" TABLE "node Gather t x -> y",
     "its output has more than 7 dimensions"},
};

static void rows_are_looked_up(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void what_is_no_lookup_is_refused(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

/* Also where two tables are of other sizes. */
static void samples_hold_rows_of_every_table(void **state)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(
        "input x N int32\ninput z N int32\n" TABLE
        "floats s 3,2 = 1\nnode Gather t x -> a\n"
        "node Gather s x -> b\nnode Gather t z -> c\nnode Add a b -> d\n"
        "node Add c d -> y\noutput y",
        &err);

    (void)state;
    assert_non_null(network);
    assert_int_equal(network_input(network, 0)->least, -3);
    assert_int_equal(network_input(network, 0)->most, 2);
    assert_int_equal(network_input(network, 1)->least, -5);
    assert_int_equal(network_input(network, 1)->most, 4);
    network_destroy(network);
}

static void a_table_is_a_weight_tensor(void **state)
{
    struct error err = {0};
    struct network *network =
        onnx_builder_read("input x N,3 int32\n" TABLE
                          "node Gather t x -> e\nnode Flatten e -> y\noutput y",
                          &err);
    const struct weights *table;

    (void)state;
    assert_non_null(network);
    table = network->layers[0].weights;
    assert_int_equal(network->layers[0].kind, LAYER_EMBEDDING);
    assert_int_equal(network->layers[0].weight_count, 1);
    assert_string_equal(table->name, "t");
    assert_int_equal(table->outputs, 5);
    assert_int_equal(table->inputs, 2);
    assert_int_equal(network_macs(network), 0);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_looked_up),
        cmocka_unit_test(what_is_no_lookup_is_refused),
        cmocka_unit_test(samples_hold_rows_of_every_table),
        cmocka_unit_test(a_table_is_a_weight_tensor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
