#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define SQUARE "input x N,1,3,3\n"  /* 1 2 3 / 4 5 6 / 7 8 9 */
#define IMAGE "input x N,2,2,2\n"   /* 1 2 / 3 4 | 5 6 / 7 8 */
#define SEQUENCE "input x N,2,3\n"  /* 1 2 3 | 4 5 6 */
#define LINE "input x N,4\n"        /* 1 2 3 4 */
#define FILES "input x N,2,1,2,2\n" /* 1 2 / 3 4 | 5 6 / 7 8 */

/* x is 1 2 3, 4 5 6 */
#define STEPS "input x N,2,3\nnode Transpose x -> t perm=1,0,2\n"

static const struct onnx_case cases[] = {
    {"a mean over height and width",
     IMAGE "node ReduceMean x -> y axes=2,3",
     2,
     {2.5f, 6.5f}},
    {"a mean may drop its axes",
     IMAGE "floats w 2,1 = 1 10\nnode ReduceMean x -> m axes=-1,-2 keepdims=0\n"
           "node Gemm m w -> y",
     1,
     {67.5f}},
    {"a mean over columns", SQUARE "node ReduceMean x -> y axes=3,", 3, {2, 5, 8}},
    {"axes may be an input",
     SQUARE "opset 18\nintegers a 2 = 2 3\nnode ReduceMean x a -> y",
     1,
     {5}},
    {"a mean over channels", IMAGE "node ReduceMean x -> y axes=1,", 4, {3, 4, 5, 6}},
    {"a mean over rows, without them",
     IMAGE "node ReduceMean x -> y axes=2, keepdims=0",
     4,
     {2, 3, 6, 7}},
    {"a mean over columns, without them",
     IMAGE "node ReduceMean x -> y axes=-1, keepdims=0",
     4,
     {1.5f, 3.5f, 5.5f, 7.5f}},
    {"a mean over a sample", IMAGE "node ReduceMean x -> y axes=1,2,3", 1, {4.5f}},
    {"a mean over steps",
     SEQUENCE "node ReduceMean x -> y axes=1,",
     3,
     {2.5f, 3.5f, 4.5f}},
    {"a mean over features",
     SEQUENCE "node ReduceMean x -> y axes=2, keepdims=0",
     2,
     {2, 5}},
    {"what is left may be an image",
     FILES "node ReduceSum x -> y axes=2, keepdims=0",
     8,
     {1, 2, 3, 4, 5, 6, 7, 8}},
    {"or one that was none",
     FILES "node ReduceSum x -> y axes=1, keepdims=0",
     4,
     {6, 8, 10, 12}},
    {"a sum", LINE "node ReduceSum x -> y axes=1,", 1, {10}},
    {"a sum has axes as an input since opset 13",
     LINE "opset 13\nintegers a 1 = -1\nnode ReduceSum x a -> y keepdims=0",
     1,
     {10}},
    {"a maximum", LINE "node ReduceMax x -> y axes=1,", 1, {4}},
    {"a minimum", LINE "node ReduceMin x -> y axes=1,", 1, {1}},
    {"a product", LINE "node ReduceProd x -> y axes=1,", 1, {24}},
    {"a sum of magnitudes",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode ReduceL1 s -> y axes=1,",
     1,
     {4}},
    {"a root of squares", LINE "node ReduceL2 x -> y axes=1,", 1, {5.47722558f}},
    {"a sum of squares", LINE "node ReduceSumSquare x -> y axes=1,", 1, {30}},
    {"a logarithm of a sum", LINE "node ReduceLogSum x -> y axes=1,", 1, {2.30258509f}},
    {"a logarithm of a sum of exponentials",
     LINE "node ReduceLogSumExp x -> y axes=1,",
     1,
     {4.4401897f}},
    {"without axes it may be of each element",
     LINE "opset 18\nfloats c - = 2\nnode Sub x c -> s\n"
          "node ReduceL1 s -> y noop_with_empty_axes=1",
     4,
     {1, 0, 1, 2}},
    {"constants are reduced",
     "input x N,6\nfloats a 2,2,3 = 1 2 3 4 5 6 7 8 9 10 11 12\n"
     "node ReduceMean a -> b axes=0,2 keepdims=0\nnode ReduceSum a -> c axes=1,\n"
     "node Mul b b -> d\nnode ReduceMax d -> e\nnode ReduceProd b -> f keepdims=0\n"
     "node Flatten c -> g axis=0\nnode Mul x g -> h\nnode Add h e -> i\n"
     "node Add i f -> y",
     6,
     /* g = 5 7 9 17 19 21, e = 64, f = 40 */
     {109, 118, 131, 172, 199, 230}},
    {"integers are reduced",
     "input x N,2,3\nintegers a 2 = 2 3\nnode ReduceProd a -> b\n"
     "integers m 1 = -1\nnode Concat m b -> s axis=0\nnode Reshape x s -> f\n"
     "node Relu f -> y",
     6,
     {1, 2, 3, 4, 5, 6}},
};

static const struct onnx_case moved[] = {
    {"steps in front of the batch",
     STEPS "node ReduceSum t -> y axes=0, keepdims=0",
     3,
     {5, 7, 9}},
    {"steps in front of the batch, which stay a dimension",
     STEPS "node ReduceMax t -> r axes=0,\nnode Transpose r -> y perm=1,0,2",
     3,
     {4, 5, 6}},
    {"features behind the batch",
     STEPS "node ReduceSum t -> r axes=2, keepdims=0\nnode Transpose r -> y perm=1,0",
     2,
     {6, 15}},
    {"rows that are folded with the batch",
     "input x N,2,3\nintegers s 2 = -1 3\nintegers b 2 = -1 2\n"
     "node Reshape x s -> f\nnode ReduceSum f -> r axes=-1, keepdims=0\n"
     "node Reshape r b -> y",
     2,
     {6, 15}},
};

static const struct onnx_refusal refusals[] = {
    {"samples are not reduced", SQUARE "node ReduceMax x -> y axes=0,",
     "dimension 0 of [N, 1, 3, 3], the batch: it would mix samples"},
    {"without axes that would be so", SQUARE "node ReduceMean x -> y",
     "dimension 0 of [N, 1, 3, 3], the batch"},
    {"nor where the batch is not the first", STEPS "node ReduceSum t -> y axes=1,",
     "dimension 1 of [2, N, 3], the batch"},
    {"an axis must exist", SQUARE "node ReduceMean x -> y axes=4,",
     "there is no axis 4 in [N, 1, 3, 3]"},
    {"axes must be known", LINE "node ReduceSum x x -> y",
     "its input \"x\" must be a constant"},
    {"what overflows is no number",
     LINE "integers a 2 = 9223372036854775807 1\nnode ReduceSum a -> b\n"
          "node Reshape x b -> y",
     "that do not overflow"},
    {"a product of the batch is not known",
     LINE "node Shape x -> s\nnode ReduceProd s -> p\nnode Reshape x p -> y",
     "depend on the batch size"},
    {"nothing has no sum",
     LINE "floats a 0 = 1\nnode ReduceSum a -> b\nnode Add x b -> y",
     "the constant \"a\" has no elements"},
};

static void a_row_becomes_what_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, COUNT(cases));
}

static void the_batch_may_lie_anywhere(void **state)
{
    (void)state;
    onnx_cases_compute(moved, sizeof moved / sizeof *moved);
}

static void impossible_reductions_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, COUNT(refusals));
}

/* Their digits are those of pools; what moves channels is none. */
static void means_of_pixels_are_pools(void **state)
{
    static const struct {
        const char *text;
        enum layer_kind kind;
    } networks[] = {
        {IMAGE "node ReduceMean x -> m axes=2,3", LAYER_AVERAGE_POOL},
        {IMAGE "node ReduceMean x -> m axes=2,", LAYER_AVERAGE_POOL},
        {IMAGE "node ReduceMean x -> m axes=2, keepdims=0", LAYER_REDUCTION},
        {IMAGE "node ReduceMean x -> m axes=1,2,3", LAYER_REDUCTION},
        {SEQUENCE "node ReduceMean x -> m axes=2,", LAYER_REDUCTION},
        {IMAGE "node ReduceSum x -> m axes=2,3", LAYER_REDUCTION},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++) {
        struct error err = {0};
        char text[256];
        struct network *network;

        snprintf(text, sizeof text, "%s\nnode Flatten m -> y\noutput y",
                 networks[i].text);
        network = onnx_builder_read(text, &err);
        assert_non_null(network);
        assert_int_equal(network->layers[0].kind, networks[i].kind);
        network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_becomes_what_onnx_says),
        cmocka_unit_test(the_batch_may_lie_anywhere),
        cmocka_unit_test(impossible_reductions_are_refused_with_a_sentence),
        cmocka_unit_test(means_of_pixels_are_pools),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
