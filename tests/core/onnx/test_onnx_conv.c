#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SQUARE "input x N,1,3,3\n" /* 1 2 3 / 4 5 6 / 7 8 9 */
#define LINE "input x N,3\n"       /* 1 2 3 */

static const struct onnx_case convolutions[] = {
    {"a window sums what is under it",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y",
     4,
     {12, 16, 24, 28}},
    {"pads are zeros",
     SQUARE "floats w 1,1,3,3\nnode Conv x w -> y pads=1,1,1,1 strides=2,2",
     4,
     {12, 16, 24, 28}},
    {"pads may differ from side to side",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y pads=0,0,1,1 strides=2,2",
     4,
     {12, 9, 15, 9}},
    {"SAME_UPPER pads the end",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y auto_pad=SAME_UPPER",
     9,
     {12, 16, 9, 24, 28, 15, 15, 17, 9}},
    {"SAME_LOWER pads the beginning",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y auto_pad=SAME_LOWER",
     9,
     {1, 3, 5, 5, 12, 16, 11, 24, 28}},
    {"VALID pads nothing",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y auto_pad=VALID",
     4,
     {12, 16, 24, 28}},
    {"NOTSET uses the pads",
     SQUARE
     "floats w 1,1,3,3\nnode Conv x w -> y auto_pad=NOTSET pads=0,1,0,1 strides=1,2",
     2,
     {27, 33}},
    {"a dilated window leaves gaps",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y dilations=2,2",
     1,
     {20}},
    {"a depthwise convolution keeps channels apart",
     "input x N,2,2,2\nfloats w 2,1,1,1 = 2 3\nnode Conv x w -> y group=2",
     8,
     {2, 4, 6, 8, 15, 18, 21, 24}},
    {"each group has its own outputs",
     "input x N,2,1,2\nfloats w 4,1,1,1 = 1 2 3 4\nnode Conv x w -> y group=2",
     8,
     {1, 2, 2, 4, 9, 12, 12, 16}},
    {"weights are ordered [out, in, height, width]",
     "input x N,2,1,2\nfloats w 1,2,1,2 = 1 10 100 1000\nnode Conv x w -> y",
     1,
     {4321}},
    {"a bias is added to its channel",
     "input x N,1,1,2\nfloats w 2,1,1,1\nfloats b 2 = 10 20\nnode Conv x w b -> y",
     4,
     {11, 12, 21, 22}},
    {"a window may slide along a line",
     "input x N,2,3\nfloats w 1,2,2 = 1 10 100 1000\nnode Conv x w -> y pads=1,0",
     3,
     {4010, 5421, 6532}},
    {"a window may slide through a volume",
     "input x N,1,2,2,2\nfloats w 1,1,2,1,2 = 1 10 100 1000\n"
     "node Conv x w -> y pads=0,0,0,1,0,0",
     4,
     {6521, 8743, 65, 87}},
    {"ConvTranspose puts windows side by side",
     "input x N,1,1,2\nfloats w 1,1,1,2 = 1 10\nnode ConvTranspose x w -> y "
     "strides=1,2",
     4,
     {1, 10, 2, 20}},
    {"ConvTranspose adds where windows overlap",
     "input x N,1,3\nfloats w 1,1,2 = 1 10\nnode ConvTranspose x w -> y",
     4,
     {1, 12, 23, 30}},
    {"ConvTranspose cuts its pads",
     "input x N,1,3\nfloats w 1,1,2 = 1 10\nnode ConvTranspose x w -> y pads=1,0",
     3,
     {12, 23, 30}},
    {"weights of ConvTranspose are ordered [in, out, window]",
     "input x N,2,1\nfloats w 2,2,1 = 1 10 100 1000\nnode ConvTranspose x w -> y",
     2,
     {201, 2010}},
    {"groups of ConvTranspose keep channels apart",
     "input x N,2,1\nfloats w 2,2,1 = 1 10 100 1000\n"
     "node ConvTranspose x w -> y group=2",
     4,
     {1, 10, 200, 2000}},
    {"kernel_shape may repeat the weights' shape",
     SQUARE "floats w 1,1,2,2\nnode Conv x w . -> y kernel_shape=2,2",
     4,
     {12, 16, 24, 28}},
};

static const struct onnx_case products[] = {
    {"Gemm multiplies by [in, out]",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nnode Gemm x w -> y",
     2,
     {22, 28}},
    {"Gemm with transB multiplies by [out, in]",
     LINE "floats w 2,3 = 1 0 0 0 1 1\nnode Gemm x w -> y transB=1",
     2,
     {1, 5}},
    {"alpha scales the product, beta the bias",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nfloats b 2 = 10 20\n"
          "node Gemm x w b -> y alpha=0.5 beta=2.0",
     2,
     {31, 54}},
    {"a bias may be a single value",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nfloats b - = 3\nnode Gemm x w b -> y",
     2,
     {25, 31}},
    {"a bias may have a dimension for the batch",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nfloats b 1,2 = 1 2\nnode Gemm x w b -> y",
     2,
     {23, 30}},
    {"MatMul multiplies by [in, out]",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nnode MatMul x w -> y",
     2,
     {22, 28}},
    {"a bias may be added after MatMul",
     LINE "floats w 3,2 = 1 2 3 4 5 6\nfloats b 2 = 1 2\nnode MatMul x w -> p\n"
          "node Add p b -> y",
     2,
     {23, 30}},
    {"MatMul works on each row",
     "input x N,2,2\nfloats w 2,1 = 1 10\nnode MatMul x w -> y",
     2,
     {21, 43}},
};

static const struct onnx_refusal refusals[] = {
    {"weights must be constants", SQUARE "node Conv x x -> y name=/c/Conv",
     "node \"/c/Conv\" (Conv): its input \"x\" must be a constant"},
    {"the input must be no constant", SQUARE "floats w 1,1,1,1\nnode Conv w w -> y",
     "\"w\" is a constant"},
    {"weights must be there", SQUARE "node Conv x -> y", "input 1 is missing"},
    {"windows have three dimensions at most",
     "input x N,1,2,2,2,2\nfloats w 1,1,1,1,1,1\nnode Conv x w -> y",
     "windows of one to 3 dimensions"},
    {"windows have the input's dimensions",
     "input x N,3,8\nfloats w 2,3,3,3\nnode Conv x w -> y",
     "the weights [2, 3, 3, 3] do not fit an input [N, 3, 8]"},
    {"nothing may be left of what ConvTranspose cuts",
     "input x N,1,1\nfloats w 1,1,2\nnode ConvTranspose x w -> y pads=1,1",
     "its output would have 0 elements"},
    {"output_shape has a number for each dimension",
     "input x N,1,1\nfloats w 1,1,2\nnode ConvTranspose x w -> y output_shape=1,1",
     "output_shape has 2 numbers"},
    {"groups must divide the channels",
     "input x N,4,2,2\nfloats w 6,1,1,1\nnode Conv x w -> y group=3",
     "3 groups do not divide 4 input channels and the weights [6, 1, 1, 1]"},
    {"groups must be positive", SQUARE "floats w 1,1,1,1\nnode Conv x w -> y group=0",
     "0 groups do not divide"},
    {"weights must fit the channels", SQUARE "floats w 1,2,1,1\nnode Conv x w -> y",
     "the weights [1, 2, 1, 1] do not fit an input of 1 channels"},
    {"a bias has a value for each channel",
     SQUARE "floats w 2,1,1,1\nfloats b 3\nnode Conv x w b -> y",
     "bias \"b\" [3] does not fit 2 output channels"},
    {"kernel_shape must agree with the weights",
     SQUARE "floats w 1,1,2,2\nnode Conv x w -> y kernel_shape=3,3",
     "kernel_shape is 3 x 3 but the weights are 2 x 2"},
    {"a stride is positive", SQUARE "floats w 1,1,1,1\nnode Conv x w -> y strides=0,1",
     "strides holds 0"},
    {"pads are not negative",
     SQUARE "floats w 1,1,1,1\nnode Conv x w -> y pads=0,-1,0,0", "pads holds -1"},
    {"pads have a number for each side",
     SQUARE "floats w 1,1,1,1\nnode Conv x w -> y pads=0,0", "pads has 2 numbers"},
    {"a window must fit", SQUARE "floats w 1,1,4,4\nnode Conv x w -> y",
     "a window over 4 elements does not fit into an input of 3"},
    {"a window has a reasonable size",
     SQUARE
     "floats w 1,1,60,1\nnode Conv x w -> y dilations=60000,1 auto_pad=SAME_UPPER",
     "is too large"},
    {"an unknown auto_pad is named",
     SQUARE "floats w 1,1,1,1\nnode Conv x w -> y auto_pad=MIRROR",
     "auto_pad \"MIRROR\" is not supported"},
    {"an attribute has its type",
     SQUARE "floats w 1,1,1,1\nnode Conv x w -> y group=1,",
     "its attribute group must be an integer"},
    {"a list of integers is no text",
     SQUARE "floats w 1,1,1,1\nnode Conv x w -> y strides=fast",
     "its attribute strides must be a list of integers"},
    {"weights are finite", SQUARE "floats w 1,1,1,2 = 1 nan\nnode Conv x w -> y",
     "value 1 of \"w\" is not finite"},
    {"weights are floats", SQUARE "integers w 1,1,1,1\nnode Conv x w -> y",
     "\"w\" must be of a float type"},
    {"transA is refused", LINE "floats w 3,2\nnode Gemm x w -> y transA=1", "transA"},
    {"Gemm needs a flat input", "input x N,2,2\nfloats w 2,1\nnode Gemm x w -> y",
     "[N, features]"},
    {"a bias is the same for every sample",
     "input x 4,3\nfloats w 3,2\nfloats c 4,1\nnode Gemm x w c -> y",
     "its C \"c\" [4, 1] holds a row for each sample of the batch"},
    {"weights must fit the features", LINE "floats w 2,2\nnode MatMul x w -> y",
     "weights [2, 2] do not fit an input [N, 3]"},
    {"products of large numbers are refused",
     LINE "floats w 3,2 = 1e30\nnode Gemm x w -> y alpha=1.0e20", "not finite"},
    {"a huge alpha is refused", LINE "floats w 3,2\nnode Gemm x w -> y alpha=1e99.",
     "not finite"},
};

static void a_convolution_computes_what_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(convolutions, sizeof convolutions / sizeof *convolutions);
}

static void a_product_is_a_convolution_of_one_pixel(void **state)
{
    (void)state;
    onnx_cases_compute(products, sizeof products / sizeof *products);
}

static void impossible_convolutions_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void weights_are_stored_channels_last_under_their_name(void **state)
{
    static const float expected[] = {1, 3, 2, 4};
    struct error err = {0};
    struct network *network =
        onnx_builder_read("input x N,2,1,2\nfloats conv.weight 1,2,1,2 = 1 2 3 4\n"
                          "node Conv x conv.weight -> c\nnode Flatten c -> y\noutput y",
                          &err);

    (void)state;
    assert_non_null(network);
    assert_string_equal(network->layers[0].weights->name, "conv.weight");
    assert_memory_equal(network->layers[0].weights->values, expected, sizeof expected);
    assert_float_equal(network->layers[0].conv.scale[0], 1, 0);
    assert_float_equal(network->layers[0].conv.shift[0], 0, 0);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_computes_what_onnx_says),
        cmocka_unit_test(a_product_is_a_convolution_of_one_pixel),
        cmocka_unit_test(impossible_convolutions_are_refused_with_a_sentence),
        cmocka_unit_test(weights_are_stored_channels_last_under_their_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
