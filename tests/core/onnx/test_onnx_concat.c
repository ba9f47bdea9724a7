#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PAIR "input x N,2,1,2\n" /* 1 2 | 3 4 */

static const struct onnx_case cases[] = {
    {"channels are joined in order",
     PAIR "floats c - = 9\nnode Min x c -> a\nfloats w 1,2,1,1\nnode Conv x w -> b\n"
          "node Concat b a b -> y axis=1",
     8,
     {4, 6, 1, 2, 3, 4, 4, 6}},
    {"features are joined",
     "input x N,2\nnode Concat x x -> y axis=-1",
     4,
     {1, 2, 1, 2}},
    {"rows are joined along the last axis",
     "input x N,2,2\nnode Concat x x -> y axis=2",
     8,
     {1, 2, 1, 2, 3, 4, 3, 4}},
    {"one tensor joined is itself",
     PAIR "node Concat x -> c axis=1\nnode Relu c -> y",
     4,
     {1, 2, 3, 4}},
    {"rows are joined behind each other",
     "input x N,2,2\nfloats m - = -1\nnode Mul x m -> n\nnode Concat x n -> y axis=1",
     8,
     {1, 2, 3, 4, -1, -2, -3, -4}},
    {"columns of images are joined",
     "input x N,2,1,2\nfloats m - = -1\nnode Mul x m -> n\nnode Concat x n -> y "
     "axis=-1",
     8,
     {1, 2, -1, -2, 3, 4, -3, -4}},
    {"tensors of five dimensions are joined",
     "input x N,2,1,1,2\nfloats m - = -1\nnode Mul x m -> n\nnode Concat x n -> y "
     "axis=2",
     8,
     {1, 2, -1, -2, 3, 4, -3, -4}},
    {"a constant of the batch is joined in front of tensors",
     "input x N,2,2\nfloats c 1,1,2 = 8 9\nnode Shape x -> s\nintegers z - = 0\n"
     "integers l 1 = 0\nnode Gather s z -> n\nnode Unsqueeze n l -> m\n"
     "integers t 2 = 1 2\nnode Concat m t -> e axis=0\nnode Expand c e -> d\n"
     "node Concat d x -> y axis=1",
     6,
     {8, 9, 1, 2, 3, 4}},
    {"a constant is joined in a file of one sample",
     "input x 1,2\nfloats c 1,1 = -5\nnode Concat x c x -> y axis=1",
     5,
     {1, 2, -5, 1, 2}},
    {"steps in front of the batch are joined",
     "input x 2,N,1\nfloats m - = -1\nnode Mul x m -> n\nnode Concat n x -> c axis=0\n"
     "node Transpose c -> y perm=1,0,2",
     4,
     {-1, -2, 1, 2}},
    {"constants are joined along any axis",
     "input x N,6\nfloats a 2,1 = 1 2\nfloats b 2,2 = 3 4 5 6\nintegers s 1 = -1\n"
     "node Concat a b -> c axis=1\nnode Reshape c s -> d\nnode Mul x d -> y",
     6,
     {1, 6, 12, 8, 25, 36}},
    {"constants are joined in the middle",
     "input x N,8\nfloats a 2,1,2 = 1 2 3 4\nnode Concat a a -> c axis=1\n"
     "node Flatten c -> d axis=0\nnode Mul x d -> y",
     8,
     {1, 4, 3, 8, 15, 24, 21, 32}},
    {"Identity and Dropout do nothing",
     PAIR "node Identity x -> i\nnode Dropout i -> d mask\nnode Relu d -> y",
     4,
     {1, 2, 3, 4}},
    {"Dropout of nothing may train",
     PAIR "floats r - = 0\nintegers t - = 1\nnode Dropout x r t -> d\nnode Relu d -> y",
     4,
     {1, 2, 3, 4}},
    {"Identity of a constant is the constant",
     PAIR "floats c - = 2\nnode Identity c -> d\nnode Mul x d -> y",
     4,
     {2, 4, 6, 8}},
};

static const struct onnx_refusal refusals[] = {
    {"constants of samples are not joined",
     "input x N,2\nfloats c 2,2\nnode Concat x c -> y axis=1", "do not fit"},
    {"no constant that is not finite is joined",
     "input x 1,2\nfloats c 1,1 = inf\nnode Concat x c -> y axis=1", "not finite"},
    {"samples are not joined", PAIR "node Concat x x -> y axis=0",
     "it would join samples"},
    {"the other axes are equal",
     PAIR "node GlobalMaxPool x -> m\nnode Concat x m -> y axis=1",
     "the shapes [N, 2, 1, 2] and [N, 2, 1, 1] do not fit"},
    {"a tensor and a constant are not joined",
     "input x N,2\nfloats c 1,2\nnode Concat c x -> y axis=1", "do not fit"},
    {"an axis must exist", PAIR "node Concat x x -> y axis=4", "there is no axis 4"},
    {"something must be joined", "node Concat -> y axis=1\n" PAIR,
     "input 0 is missing"},
    {"floats and integers are not joined",
     "input x N,2\nfloats a 1\nintegers b 1\nnode Concat a b -> c axis=0\nnode Add x c "
     "-> y",
     "different types"},
    {"the mask of Dropout is not computed",
     "input x N,2\nnode Dropout x -> d m\nnode Relu m -> y",
     "\"m\" is an output that calq does not compute"},
    {"Dropout must not train", "input x N,2\nintegers t - = 1\nnode Dropout x . t -> y",
     "training_mode must be false"},
};

static void tensors_are_joined_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_joins_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_joined_as_onnx_says),
        cmocka_unit_test(impossible_joins_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
