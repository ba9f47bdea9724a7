#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define STEPS "input x 2,N,2\n"   /* 1 2 | 3 4 */
#define ROWS "input x N,2,2\n"    /* 1 2 / 3 4 */
#define IMAGE "input x N,1,2,4\n" /* 1 2 3 4 / 5 6 7 8 */
#define SWAP "floats w 2,2 = 0 1 1 0\n"

static const struct onnx_case cases[] = {
    {"steps in front are computed with, and go behind the batch",
     STEPS SWAP "floats b 2 = 10 20\nnode MatMul x w -> a\nnode Add a b -> c\n"
                "node Relu c -> d\nnode Transpose d -> y perm=1,0,2",
     4,
     {12, 21, 14, 23}},
    {"steps of rows are folded with the batch",
     ROWS SWAP "floats b 2 = 10 20\nintegers f 2 = -1 2\nintegers u 3 = -1 2 2\n"
               "node Reshape x f -> a\nnode Gemm a w b -> c\nnode Relu c -> d\n"
               "node Reshape d u -> y",
     4,
     {12, 21, 14, 23}},
    {"steps in front are folded with the batch",
     STEPS SWAP "node Shape x -> s\nintegers f 2 = -1 2\nnode Reshape x f -> a\n"
                "node Gemm a w -> c\nnode Reshape c s -> d\n"
                "node Transpose d -> y perm=1,0,2",
     4,
     {2, 1, 4, 3}},
    {"heads are folded with a batch behind the steps",
     STEPS "node Shape x -> s\nintegers z - = 0\nintegers o - = 1\nintegers two - = 2\n"
           "integers l 1 = 0\nnode Gather s o -> n\nnode Mul n two -> h\n"
           "node Unsqueeze h l -> i\nintegers t 1 = 2\nintegers e 1 = 1\n"
           "node Concat t i e -> g axis=0\nnode Reshape x g -> a\n"
           "node Transpose a -> b perm=1,0,2\nnode Relu b -> c\n"
           "node Transpose c -> d perm=1,0,2\nnode Reshape d s -> f\n"
           "node Transpose f -> y perm=1,2,0",
     4,
     {1, 3, 2, 4}},
    {"windows are folded with the batch, and their rows are multiplied",
     IMAGE "floats w 4,1 = 1 10 100 1000\nintegers c 5 = -1 1 2 2 2\n"
           "node Reshape x c -> a\nnode Transpose a -> b perm=0,3,1,2,4\n"
           "integers v 2 = -1 4\nnode Reshape b v -> d\nnode MatMul d w -> e\n"
           "integers u 2 = -1 2\nnode Reshape e u -> y",
     2,
     {6521, 8743}},
    {"multiples of the batch size are worked out",
     ROWS
     "node Shape x -> s\nintegers z - = 0\nintegers two - = 2\nintegers l 1 = 0\n"
     "node Gather s z -> n\nnode Mul n two -> m\nnode Add m m -> p\n"
     "node Sub p m -> q\nnode Div q two -> r\nnode Div p q -> k\nnode Mul r k -> v\n"
     "node Unsqueeze v l -> i\nintegers e 1 = 2\nnode Concat i e -> g axis=0\n"
     "node Reshape x g -> a\nnode Relu a -> b\nnode Reshape b s -> y",
     4,
     {1, 2, 3, 4}},
    {"a file of one sample is folded by numbers",
     "input x 1,2,2\n" SWAP "integers f 2 = 2 2\nintegers u 3 = 1 2 2\n"
     "node Reshape x f -> a\nnode Gemm a w -> c\nnode Reshape c u -> y",
     4,
     {2, 1, 4, 3}},
    {"the batch of one sample may be dropped and come again",
     "input x 1,2,2\n" SWAP "integers z 1 = 0\nnode Squeeze x z -> a\n"
     "node Gemm a w -> c\nnode Unsqueeze c z -> y",
     4,
     {2, 1, 4, 3}},
    {"heads of one sample are folded by numbers",
     "input x 1,2,2\nintegers g 3 = 2 2 1\nintegers s 3 = 2 1 2\n"
     "node Transpose x -> t perm=1,0,2\nnode Reshape t g -> a\nnode Transpose a -> b "
     "perm=1,0,2\nnode Relu b -> c\n"
     "node Transpose c -> d perm=1,0,2\nnode Reshape d s -> f\n"
     "node Transpose f -> y perm=1,0,2",
     4,
     {1, 2, 3, 4}},
    {"a constant of the batch is the same for each sample",
     "input x N,2\nfloats c 1,2 = 10 20\nnode Shape x -> s\nnode Expand c s -> d\n"
     "node Add x d -> y",
     2,
     {11, 22}},
    {"a folded batch keeps its place among other dimensions",
     "input x N,2,2,2\nintegers f 3 = -1 2 2\nnode Reshape x f -> a\n"
     "node Transpose a -> b perm=2,0,1\nnode Transpose b -> c perm=1,2,0\n"
     "node Shape x -> s\nnode Reshape c s -> y",
     8,
     {1, 2, 3, 4, 5, 6, 7, 8}},
};

static const struct onnx_refusal refusals[] = {
    {"a folded batch is not convolved",
     "input x N,2,2,2,2\nintegers f 4 = -1 2 2 2\nfloats w 1,2,1,1\n"
     "node Reshape x f -> a\nnode Conv a w -> y",
     "its input \"a\" is [2*N, 2, 2, 2], N being the batch: calq cannot compute it"},
    {"a batch behind the steps has no constant of its own",
     STEPS "floats c 2,1,1 = 1 2\nnode Add x c -> y", "has values across the batch"},
    {"a batch that is the last dimension is not multiplied",
     STEPS "floats w 2,2\nnode Transpose x -> t perm=0,2,1\nnode MatMul t w -> y",
     "the batch is among the last 1 dimensions"},
    {"batches at different places do not meet",
     "input x 2,N,2\nnode Transpose x -> t perm=1,0,2\nnode Add x t -> y",
     "lies elsewhere than in its other inputs"},
    {"samples do not mix", "input x 2,N,3\nintegers s 2 = 3 -1\nnode Reshape x s -> y",
     "[2, N, 3] cannot be reshaped to [3, 2*N]: samples would mix"},
    {"a folded batch is not cut",
     ROWS "integers f 2 = -1 2\nintegers z 1 = 0\nintegers o 1 = 1\n"
          "node Reshape x f -> a\nnode Slice a z o -> y",
     "cut the batch"},
};

static void the_batch_is_where_onnx_sees_it(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void what_mixes_samples_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_batch_is_where_onnx_sees_it),
        cmocka_unit_test(what_mixes_samples_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
