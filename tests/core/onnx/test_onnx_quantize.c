#include "core/rewrite/fuse.h"
#include "core/rewrite/qdq.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LINE "input x N,3\n" /* 1 2 3 */
#define WEIGHTS LINE "int8 q 1,3 = 1 -2 3\n"

static const struct onnx_case weights[] = {
    {"codes are multiplied with the scale of their block, of which the last is shorter",
     WEIGHTS "opset 21\nfloats s 1,2 = 0.5 2\nnode DequantizeLinear q s -> w axis=1 "
             "block_size=2\nnode Gemm x w -> y transB=1",
     1,
     {16.5f}},
    {"codes are multiplied with their scale",
     WEIGHTS "floats s - = 0.5\nint8 z - = 0\nnode DequantizeLinear q s z -> w\n"
             "node Gemm x w -> y transB=1",
     1,
     {3}},
    {"a zero-point is taken off",
     WEIGHTS "floats s - = 0.5\nint8 z - = 1\nnode DequantizeLinear q s z -> w\n"
             "node Gemm x w -> y transB=1",
     1,
     {0}},
    {"without a zero-point it is zero",
     WEIGHTS "floats s - = 2\nnode DequantizeLinear q s -> w\n"
             "node Gemm x w -> y transB=1",
     1,
     {12}},
    {"attributes of newer opsets that say what is so anyway",
     WEIGHTS "opset 25\nfloats s - = 2\nnode DequantizeLinear q s -> w block_size=0 "
             "output_dtype=1\nnode Gemm x w -> y transB=1",
     1,
     {12}},
    {"each channel may have a scale",
     LINE "int8 q 3,2 = 1 1 1 1 1 1\nfloats s 2 = 1 10\n"
          "node DequantizeLinear q s -> w axis=1\nnode MatMul x w -> y",
     2,
     {6, 60}},
};

static void dequantized_weights_are_floats(void **state)
{
    (void)state;
    onnx_cases_compute(weights, COUNT(weights));
}

#define ROUNDED LINE "floats s - = 0.5\nuint8 z - = 0\nnode QuantizeLinear x s z -> q\n"

static const struct onnx_refusal refusals[] = {
    {"codes are read by other nodes", ROUNDED "node Relu q -> y",
     "its input \"q\" is codes"},
    {"the scales differ", ROUNDED "floats t - = 0.25\nnode DequantizeLinear q t z -> y",
     "its scale 0.25 is not that of the codes \"q\", 0.5"},
    {"the zero-points differ",
     LINE "floats s - = 0.5\nuint8 z - = 3\nuint8 a - = 4\n"
          "node QuantizeLinear x s z -> q\nnode DequantizeLinear q s a -> y",
     "its zero-point is not that of the codes \"q\""},
    {"several zero-points",
     LINE "floats s - = 0.5\nuint8 z 2 = 3 3\nnode QuantizeLinear x s z -> q\n"
          "node DequantizeLinear q s z -> y",
     "its zero-point must be one integer of its type"},
    {"a scale is zero",
     LINE "floats s - = 0\nuint8 z - = 0\nnode QuantizeLinear x s z -> q\n"
          "node DequantizeLinear q s z -> y",
     "its scale is not above zero"},
    {"a scale of weights is negative",
     WEIGHTS "floats s - = -1\nnode DequantizeLinear q s -> w\n"
             "node Gemm x w -> y transB=1",
     "scale 0 of \"s\" is not above zero"},
    {"scales do not fit the axis",
     WEIGHTS "floats s 2 = 1 2\nnode DequantizeLinear q s -> w axis=0\n"
             "node Gemm x w -> y transB=1",
     "2 scales do not fit axis 0 of \"q\""},
    {"values are dequantized", LINE "floats s - = 1\nnode DequantizeLinear x s -> y",
     "its input \"x\" must be a constant"},
    {"fewer steps than blocks",
     WEIGHTS "opset 21\nfloats s 1,1 = 1\nnode DequantizeLinear q s -> w axis=1 "
             "block_size=2\nnode Gemm x w -> y transB=1",
     "1 scales do not fit blocks of 2 along axis 1"},
    {"codes of another type than the zero-point",
     ROUNDED "opset 21\nnode QuantizeLinear x s z -> p output_dtype=3\n"
             "node DequantizeLinear p s z -> y",
     "its attribute output_dtype is int8; calq can read it as uint8 only"},
    {"values of another type than float",
     WEIGHTS
     "opset 23\nfloats s - = 1\nnode DequantizeLinear q s -> w output_dtype=10\n"
     "node Gemm x w -> y transB=1",
     "its attribute output_dtype is float16; calq can read it as float only"},
    {"a division of another precision",
     ROUNDED "opset 23\nnode QuantizeLinear x s z -> p precision=16\n"
             "node DequantizeLinear p s z -> y",
     "its attribute precision is bfloat16; calq can read it as float only"},
    {"the zero-point has too wide a type",
     LINE "floats s - = 1\nintegers z - = 0\nnode QuantizeLinear x s z -> q\n"
          "node DequantizeLinear q s z -> y",
     "of a type with at most 16 bits"},
};

static void what_calq_cannot_represent_is_refused(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, COUNT(refusals));
}

/* ---- codes are taken into tensors and layers ------------------------------------------------- */

static struct error err;

static struct network *taken(const char *text)
{
    struct network *network = onnx_builder_read(text, &err);

    if (!network)
        fail_msg("%s", err.text);
    assert_true(network_is_quantized(network));
    if (network_take_qdq(network, NULL, &err) < 0) {
        network_destroy(network);
        return NULL;
    }
    return network;
}

#define CONV                                                                           \
    "input x N,2,3,3\nint8 q 4,2,2,2 = 1 -1 3\nfloats s - = 0.5\nint8 z - = 0\n"       \
    "node DequantizeLinear q s z -> w\n"

/* The second of two convolutions, behind Relu, clamp and rounding. */
static const char *const rounded =
    CONV "node Conv x w -> c name=first\nnode Relu c -> r\n"
         "floats t - = 0.1\nuint8 zero - = 0\nfloats low - = 0\nfloats high - = 1.5\n"
         "node Clip r low high -> k\nnode QuantizeLinear k t zero -> k_codes\n"
         "node DequantizeLinear k_codes t zero -> d\n"
         "floats v 1,4,2,2\nnode Conv d v -> e name=second\nnode Flatten e -> y\n"
         "output y\n";

static void a_clamp_and_a_rounding_are_the_codes_of_the_tensor_before(void **state)
{
    struct network *network = taken(rounded);
    int tensor;

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layer_count, 4); /* conv, relu, conv, flatten */
    tensor = network->layers[2].inputs[0];
    assert_string_equal(network->tensors[tensor].name, "r");
    assert_true(network->tensors[tensor].codes.step == 0.1f);
    assert_int_equal(network->tensors[tensor].codes.lowest, 0);
    assert_int_equal(network->tensors[tensor].codes.highest, 15);
    assert_true(network->layers[0].weights->steps[3] == 0.5f);
    assert_null(network->layers[2].weights->steps);
    network_destroy(network);
}

static void a_zero_point_is_taken_off_the_codes(void **state)
{
    struct network *network =
        taken(CONV "node Conv x w -> c name=first\nfloats t - = 0.1\n"
                   "uint8 zero - = 128\nnode QuantizeLinear c t zero -> c_codes\n"
                   "node DequantizeLinear c_codes t zero -> d\nnode Flatten d -> y\n"
                   "output y\n");
    const struct file_codes *codes;

    (void)state;
    assert_non_null(network);
    codes = &network->tensors[network->layers[0].output].codes;
    assert_int_equal(codes->lowest, -128);
    assert_int_equal(codes->highest, 127);
    network_destroy(network);
}

/* Roundings of both branches, of what they are joined to, and of another name of that. */
static void what_is_handed_on_has_the_codes_of_all_roundings(void **state)
{
    struct network *network = taken(
        CONV
        "node Conv x w -> c name=first\nnode Conv x w -> e name=second\n"
        "floats t - = 0.1\nint8 zero - = 0\n"
        "node QuantizeLinear c t zero -> cq\nnode DequantizeLinear cq t zero -> cd\n"
        "node QuantizeLinear e t zero -> eq\nnode DequantizeLinear eq t zero -> ed\n"
        "node Concat cd ed -> k axis=1\n"
        "node QuantizeLinear k t zero -> kq\nnode DequantizeLinear kq t zero -> kd\n"
        "node Identity kd -> i\n"
        "node QuantizeLinear i t zero -> iq\nnode DequantizeLinear iq t zero -> id\n"
        "node Flatten id -> y\noutput y\n");

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layer_count, 4);
    for (int i = 0; i < network->layer_count; i++)
        assert_true(network->tensors[network->layers[i].output].codes.step == 0.1f);
    assert_true(network->tensors[network->inputs[0]].codes.step == 0);
    network_destroy(network);
}

static void the_output_that_is_rounded_keeps_its_name(void **state)
{
    struct network *network = taken(
        "input x N,4\nint8 q 4,3 = 1 -1 3\nfloats s - = 0.5\nint8 z - = 0\n"
        "node DequantizeLinear q s z -> w\nnode MatMul x w -> h\nfloats t - = 0.1\n"
        "uint8 zero - = 128\nnode QuantizeLinear h t zero -> codes\n"
        "node DequantizeLinear codes t zero -> y\noutput y\n");

    (void)state;
    assert_non_null(network);
    assert_string_equal(network->tensors[network->output].name, "y");
    assert_true(network->tensors[network->output].codes.step == 0.1f);
    network_destroy(network);
}

static void a_tensor_that_is_read_rounded_and_not_is_refused(void **state)
{
    (void)state;
    assert_null(taken(CONV
                      "node Conv x w -> c\nfloats t - = 0.1\nint8 zero - = 0\n"
                      "node QuantizeLinear c t zero -> codes\n"
                      "node DequantizeLinear codes t zero -> d\nnode Add c d -> a\n"
                      "node Flatten a -> y\noutput y\n"));
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "tensor \"c\" is rounded to codes"));
}

/* Without what nobody reads. */
static struct network *fused(struct network *network)
{
    assert_non_null(network);
    network_fuse_but_sums(network);
    return network;
}

/* A sum of windows times a constant for each channel; `ones` and `last` vary it. */
static struct network *corrected(const char *ones, const char *last)
{
    char text[1024];

    snprintf(text, sizeof text,
             CONV "node Conv x w -> c pads=1,1,1,1\n%s\n"
                  "floats k 4,1,1,1 = 0.5 -1 2 0\n"
                  "node Conv x ones -> sums pads=1,1,1,1\nnode Conv sums k -> by\n%s\n"
                  "node Flatten a -> y\noutput y\n",
             ones, last);
    return fused(taken(text));
}

static void sums_of_windows_become_the_correction_of_the_layer(void **state)
{
    static const float corrections[] = {0.5f, -1, 2, 0};
    static const char *const sums[] = {"node Add c by -> a", "node Add by c -> a"};

    (void)state;
    for (size_t i = 0; i < COUNT(sums); i++) {
        struct network *network = corrected("floats ones 1,2,2,2 = 1", sums[i]);

        assert_non_null(network);
        assert_int_equal(network->layer_count, 2);
        assert_string_equal(network->tensors[network->layers[0].output].name, "a");
        assert_memory_equal(network->layers[0].weights->corrections, corrections,
                            sizeof corrections);
        network_destroy(network);
    }
}

static void other_sums_stay_layers(void **state)
{
    struct network *network =
        corrected("floats ones 1,2,2,2 = 1 1 1 2", "node Add c by -> a");

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layer_count, 5);
    assert_null(network->layers[0].weights->corrections);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dequantized_weights_are_floats),
        cmocka_unit_test(what_calq_cannot_represent_is_refused),
        cmocka_unit_test(a_clamp_and_a_rounding_are_the_codes_of_the_tensor_before),
        cmocka_unit_test(a_zero_point_is_taken_off_the_codes),
        cmocka_unit_test(what_is_handed_on_has_the_codes_of_all_roundings),
        cmocka_unit_test(the_output_that_is_rounded_keeps_its_name),
        cmocka_unit_test(a_tensor_that_is_read_rounded_and_not_is_refused),
        cmocka_unit_test(sums_of_windows_become_the_correction_of_the_layer),
        cmocka_unit_test(other_sums_stay_layers),
    };

    return cmocka_run_group_tests_name("onnx_quantize", tests, NULL, NULL);
}
