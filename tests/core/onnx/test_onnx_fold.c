#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define CUBE "input x N,2,2,2\n" /* 1 2 / 3 4 | 5 6 / 7 8 */
#define RESHAPED "node Reshape x s -> r\nnode Transpose r -> y perm=0,2,1"

static const struct onnx_case cases[] = {
    {"x.view(x.size(0), x.size(1), -1)",
     CUBE "integers zero - = 0\nintegers one - = 1\nintegers front 1 = 0\nintegers "
          "rest 1 = -1\n"
          "node Shape x -> all\nnode Gather all zero -> n\nnode Gather all one -> c\n"
          "node Unsqueeze n front -> n1\nnode Unsqueeze c front -> c1\n"
          "node Concat n1 c1 rest -> s axis=0\n" RESHAPED,
     8,
     {1, 5, 2, 6, 3, 7, 4, 8}},
    {"x.view(-1, 2 * x.size(2), x.size(3))",
     CUBE
     "integers two - = 2\nintegers three 1 = 3\nintegers front 1 = 0\nintegers rest 1 "
     "= -1\n"
     "integers four 1 = 4\nnode Shape x -> all\nnode Gather all two -> h\n"
     "node Mul h two -> hh\nnode Unsqueeze hh front -> h1\n"
     "node Slice all three four -> w1\nnode Concat rest h1 w1 -> s axis=0\n" RESHAPED,
     8,
     {1, 3, 5, 7, 2, 4, 6, 8}},
    {"Shape may take a part",
     CUBE
     "opset 15\nintegers rest 1 = -1\nnode Shape x -> n end=1\n"
     "node Shape x -> c start=1 end=-2\nnode Concat n c rest -> s axis=0\n" RESHAPED,
     8,
     {1, 5, 2, 6, 3, 7, 4, 8}},
    {"the batch size survives what does not change it",
     CUBE "integers one - = 1\nintegers zero - = 0\nintegers tail 2 = 2 4\nintegers "
          "front 1 = 0\n"
          "node Shape x -> all\nnode Gather all zero -> n\nnode Mul one n -> n1\n"
          "node Add n1 zero -> n2\nnode Sub n2 zero -> n3\nnode Div n3 one -> n4\n"
          "node Cast n4 -> n5 to=6\nnode Unsqueeze n5 front -> n6\n"
          "node Concat n6 tail -> s axis=0\n" RESHAPED,
     8,
     {1, 5, 2, 6, 3, 7, 4, 8}},
    {"torch's pads: zeros behind, halves reversed, transposed",
     "input x N,1,1,2\nintegers given 2 = 1 2\nintegers six 1 = 6\nintegers pairs 2 = "
     "-1 2\n"
     "integers last 1 = -1\nintegers first 1 = -9223372036854775807\nintegers zero 1 = "
     "0\n"
     "node ConstantOfShape six -> zf\nnode Cast zf -> zeros to=7\n"
     "node Concat given zeros -> all axis=0\nnode Reshape all pairs -> p\n"
     "node Slice p last first zero last -> back\nnode Transpose back -> t perm=1,0\n"
     "node Reshape t last -> flat\nnode Cast flat -> pads to=7\nnode Pad x pads -> y",
     5,
     {0, 1, 2, 0, 0}},
    {"Size counts elements, the batch among them",
     CUBE "integers rest 1 = -1\nintegers four - = 4\nintegers front 1 = 0\nintegers "
          "two 1 = 2\n"
          "node Size x -> n8\nnode Div n8 four -> n2\nnode Unsqueeze n2 front -> n\n"
          "node Concat n rest -> s axis=0\nnode Reshape x s -> h\nnode Shape h -> hs\n"
          "node Size hs -> k\nnode Unsqueeze k front -> k1\nnode Concat rest two k1 "
          "two -> t axis=0\n"
          "node Reshape h t -> r\nnode Transpose r -> y perm=0,3,2,1",
     8,
     {1, 5, 3, 7, 2, 6, 4, 8}},
    {"NonZero says where elements are",
     "input x N,4\nfloats d 2,2 = 0 3 0 4\nnode NonZero d -> r\nnode Cast r -> g to=1\n"
     "integers flat 1 = -1\nnode Reshape g flat -> f\nnode Add x f -> y",
     4,
     {1, 3, 4, 5}},
    {"Constant has values of all kinds",
     "input x N,2\nnode Constant -> i value_int=2\nnode Constant -> s value_ints=-1,2\n"
     "node Constant -> f value_float=0.5\nnode Reshape x s -> r\nnode Mul r f -> h\n"
     "node Cast i -> j to=1\nnode Add h j -> y",
     2,
     {2.5f, 3}},
    {"Constant has a tensor",
     "input x N,2\nfloats v 1,2 = 3 4\nnode Constant -> c value=@v\nnode Mul x c -> y",
     2,
     {3, 8}},
    {"Constant has a list of floats",
     "input x N,2\nnode Constant -> c value_floats=3.0,4\nnode Mul x c -> y",
     2,
     {3, 8}},
    {"ConstantOfShape repeats a value",
     "input x N,2\nintegers v 1 = 2\nintegers one 1 = 1\n"
     "node ConstantOfShape one -> s value=@v\nfloats w 1 = 5\n"
     "node ConstantOfShape s -> c value=@w\nnode Reshape x c2 -> y\nintegers c2 2 = -1 "
     "2",
     2,
     {1, 2}},
    {"integers are computed with",
     "input x N,6\nintegers a 1 = 7\nintegers b 1 = 2\nnode Div a b -> q\n"
     "node Sub a q -> d\nnode Sub d b -> two\nintegers n 2 = -1 1\nnode Mul n two -> "
     "half\n"
     "integers m 2 = 1 3\nnode Mul m half -> s1\nintegers p 2 = 1 0\nnode Add s1 p -> "
     "s\n"
     "node Reshape x s -> y",
     6,
     {1, 2, 3, 4, 5, 6}},
    {"a cast to bool asks for zero",
     "input x N,2\nfloats f 2 = 0.5 0\nnode Cast f -> b to=9\nnode Cast b -> g to=1\n"
     "node Add x g -> y",
     2,
     {2, 2}},
    {"all types of floats are one",
     "input x N,2\nnode Cast x -> h to=11\nnode Cast h -> y to=1",
     2,
     {1, 2}},
    {"an empty range is empty",
     "input x N,2\nintegers a - = 0\nintegers b - = 5\nintegers d - = -1\n"
     "integers s 2 = -1 2\nnode Range a b d -> r\nnode Concat r s -> t axis=0\n"
     "node Reshape x t -> y",
     2,
     {1, 2}},
    {"Range counts",
     "input x N,3\nintegers a - = 5\nintegers b - = 0\nintegers d - = -2\n"
     "node Range a b d -> r\nnode Cast r -> f to=1\nnode Mul x f -> y",
     3,
     {5, 6, 3}},
    {"Expand repeats",
     "input x N,4\nfloats c 2,1 = 1 2\nintegers t 2 = 2 2\nintegers l 1 = -1\n"
     "node Expand c t -> e\nnode Reshape e l -> f\nnode Mul x f -> y",
     4,
     {1, 2, 6, 8}},
    {"Gather counts from the end",
     "input x N,2\nfloats c 3 = 1 2 3\nintegers i 2 = -1 0\nnode Gather c i -> g\n"
     "node Mul x g -> y",
     2,
     {3, 2}},
    {"Gather works along any axis",
     "input x N,2\nfloats c 2,3 = 1 2 3 4 5 6\nintegers i - = 2\nnode Gather c i -> g "
     "axis=1\n"
     "node Mul x g -> y",
     2,
     {3, 12}},
};

static const struct onnx_refusal refusals[] = {
    {"what is no multiple of the batch size is not computed from it",
     CUBE "integers two 4 = 2\nnode Shape x -> n\nnode Add n two -> s\nnode Reshape x "
          "s -> y",
     "depends on the batch size"},
    {"a batch size is no float",
     "input x N,2\nnode Shape x -> s\nnode Cast s -> f to=1\nnode Mul x f -> y",
     "value 0 does not fit into float"},
    {"integers do not overflow",
     "input x N,2\nintegers a 1 = 9223372036854775807\nnode Add a a -> s\nnode Reshape "
     "x s -> y",
     "overflows"},
    {"integers are not divided by zero",
     "input x N,2\nintegers a 1 = 0\nnode Div a a -> s\nnode Reshape x s -> y",
     "overflows"},
    {"an index must exist",
     "input x N,2\nintegers a 1 = 3\nnode Gather a a -> s\nnode Reshape x s -> y",
     "index 3 is not in a dimension of 1"},
    {"Gather needs an axis that is there",
     "input x N,2\nintegers a 1 = 0\nnode Gather a a -> s axis=1\nnode Reshape x s -> "
     "y",
     "there is no axis 1 in [1]"},
    {"a cast to text is refused",
     "input x N,2\nintegers a 1 = 0\nnode Cast a -> s to=8\nnode Reshape x s -> y",
     "casts to type 8"},
    {"a cast to integers changes values", "input x N,2\nnode Cast x -> y to=7",
     "it makes int64 of floats, which calq does with constants alone"},
    {"a cast must fit",
     "input x N,2\nfloats a 1 = 1e30\nnode Cast a -> s to=7\nnode Reshape x s -> y",
     "does not fit into int64"},
    {"a cast to a short type must fit",
     "input x N,2\nintegers a 1 = 300\nnode Cast a -> s to=2\nnode Reshape x s -> y",
     "does not fit into uint8"},
    {"a constant has a value", "input x N,2\nnode Constant -> c\nnode Add x c -> y",
     "its value is missing"},
    {"a constant is not larger than memory",
     "input x N,2\nintegers a 2 = 1000000\nnode ConstantOfShape a -> c\nnode Add x c "
     "-> y",
     "a constant cannot have the shape [1000000, 1000000]"},
    {"a constant has one batch",
     "input x N,2\nnode Shape x -> s\nnode Concat s s -> t axis=0\n"
     "node ConstantOfShape t -> c\nnode Add x c -> y",
     "a constant cannot have the shape [N, 2, N, 2]"},
    {"a range goes somewhere",
     "input x N,2\nintegers a - = 0\nnode Range a a a -> r\nnode Reshape x r -> y",
     "its delta is zero"},
    {"constants fit each other",
     "input x N,2\nfloats a 2\nfloats b 3\nnode Add a b -> c\nnode Add x c -> y",
     "constants [2] and [3] do not fit"},
    {"a constant is expanded only where it is one",
     "input x N,2\nfloats a 2\nintegers t 1 = 3\nnode Expand a t -> c\nnode Add x c -> "
     "y",
     "cannot be expanded to [3]"},
    {"a value that is repeated is a single one",
     "input x N,2\nintegers v 2 = 2\nintegers one 1 = 1\n"
     "node ConstantOfShape one -> s value=@v\nnode Reshape x s -> y",
     "its value must be a single one"},
    {"the tensor of a constant is whole",
     "input x N,2\nfloats v 0,-2\nnode Constant -> c value=@v\nnode Add x c -> y",
     "dimension 1 is -2"},
    {"a constant tensor is no number",
     "input x N,2\nnode Constant -> c value=1\nnode Add x c -> y",
     "its attribute value must be a tensor"},
    {"a range has single limits",
     "input x N,2\nintegers a 2 = 1\nnode Range a a a -> r\nnode Reshape x r -> y",
     "\"a\" must be one small integer"},
    {"a shape has not too many dimensions",
     "input x N,2\nintegers a 8 = 1\nnode ConstantOfShape a -> c\nnode Add x c -> y",
     "more than 7 dimensions"},
    {"what is gathered has not too many dimensions",
     "input x N,2\nintegers a 1,1,1,1,1 = 0\nnode Gather a a -> c\nnode Reshape x c -> "
     "y",
     "more than 7 dimensions"},
    {"shape arithmetic does not work on tensors",
     "input x N,2\nintegers i - = 0\nnode Range x i i -> y",
     "Range on computed values (1)"},
};

static void shape_arithmetic_is_done_while_reading(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_arithmetic_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_arithmetic_is_done_while_reading),
        cmocka_unit_test(impossible_arithmetic_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
