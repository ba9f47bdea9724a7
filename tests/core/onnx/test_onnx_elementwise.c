#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LINE "input x N,3\n"     /* 1 2 3 */
#define PAIR "input x N,2,1,2\n" /* 1 2 | 3 4 */
#define NORM "floats g 2 = 2 6\nfloats b 2 = 1 2\nfloats m 2 = 1 3\nfloats v 2 = 3 8\n"

static const struct onnx_case cases[] = {
    {"batch normalisation is a scale and a shift a channel",
     PAIR NORM "node BatchNormalization x g b m v -> y epsilon=1.0",
     4,
     {1, 2, 2, 4}},
    {"batch normalisation works on features",
     "input x N,2\n" NORM "node BatchNormalization x g b m v -> y epsilon=1.0",
     2,
     {1, 0}},
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
    {"Min is an upper limit", LINE "floats c - = 2\nnode Min x c -> y", 3, {1, 2, 2}},
    {"Max is a lower limit", LINE "floats c - = 2\nnode Max x c -> y", 3, {2, 2, 3}},
    {"a tensor may be added to itself", LINE "node Add x x -> y", 3, {2, 4, 6}},
    {"two tensors are added",
     PAIR "floats w 2,2,1,1 = 1 0 0 10\nnode Conv x w -> c\nnode Add c x -> y",
     4,
     {2, 4, 33, 44}},
    {"a single value is added",
     PAIR "floats c 1,1,1,1 = 5\nnode Add x c -> y",
     4,
     {6, 7, 8, 9}},
    {"a value a channel is added",
     PAIR "floats c 2,1,1 = 10 20\nnode Add c x -> y",
     4,
     {11, 12, 23, 24}},
    {"a value a feature is added",
     LINE "floats c 1,3 = 1 2 3\nnode Add x c -> y",
     3,
     {2, 4, 6}},
    {"a constant that is equal over pixels is one a channel",
     PAIR "floats c 2,1,2 = 10 10 20 20\nnode Add x c -> y",
     4,
     {11, 12, 23, 24}},
    {"a constant is subtracted",
     LINE "floats c - = 1\nnode Sub x c -> y",
     3,
     {0, 1, 2}},
    {"a constant is subtracted from",
     LINE "floats c - = 1\nnode Sub c x -> y",
     3,
     {0, -1, -2}},
    {"a constant multiplies",
     PAIR "floats c 2,1,1 = 2 3\nnode Mul c x -> y",
     4,
     {2, 4, 9, 12}},
    {"a constant divides",
     LINE "floats c - = 4\nnode Div x c -> y",
     3,
     {.25f, .5f, .75f}},
    {"constants are computed with",
     LINE "floats a 3 = 1 2 3\nfloats b 1 = 2\nnode Mul a b -> c\nnode Div c b -> d\n"
          "node Sub d b -> e\nnode Add e b -> f\nnode Mul x f -> y",
     3,
     {1, 4, 9}},
};

static const struct onnx_refusal refusals[] = {
    {"tensors of different shapes are not added",
     "input x N,2,2,2\nnode GlobalAveragePool x -> p\nnode Add x p -> y",
     "the shapes [N, 2, 2, 2] and [N, 2, 1, 1] differ"},
    {"a constant must not differ within a channel",
     "input x N,1,2,2\nfloats c 2,2 = 1 2 3 4\nnode Add x c -> y",
     "the constant \"c\" [2, 2] is no single value and not one a channel"},
    {"a constant must fit", LINE "floats c 2\nnode Add x c -> y",
     "does not fit a tensor"},
    {"a constant must not enlarge the tensor",
     "input x N,1\nfloats c 3 = 1 2 3\nnode Add x c -> y", "does not fit a tensor"},
    {"tensors are not multiplied", LINE "node Mul x x -> y",
     "only the sum is supported"},
    {"a constant divided by a tensor is refused",
     LINE "floats c - = 1\nnode Div c x -> y", "a constant divided by a tensor"},
    {"division by zero is refused", LINE "floats c - = 0\nnode Div x c -> y",
     "not finite"},
    {"integers are not added to floats", LINE "integers c - = 1\nnode Add x c -> y",
     "must be of a float type"},
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
    {"a limit must be finite", LINE "floats l - = nan\nnode Clip x l -> y",
     "not finite"},
    {"a limit is a single value", LINE "floats l 3 = 1 2 3\nnode Max x l -> y",
     "must be a single value"},
    {"Min of three is refused", LINE "floats c -\nnode Min x c c -> y",
     "only a tensor and one constant"},
    {"a limit is a float", LINE "opset 10\nnode Clip x -> y min=1",
     "its attribute min must be a float"},
    {"a mean is there for each channel",
     "input x N,3,1,1\n" NORM "node BatchNormalization x g b m v -> y",
     "\"g\" has 2 values for 3 channels"},
    {"training is refused",
     PAIR NORM "node BatchNormalization x g b m v -> y training_mode=1",
     "only the batch normalisation of inference"},
    {"a mean for each pixel is refused",
     PAIR NORM "opset 8\nnode BatchNormalization x g b m v -> y spatial=0",
     "only the batch normalisation of inference"},
    {"a negative variance is refused",
     PAIR "floats v 2 = -1\nnode BatchNormalization x v v v v -> y", "not finite"},
    {"batch normalisation needs channels that calq knows",
     "input x N,2,2\n" NORM "node BatchNormalization x g b m v -> y",
     "[N, C] or [N, C, H, W]"},
    {"the variance must be there", PAIR NORM "node BatchNormalization x g b m -> y",
     "input 4 is missing"},
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
