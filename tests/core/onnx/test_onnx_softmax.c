#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define IMAGE "input x N,2,2,2\n" /* 1 2 3 4 | 5 6 7 8 */
#define TWICE "\nfloats two - = 2\nnode Mul p two -> y"

static const struct onnx_case cases[] = {
    {"Softmax inside a network goes along the last axis",
     "input x N,3\nnode Softmax x -> p" TWICE,
     3,
     {.18006115f, .48945694f, 1.33048192f}},
    {"LogSoftmax is its logarithm",
     "input x N,3\nnode LogSoftmax x -> p" TWICE,
     3,
     {-4.81521193f, -2.81521193f, -.81521193f}},
    {"an axis may be the channels",
     IMAGE "node Softmax x -> p axis=1" TWICE,
     8,
     {.03597242f, .03597242f, .03597242f, .03597242f, 1.96402758f, 1.96402758f,
      1.96402758f, 1.96402758f}},
    {"an axis may be the rows",
     IMAGE "node Softmax x -> p axis=2" TWICE,
     8,
     {.23840584f, .23840584f, 1.76159416f, 1.76159416f, .23840584f, .23840584f,
      1.76159416f, 1.76159416f}},
    {"an axis may be the columns",
     IMAGE "node Softmax x -> p axis=-1" TWICE,
     8,
     {.53788284f, 1.46211716f, .53788284f, 1.46211716f, .53788284f, 1.46211716f,
      .53788284f, 1.46211716f}},
    {"before opset 13 it goes along all axes from one on",
     "opset 12\n" IMAGE "node Softmax x -> p axis=2" TWICE,
     8,
     {.06411721f, .17428864f, .47376564f, 1.28782852f, .06411721f, .17428864f,
      .47376564f, 1.28782852f}},
    {"before opset 13 that one is the first",
     "opset 11\n" IMAGE "node Softmax x -> p" TWICE,
     8,
     {.00115323f, .00313479f, .00852125f, .02316315f, .06296398f, .17115385f,
      .46524439f, 1.26466537f}},
    {"a Softmax at the end that does not go along the classes is a layer",
     "input x N,2,2\nnode Softmax x -> y axis=1",
     4,
     {.11920292f, .11920292f, .88079708f, .88079708f}},
};

static const struct onnx_refusal refusals[] = {
    {"Softmax is not over samples", "input x N,2\nnode Softmax x -> y axis=0",
     "axis 0 of [N, 2] would mix samples"},
    {"nor was it before opset 13",
     "opset 9\ninput x N,2\nnode LogSoftmax x -> y axis=-2",
     "axis 0 of [N, 2] would mix samples"},
    {"an axis must exist", "input x N,2\nnode Softmax x -> y axis=2",
     "there is no axis 2 in [N, 2]"},
};

static void rows_are_normalised_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, COUNT(cases));
}

static void impossible_axes_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, COUNT(refusals));
}

/* Behind it values have other names and shapes at most; else it is a layer. */
static const struct {
    const char *text;
    bool is_layer;
} endings[] = {
    {"node Softmax r -> y", false},
    {"node LogSoftmax r -> y axis=1", false},
    {"node Softmax r -> a\nnode Identity a -> y", false},
    {"node Softmax r -> a\nintegers s 2 = 0 2\nnode Reshape a s -> y", false},
    {"node LogSoftmax r -> a\nnode Dropout a -> y", false},
    {"node Softmax r -> a\nnode Relu a -> y", true},
    {"node Softmax r -> a\nnode Identity a -> b\nnode Add a b -> y", true},
    {"integers s 4 = 0 2 1 1\nnode Reshape r s -> i\nnode Softmax i -> a axis=1\n"
     "node Flatten a -> y",
     false},
    {"integers s 4 = 0 1 1 2\nnode Reshape r s -> i\nnode Softmax i -> a axis=3\n"
     "node Flatten a -> y",
     true},
    {"opset 12\nintegers s 4 = 0 2 1 1\nnode Reshape r s -> i\nnode Softmax i -> a\n"
     "node Flatten a -> y",
     false},
    {"opset 12\nintegers s 3 = 0 1 2\nnode Reshape r s -> i\nnode Softmax i -> a "
     "axis=1\n"
     "node Flatten a -> y",
     true},
};

static void a_softmax_at_the_end_over_the_classes_is_the_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(endings); i++) {
        struct error err = {0};
        struct network *network;
        bool has_one = false;
        char text[256];

        snprintf(text, sizeof text, "input x N,2\nnode Relu x -> r\n%s\noutput y",
                 endings[i].text);
        network = onnx_builder_read(text, &err);
        if (!network)
            fail_msg("%s: %s", endings[i].text, err.text);
        for (int layer = 0; layer < network->layer_count; layer++)
            has_one = has_one || network->layers[layer].kind == LAYER_SOFTMAX;
        if (has_one != endings[i].is_layer)
            fail_msg("%s", endings[i].text);
        network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_normalised_as_onnx_says),
        cmocka_unit_test(impossible_axes_are_refused_with_a_sentence),
        cmocka_unit_test(a_softmax_at_the_end_over_the_classes_is_the_losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
