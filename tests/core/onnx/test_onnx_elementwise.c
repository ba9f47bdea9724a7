#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LINE "input x N,3\n" /* 1 2 3 */

static const struct onnx_case cases[] = {
    {"Relu cuts below zero",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Relu s -> y",
     3,
     {0, 0, 1}},
    {"Sigmoid is the logistic function",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Sigmoid s -> t\nnode Relu t -> y",
     3,
     {0.26894142f, 0.5f, 0.73105858f}},
    {"HardSigmoid is a line between zero and one",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode HardSigmoid s -> y",
     3,
     {0.3f, 0.5f, 0.7f}},
    {"HardSigmoid has a slope and a middle",
     LINE
     "floats c - = 2\nnode Sub x c -> s\nnode HardSigmoid s -> y alpha=0.75 beta=0.25",
     3,
     {0, 0.25f, 1}},
    {"HardSwish is zero, then a curve, then its input",
     LINE "floats c 3 = 5 3 -2\nnode Sub x c -> s\nnode HardSwish s -> y",
     3,
     {0, -0.33333333f, 5}},
    {"LeakyRelu has a small slope below zero",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode LeakyRelu s -> y",
     3,
     {-0.01f, 0, 1}},
    {"LeakyRelu has the slope alpha below zero",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode LeakyRelu s -> y alpha=0.25",
     3,
     {-0.25f, 0, 1}},
    {"Elu is an exponential below zero",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Elu s -> y",
     3,
     {-0.63212056f, 0, 1}},
    {"Elu has a factor below zero",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Elu s -> y alpha=0.5",
     3,
     {-0.31606028f, 0, 1}},
    {"Tanh is the hyperbolic tangent",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Tanh s -> y",
     3,
     {-0.76159416f, 0, 0.76159416f}},
    {"Softplus is a soft Relu",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Softplus s -> y",
     3,
     {0.31326169f, 0.69314718f, 1.31326169f}},
    {"Clip has attributes before opset 11",
     LINE "opset 10\nnode Clip x -> y min=1.5 max=2.5",
     3,
     {1.5f, 2, 2.5f}},
    {"Clip has inputs since",
     LINE "floats l - = 1.5\nfloats h - = 2.5\nnode Clip x l h -> y",
     3,
     {1.5f, 2, 2.5f}},
    {"Clip's limits may be left out",
     LINE "floats h 1 = 2.5\nnode Clip x . h -> y",
     3,
     {1, 2, 2.5f}},
};

static const struct onnx_refusal refusals[] = {
    {"a slope must be finite", LINE "node HardSigmoid x -> y alpha=1e99.",
     "its alpha inf or beta 0.5 is not finite"},
    {"a slope below zero must be finite", LINE "node LeakyRelu x -> y alpha=-1e99.",
     "its alpha -inf is not finite"},
    {"a factor below zero must be finite", LINE "node Elu x -> y alpha=1e99.",
     "its alpha inf is not finite"},
    {"limits must be in order", LINE "node Clip x -> y min=2.0 max=1.0",
     "nothing is between its limits 2 and 1"},
    {"a limit that leaves nothing is refused",
     LINE "opset 10\nnode Clip x -> y min=1e99.",
     "nothing is between its limits inf and inf"},
    {"a limit is a float", LINE "opset 10\nnode Clip x -> y min=1",
     "its attribute min must be a float"},
};

static void an_element_becomes_what_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_operands_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_becomes_what_onnx_says),
        cmocka_unit_test(impossible_operands_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
