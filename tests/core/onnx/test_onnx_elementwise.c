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
    {"HardSwish means the same in opsets that do not have it yet",
     "opset 13\n" LINE "node HardSwish x -> y",
     3,
     {0.66666667f, 1.66666667f, 3}},
    {"Gelu is exact",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Gelu s -> y",
     3,
     {-0.15865525f, 0, 0.84134475f}},
    {"Gelu may be approximate",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Gelu s -> y approximate=tanh",
     3,
     {-0.15880801f, 0, 0.84119199f}},
    {"Selu has two factors",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Selu s -> y gamma=2.0 alpha=0.5",
     3,
     {-0.63212056f, 0, 2}},
    {"Selu has factors of its own",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Selu s -> y",
     3,
     {-1.11133074f, 0, 1.05070099f}},
    {"Celu bends at alpha",
     LINE "floats c - = 2\nnode Sub x c -> s\nnode Celu s -> y alpha=2.0",
     3,
     {-0.78693868f, 0, 1}},
    {"ThresholdedRelu keeps what is above alpha",
     LINE "node ThresholdedRelu x -> y alpha=2.0",
     3,
     {0, 0, 3}},
    {"Swish has a factor inside",
     LINE "node Swish x -> y alpha=2.0",
     3,
     {0.88079708f, 1.96402758f, 2.99258212f}},
    {"Mish is a smooth curve",
     LINE "node Mish x -> y",
     3,
     {0.86509839f, 1.94395896f, 2.98653500f}},
    {"Softsign", LINE "node Softsign x -> y", 3, {0.5f, 0.66666667f, 0.75f}},
    {"Sqrt", LINE "node Sqrt x -> y", 3, {1, 1.41421356f, 1.73205081f}},
    {"Exp and Log", LINE "node Exp x -> e\nnode Log e -> y", 3, {1, 2, 3}},
    {"Neg, Abs and Sign",
     LINE "node Neg x -> n\nnode Abs n -> a\nnode Sign n -> s\nnode Add a s -> y",
     3,
     {0, 1, 2}},
    {"Reciprocal", LINE "node Reciprocal x -> y", 3, {1, 0.5f, 0.33333333f}},
    {"Erf", LINE "node Erf x -> y", 3, {0.84270079f, 0.99532227f, 0.99997791f}},
    {"Sin and Cos",
     LINE "node Sin x -> s\nnode Cos x -> c\nnode Add s c -> y",
     3,
     {1.38177329f, 0.49315059f, -0.84887249f}},
    {"Ceil, Floor and Round, halves to even",
     LINE "floats h - = 0.5\nnode Mul x h -> m\nnode Ceil m -> c\nnode Floor m -> f\n"
          "node Round m -> r\nnode Sum c f r -> y",
     3,
     {1, 3, 5}},
    {"curves of constants are constants",
     LINE "floats c 3 = 4 9 16\nnode Sqrt c -> s\nnode Neg s -> n\nnode Add x n -> y",
     3,
     {-1, -1, -1}},
    {"signs of integers are constants",
     "input x N,6\nintegers c 2 = -2 -3\nnode Neg c -> n\nnode Sign n -> s\n"
     "node Mul s n -> p\nnode Abs c -> a\nnode Max a p -> q\nintegers o 1 = -1\n"
     "node Concat o q -> r axis=0\nnode Reshape x r -> y",
     6,
     {1, 2, 3, 4, 5, 6}},
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
     "its alpha inf is not finite"},
    {"a slope below zero must be finite", LINE "node LeakyRelu x -> y alpha=-1e99.",
     "its alpha -inf is not finite"},
    {"a factor below zero must be finite", LINE "node Elu x -> y alpha=1e99.",
     "its alpha inf is not finite"},
    {"a bend is above zero", LINE "node Celu x -> y alpha=0.0",
     "its alpha 0 must be above zero"},
    {"Gelu is exact or by tanh", LINE "node Gelu x -> y approximate=erf",
     "approximate"},
    {"there is no root of integers",
     LINE "integers c 3 = 4\nnode Sqrt c -> s\nnode Reshape x s -> y",
     "must be of a float type"},
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
