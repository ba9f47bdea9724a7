#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROW "input x N,6\n" /* 1 2 3 4 5 6 */

static const struct onnx_case cases[] = {
    {"equal parts have an output each",
     ROW "node Split x -> a b c axis=1\nnode Concat c a b -> y axis=1",
     6,
     {5, 6, 1, 2, 3, 4}},
    {"parts may have sizes",
     ROW "integers s 2 = 4 2\nnode Split x s -> a b axis=-1\n"
         "node Concat b a -> y axis=1",
     6,
     {5, 6, 1, 2, 3, 4}},
    {"sizes are an attribute before opset 13",
     ROW "opset 11\nnode Split x -> a b axis=1 split=1,5\nnode Concat b a -> y axis=1",
     6,
     {2, 3, 4, 5, 6, 1}},
    {"the last part may be smaller where their number is told",
     ROW "opset 18\nnode Split x -> a b c d axis=1 num_outputs=4\n"
         "node Concat c b a -> y axis=1",
     6,
     {5, 6, 3, 4, 1, 2}},
    {"an output that nothing reads is not made",
     ROW "node Split x -> a b c axis=1\nnode Relu b -> y",
     2,
     {3, 4}},
    {"an output may have no name",
     ROW "node Split x -> . b . axis=1\nnode Relu b -> y",
     2,
     {3, 4}},
    {"the network's output may be any of them",
     ROW "node Split x -> a y axis=1",
     3,
     {4, 5, 6}},
    {"constants are split too",
     "input x N,2\nfloats c 2,2 = 1 2 3 4\nnode Split c -> a b axis=0\n"
     "node Mul x b -> y",
     2,
     {3, 8}},
    {"channels are split",
     "input x N,2,1,2\nnode Split x -> a b axis=1\nnode Add b a -> y",
     2,
     {4, 6}},
};

static const struct onnx_refusal refusals[] = {
    {"the batch is not split", ROW "node Split x -> a y axis=0", "split the batch"},
    {"there is an axis", ROW "node Split x -> a y axis=2",
     "there is no axis 2 in [N, 6]"},
    {"equal parts are equal", ROW "node Split x -> a b c y axis=1",
     "6 cannot be split into 4 equal parts"},
    {"the sizes are of all of it",
     ROW "integers s 2 = 4 1\nnode Split x s -> a y axis=1", "do not add up to 6"},
    {"no size is below zero", ROW "integers s 2 = 7 -1\nnode Split x s -> a y axis=1",
     "do not add up to 6"},
    {"each output has a size", ROW "integers s 3 = 1 2 3\nnode Split x s -> a y axis=1",
     "3 sizes for 2 outputs"},
    {"their number is told right",
     ROW "opset 18\nnode Split x -> a y axis=1 num_outputs=3",
     "num_outputs is 3, but it has 2 outputs"},
};

static void parts_are_those_of_onnx(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_parts_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_of_onnx),
        cmocka_unit_test(impossible_parts_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
