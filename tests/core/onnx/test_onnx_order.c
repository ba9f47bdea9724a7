#include "core/onnx/onnx_order.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Outputs in the order of the nodes, each of one letter. */
static void assert_order(const char *text, const char *expected)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    char order[16] = "";

    onnx_order_nodes(model->graph);
    for (size_t i = 0; i < model->graph->n_node; i++)
        order[i] = *model->graph->node[i]->output[0];
    assert_string_equal(order, expected);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void what_is_in_order_stays(void **state)
{
    (void)state;
    assert_order("input x N,2\nnode Relu x -> c\nnode Relu x -> a\nnode Add a c -> b",
                 "cab");
}

static void a_node_comes_behind_what_it_reads(void **state)
{
    (void)state;
    assert_order("input x N,2\nnode Add b c -> y\nnode Relu x -> c\nnode Relu a -> b\n"
                 "node Relu x -> a",
                 "abcy");
}

static void nodes_that_wait_for_each_other_are_kept(void **state)
{
    (void)state;
    assert_order("input x N,2\nnode Add b x -> a\nnode Relu a -> b\nnode Relu c -> c",
                 "bac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_order_stays),
        cmocka_unit_test(a_node_comes_behind_what_it_reads),
        cmocka_unit_test(nodes_that_wait_for_each_other_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
