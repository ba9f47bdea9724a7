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

static const struct onnx_refusal refusals[] = {
    {"conditions are constants", LINE "floats b - = 2\nnode Less x b -> r\n" ADDED,
     "cannot run: Less on computed values (1)"},
    {"both choices may not be computed",
     LINE "integers c 3 = 1 0 1\nnode Relu x -> r\nnode Where c x r -> y",
     "both of its choices are computed; calq needs a constant"},
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

static void impossible_conditions_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_worked_out),
        cmocka_unit_test(impossible_conditions_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
