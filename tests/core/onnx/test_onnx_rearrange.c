#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define CUBE "input x N,2,2,2\n" /* 1 2 / 3 4 | 5 6 / 7 8 */
#define ROW "input x N,1,1,4\n"  /* 1 2 3 4 */

static const struct onnx_case cases[] = {
    {"Flatten keeps ONNX's order",
     CUBE "node Flatten x -> y",
     8,
     {1, 2, 3, 4, 5, 6, 7, 8}},
    {"Flatten may count from the end",
     ROW "node Flatten x -> y axis=-3",
     4,
     {1, 2, 3, 4}},
    {"Flatten may leave nothing behind its axis",
     "input x N,4\nintegers a 1 = 0\nfloats c 2,2 = 1 2 3 4\nnode Flatten c -> f "
     "axis=2\n"
     "node Transpose f -> t\nnode Mul x t -> y",
     4,
     {1, 4, 9, 16}},
    {"Reshape keeps ONNX's order",
     CUBE "integers s 2 = -1 8\nnode Reshape x s -> y",
     8,
     {1, 2, 3, 4, 5, 6, 7, 8}},
    {"Reshape keeps zeros and fills -1",
     CUBE
     "integers s 3 = 0 0 -1\nnode Reshape x s -> r\nnode Transpose r -> y perm=0,2,1",
     8,
     {1, 5, 2, 6, 3, 7, 4, 8}},
    {"Reshape knows the batch size the file declares",
     "input x 5,2,2\nintegers s 2 = 5 -1\nnode Reshape x s -> y",
     4,
     {1, 2, 3, 4}},
    {"axes are permuted",
     CUBE "node Transpose x -> y perm=0,3,2,1",
     8,
     {1, 5, 3, 7, 2, 6, 4, 8}},
    {"a convolution after Reshape sees the new channels",
     "input x N,4\nintegers s 4 = 0 2 1 2\nfloats w 1,2,1,1 = 1 10\nnode Reshape x s "
     "-> r\n"
     "node Conv r w -> y",
     2,
     {31, 42}},
    {"axes are dropped and inserted",
     "input x N,3,1,1\nintegers a 1 = 2\nintegers b 2 = 1 -1\nnode Squeeze x a -> s\n"
     "node Unsqueeze s b -> u\nnode Squeeze u -> y",
     3,
     {1, 2, 3}},
    {"axes are attributes before opset 13",
     "input x N,3,1,1\nopset 11\nnode Squeeze x -> s axes=2,3\nnode Unsqueeze s -> y "
     "axes=1,",
     3,
     {1, 2, 3}},
    {"a slice has steps",
     CUBE
     "integers s 2 = 0 0\nintegers e 2 = 2 9223372036854775807\nintegers a 2 = 2 3\n"
     "integers t 2 = 2 2\nnode Slice x s e a t -> y",
     2,
     {1, 5}},
    {"a slice may run backwards",
     ROW "integers s 1 = -1\nintegers e 1 = -9223372036854775807\nintegers a 1 = -1\n"
         "integers t 1 = -2\nnode Slice x s e a t -> y",
     2,
     {4, 2}},
    {"a slice may take the last channels",
     CUBE "integers s 1 = -1\nintegers e 1 = 2147483647\nintegers a 1 = 1\n"
          "node Slice x s e a -> y",
     4,
     {5, 6, 7, 8}},
    {"a slice may name all of the batch",
     CUBE
     "integers s 2 = 0 1\nintegers e 2 = 9223372036854775807 2\nnode Slice x s e -> y",
     4,
     {5, 6, 7, 8}},
    {"a slice has attributes before opset 10",
     ROW "opset 9\nnode Slice x -> y starts=1, ends=3, axes=3,",
     2,
     {2, 3}},
    {"channels are padded",
     "input x N,1,1,2\nintegers p 8 = 0 1 0 0 0 1 0 0\nnode Pad x p -> y mode=constant",
     6,
     {0, 0, 1, 2, 0, 0}},
    {"pads may have a value",
     "input x N,1,1,2\nintegers p 8 = 0 0 0 1 0 0 1 0\nfloats v - = 9\nnode Pad x p v "
     "-> y",
     6,
     {9, 1, 2, 9, 9, 9}},
    {"pads are attributes before opset 11",
     "input x N,1,1,2\nopset 10\nnode Pad x -> y pads=0,0,0,1,0,0,0,0 value=3.0",
     3,
     {3, 1, 2}},
    {"negative pads cut",
     ROW "integers p 8 = 0 0 0 -1 0 0 0 -2\nnode Pad x p -> y",
     1,
     {2}},
    {"an empty list of axes names all",
     "input x N,2\nopset 18\nintegers p 4 = 0 1 0 0\nintegers a 0\n"
     "node Pad x p . a -> y",
     3,
     {0, 1, 2}},
    {"pads may name their axes",
     "input x N,1,1,2\nopset 18\nintegers p 2 = 1 0\nintegers a 1 = -1\nnode Pad x p . "
     "a -> y",
     3,
     {0, 1, 2}},
    {"pads may be a mirror image, of which the edge is not doubled",
     ROW "integers p 8 = 0 0 0 2 0 0 0 3\nnode Pad x p -> y mode=reflect",
     9,
     {3, 2, 1, 2, 3, 4, 3, 2, 1}},
    {"pads may be the edge",
     ROW "integers p 8 = 0 0 0 1 0 0 0 2\nnode Pad x p -> y mode=edge",
     7,
     {1, 1, 2, 3, 4, 4, 4}},
    {"pads may be the other end",
     ROW "opset 19\nintegers p 8 = 0 0 0 5 0 0 0 -1\nnode Pad x p -> y mode=wrap",
     8,
     {4, 1, 2, 3, 4, 1, 2, 3}},
    {"constants are rearranged too",
     "input x N,4\n"
     "floats c 2,2 = 1 2 3 4\nintegers s 1 = -1\nintegers z 1 = 0\nintegers o 1 = 9\n"
     "node Transpose c -> t\nnode Slice t z o s -> u\nnode Unsqueeze u z -> v\n"
     "node Squeeze v z -> w\nnode Flatten w -> f\nnode Reshape f s -> r\nnode Mul x r "
     "-> y",
     4,
     {1, 6, 6, 16}},
};

static const struct onnx_refusal refusals[] = {
    {"samples are not mixed by Reshape",
     CUBE "integers s 2 = 2 4\nnode Reshape x s -> y",
     "[N, 2, 2, 2] cannot be reshaped to [2, 4]"},
    {"the elements must stay", CUBE "integers s 2 = 0 7\nnode Reshape x s -> y",
     "cannot be reshaped to [0, 7]"},
    {"the batch is in front only",
     CUBE "node Shape x -> s\nintegers f 1 = 0\nnode Concat s s -> t axis=0\n"
          "integers g 5 = 0 1 2 3 4\nnode Gather t g -> u\nnode Reshape x u -> y",
     "[N, 2, 2, 2] cannot be reshaped to [N, 2, 2, 2, N]"},
    {"one dimension only is open", CUBE "integers s 3 = 0 -1 -1\nnode Reshape x s -> y",
     "cannot be reshaped"},
    {"a dimension is not below -1",
     CUBE "integers s 3 = 0 -2 -4\nnode Reshape x s -> y", "cannot be reshaped"},
    {"a zero keeps a dimension that is there",
     "input x N,4\nintegers s 3 = 0 4 0\nnode Reshape x s -> y", "cannot be reshaped"},
    {"the shape is a list of integers", CUBE "floats s 2\nnode Reshape x s -> y",
     "the shape (\"s\") must be a list of integers"},
    {"the shape has not too many dimensions",
     CUBE "integers s 9\nnode Reshape x s -> y", "more than 7 dimensions"},
    {"the shape must be constant", CUBE "node Reshape x x -> y", "must be a constant"},
    {"the output is no batch of parts of samples", CUBE "node Flatten x -> y axis=2",
     "the output \"end_of_case\" has the shape [2*N, 4], N being the batch"},
    {"Flatten needs an axis that is there", CUBE "node Flatten x -> y axis=5",
     "there is no axis 5"},
    {"the output's batch is its first dimension",
     CUBE "node Transpose x -> y perm=1,0,2,3", "has the batch as dimension 1"},
    {"perm is a permutation", CUBE "node Transpose x -> y perm=0,1,1,2",
     "axis 1 is named twice"},
    {"perm has all axes", CUBE "node Transpose x -> y perm=0,1",
     "perm has 2 axes of 4"},
    {"a long axis is not dropped", CUBE "integers a 1 = 1\nnode Squeeze x a -> y",
     "longer than one"},
    {"the batch is not dropped", CUBE "integers a 1 = 0\nnode Squeeze x a -> y",
     "it is the batch"},
    {"a batch of one is not dropped by accident",
     "input x 1,3,1,1\nnode Squeeze x -> y", "without axes it would drop the batch"},
    {"an output whose batch is behind an inserted axis is not read",
     CUBE "integers a 1 = 0\nnode Unsqueeze x a -> y", "has the batch as dimension 1"},
    {"there are not too many dimensions",
     CUBE "integers a 4 = 1 2 3 4\nnode Unsqueeze x a -> y", "more than 7 dimensions"},
    {"the batch is not cut",
     CUBE "integers s 1 = 0\nintegers e 1 = 1\nnode Slice x s e -> y", "cut the batch"},
    {"nothing is left of an empty slice",
     ROW
     "integers s 1 = 3\nintegers e 1 = 3\nintegers a 1 = 3\nnode Slice x s e a -> y",
     "the shape [1, 1, 0] a sample"},
    {"a step is not zero",
     ROW "integers s 1 = 0\nintegers a 1 = 3\nnode Slice x s a a s -> y", "step 0"},
    {"starts and ends are as many",
     ROW "integers s 1 = 0\nintegers e 2 = 1\nnode Slice x s e -> y",
     "1 starts but 2 ends"},
    {"a slice has ends", ROW "integers s 1 = 0\nnode Slice x s -> y",
     "1 starts but 0 ends"},
    {"the batch is not padded",
     CUBE "integers p 8 = 1 0 0 0 0 0 0 0\nnode Pad x p -> y", "pad the batch"},
    {"a mode of padding is one of ONNX",
     CUBE "integers p 8 = 0\nnode Pad x p -> y mode=wobble", "mode \"wobble\""},
    {"nothing is padded with the edge of nothing",
     "input x N,2\nfloats c 0\nintegers p 2 = 0 1\nnode Pad c p -> d mode=edge\n"
     "node Add x d -> y",
     "its output would have the shape [1]"},
    {"pads have two numbers a dimension", CUBE "integers p 4 = 0\nnode Pad x p -> y",
     "4 pads for 4 dimensions"},
    {"pads are not larger than memory",
     CUBE "integers p 8 = 0 0 0 9223372036854775807 0 0 0 0\nnode Pad x p -> y",
     "the shape"},
    {"a constant is not padded",
     "input x N,2\nfloats c 1\nintegers p 2 = 0 1\nnode Pad c p -> d\nnode Add x d -> "
     "y",
     "padding a constant is not supported"},
    {"an axis must exist", CUBE "integers a 1 = 4\nnode Squeeze x a -> y",
     "there is no axis 4 in 4 dimensions"},
    {"padding is finite",
     CUBE "integers p 8 = 0\nfloats v - = inf\nnode Pad x p v -> y", "not finite"},
};

static void elements_move_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_moves_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_move_as_onnx_says),
        cmocka_unit_test(impossible_moves_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
