#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LINE "input x N,3\n" /* 1 2 3 */
/* Integers 0 or 1 become floats that are added. */
#define ADDED "node Cast r -> f to=1\nnode Add x f -> y"
#define NUMBERS LINE "integers a 3 = 1 2 3\nintegers b 1 = 2\n"

static const struct onnx_case cases[] = {
    {"Equal", NUMBERS "node Equal a b -> r\n" ADDED, 3, {1, 3, 3}},
    {"Greater", NUMBERS "node Greater a b -> r\n" ADDED, 3, {1, 2, 4}},
    {"GreaterOrEqual", NUMBERS "node GreaterOrEqual a b -> r\n" ADDED, 3, {1, 3, 4}},
    {"Less", NUMBERS "node Less a b -> r\n" ADDED, 3, {2, 2, 3}},
    {"LessOrEqual", NUMBERS "node LessOrEqual a b -> r\n" ADDED, 3, {2, 3, 3}},
    {"floats are compared",
     LINE "floats a 3 = 0.5 1 nan\nfloats b - = 0.75\nnode Less a b -> r\n" ADDED,
     3,
     {2, 2, 3}},
    {"the batch size is above zero",
     LINE "node Shape x -> s\nintegers z 1 = -1\nnode Equal s z -> r0\n"
          "node Not r0 -> r1\nintegers i - = 0\nnode Gather r1 i -> r\n" ADDED,
     3,
     {2, 3, 4}},
    {"And, Or, Xor and Not",
     LINE "integers a 3 = 0 0 1\nintegers b 3 = 0 1 1\nnode And a b -> p\n"
          "node Or a b -> q\nnode Xor a b -> s\nnode Not s -> t\n"
          "integers ten 1 = 10\nnode Mul q ten -> q1\nnode Mul t ten -> t0\n"
          "node Mul t0 ten -> t1\nnode Add p q1 -> u\nnode Add u t1 -> r\n" ADDED,
     3,
     {101, 12, 114}},
    {"remainders have the sign of the divisor",
     LINE "integers a 3 = -7 7 -6\nintegers b 3 = 3 -3 3\nnode Mod a b -> r\n" ADDED,
     3,
     {3, 0, 3}},
    {"or of what is divided",
     LINE
     "integers a 3 = -7 7 -6\nintegers b 3 = 3 -3 3\nnode Mod a b -> r fmod=1\n" ADDED,
     3,
     {0, 3, 3}},
    {"remainders of floats",
     LINE "floats a 3 = -7.5 7.5 1\nfloats b 1 = 2\nnode Mod a b -> f fmod=1\n"
          "node Add x f -> y",
     3,
     {-0.5f, 3.5f, 4}},
    {"Where chooses of constants",
     LINE "integers c 3 = 1 0 1\nfloats a 1 = 10\nfloats b 3 = 1 2 3\n"
          "node Where c a b -> w\nnode Add x w -> y",
     3,
     {11, 4, 13}},
    {"Where keeps the batch of a shape",
     LINE "node Shape x -> s\nintegers c 2 = 1 0\nintegers b 2 = 7 3\n"
          "node Where c s b -> w\nnode Reshape x w -> y",
     3,
     {1, 2, 3}},
    {"Where keeps a tensor where it is true",
     LINE "integers c 3 = 1 0 1\nfloats b 1 = -9\nnode Where c x b -> y",
     3,
     {1, -9, 3}},
    {"Where keeps a tensor where it is false",
     LINE "integers c 3 = 1 0 1\nfloats b 3 = -7 -8 -9\nnode Where c b x -> y",
     3,
     {-7, 2, -9}},
    {"a condition may be one a channel",
     "input x N,2,1,2\nintegers c 2,1,1 = 0 1\nfloats b - = 0\nnode Where c x b -> y",
     4,
     {0, 0, 3, 4}},
    {"a Softmax leaves out what is minus infinity",
     "input x N,2,2\nintegers c 2,2 = 1 0 1 1\nfloats b - = -inf\n"
     "node Where c x b -> w\nnode Softmax w -> s\nnode Relu s -> y",
     4,
     {1, 0, 0.26894142f, 0.73105858f}},
    {"minus infinity may be added to what a Softmax reads",
     "input x N,2,2\nfloats b 1,2,2 = 0 -inf 0 0\nnode Add x b -> w\n"
     "node Softmax w -> s\nnode Relu s -> y",
     4,
     {1, 0, 0.26894142f, 0.73105858f}},
};

#define B "floats b - = 2\n"

static const struct onnx_case computed[] = {
    {"Equal", LINE B "node Equal x b -> r\n" ADDED, 3, {1, 3, 3}},
    {"Greater", LINE B "node Greater x b -> r\n" ADDED, 3, {1, 2, 4}},
    {"GreaterOrEqual", LINE B "node GreaterOrEqual x b -> r\n" ADDED, 3, {1, 3, 4}},
    {"Less", LINE B "node Less x b -> r\n" ADDED, 3, {2, 2, 3}},
    {"LessOrEqual", LINE B "node LessOrEqual x b -> r\n" ADDED, 3, {2, 3, 3}},
    {"a constant may come first", LINE B "node Less b x -> r\n" ADDED, 3, {1, 2, 4}},
    {"two tensors",
     LINE "floats o 3 = 1 -1 0\nnode Add x o -> z\nnode Less x z -> r\n" ADDED,
     3,
     {2, 2, 3}},
    {"And, Or, Xor and Not",
     LINE
     "floats l - = 1.5\nfloats h - = 2.5\nfloats ten - = 10\n"
     "node Greater x l -> p\nnode Less x h -> q\nnode And p q -> b\nnode Or p q -> o\n"
     "node Xor p q -> e\nnode Not e -> n\nnode Cast b -> f to=1\nnode Cast o -> g "
     "to=1\n"
     "node Cast n -> k to=1\nnode Mul g ten -> g1\nnode Mul k ten -> k0\n"
     "node Mul k0 ten -> k1\nnode Add f g1 -> u\nnode Add u k1 -> y",
     3,
     {10, 111, 10}},
    {"a condition and a constant one",
     LINE B "bool c 3 = 1 1 0\nnode GreaterOrEqual x b -> p\nnode And p c -> r\n" ADDED,
     3,
     {1, 3, 3}},
    {"floats are true where they are not zero",
     LINE "floats m - = -2\nnode Add x m -> z\nnode Cast z -> r to=9\n" ADDED,
     3,
     {2, 2, 4}},
    {"Where of two tensors",
     LINE B "node Greater x b -> c\nnode Neg x -> z\nnode Where c x z -> y",
     3,
     {-1, -2, 3}},
    {"Where of constants",
     LINE B "floats a 1 = 7\nnode Greater x b -> c\nnode Where c a b -> y",
     3,
     {2, 2, 7}},
    {"of a constant and a tensor",
     LINE B "node Greater x b -> c\nnode Where c b x -> y",
     3,
     {1, 2, 2}},
    {"of a tensor and a constant",
     LINE B "node Greater x b -> c\nnode Where c x b -> y",
     3,
     {2, 2, 3}},
    {"a constant condition of two tensors",
     LINE "bool c 3 = 1 0 1\nnode Neg x -> z\nnode Where c x z -> y",
     3,
     {1, -2, 3}},
    {"a condition that is repeated and moved",
     "input x N,2,2\n" B "node Greater x b -> c0\nnode Transpose c0 -> c perm=0,2,1\n"
     "node Neg x -> z\nnode Where c x z -> y",
     4,
     {-1, 2, -3, 4}},
    {"triangles",
     "opset 14\ninput x N,2,3\nintegers k - = 1\nnode Trilu x k -> u\n"
     "node Trilu x -> l upper=0\nnode Add u l -> y",
     6,
     {1, 2, 3, 4, 5, 6}},
    {"a triangle of a constant",
     "opset 14\ninput x N,2,2\nfloats c 2,2 = 1 2 3 4\nnode Trilu c -> u\nnode Add x u "
     "-> y",
     4,
     {2, 4, 3, 8}},
};

static const struct onnx_refusal refusals[] = {
    {"what samples hold as integers is not compared",
     "input i N,3 int64\nintegers b - = 2\nnode Less i b -> r\nnode Cast r -> y to=1",
     "its input \"i\" is int64; calq computes with float"},
    {"a condition does not become integers",
     LINE "floats b - = 2\nnode Less x b -> r\nnode Cast r -> i to=7\n"
          "node Cast i -> y to=1",
     "it makes int64 of floats"},
    {"conditions are no floats",
     LINE "floats c 3 = 1 0 1\nfloats b - = 0\nnode Where c x b -> y",
     "its condition \"c\" must be of bool"},
    {"a choice may not be infinite where no Softmax follows",
     LINE "integers c 3 = 1 0 1\nfloats b - = -inf\nnode Where c x b -> y",
     "a value of \"b\" is infinite, which calq takes only where nothing but a Softmax "
     "follows"},
    {"nor what is added",
     LINE "floats b 3 = -inf\nnode Add x b -> s\nnode Relu s -> r\n"
          "node Softmax s -> t\nnode Add r t -> y",
     "a value of \"b\" is infinite"},
    {"no choice is NaN",
     LINE "integers c 3 = 1 0 1\nfloats b - = nan\nnode Where c x b -> y",
     "not finite"},
    {"what depends on the batch size is unknown",
     LINE "node Shape x -> s\nintegers a 1 = 4\nnode Less s a -> r0\n"
          "integers i - = 0\nnode Gather r0 i -> r\n" ADDED,
     "it depends on the batch size"},
    {"types must fit",
     LINE "integers a 3 = 1\nfloats b 3 = 1\nnode Equal a b -> r\n" ADDED,
     "do not fit each other"},
    {"there is no remainder of zero",
     LINE "integers a 3 = 1\nintegers b 3 = 0\nnode Mod a b -> r\n" ADDED,
     "it divides by zero"},
    {"NaN is not asked for", LINE "floats a 3 = 1\nnode IsNaN a -> r\n" ADDED,
     "cannot run: IsNaN (1)"},
};

static void conditions_are_worked_out(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void conditions_of_computed_values_are_computed(void **state)
{
    (void)state;
    onnx_cases_compute(computed, sizeof computed / sizeof *computed);
}

static void impossible_conditions_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_worked_out),
        cmocka_unit_test(conditions_of_computed_values_are_computed),
        cmocka_unit_test(impossible_conditions_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
