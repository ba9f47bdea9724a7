#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LINE "input x N,3\n"     /* 1 2 3 */
#define PAIR "input x N,2,1,2\n" /* 1 2 | 3 4 */
#define CUBE "input x N,2,2,2\n" /* 1 2, 3 4 | 5 6, 7 8 */

static const struct onnx_case cases[] = {
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
    {"two images are multiplied",
     CUBE "node Mul x x -> y",
     8,
     {1, 4, 9, 16, 25, 36, 49, 64}},
    {"a value a channel that is computed multiplies an image",
     CUBE "node GlobalMaxPool x -> p\nnode Mul p x -> y",
     8,
     {4, 8, 12, 16, 40, 48, 56, 64}},
    {"a row and a column make an image",
     "input x N,1,2,3\nnode MaxPool x -> r kernel_shape=2,1\n"
     "node MaxPool x -> c kernel_shape=1,3\nnode Sub r c -> y",
     6,
     {1, 2, 3, -2, -1, 0}},
    {"an image is divided by its largest value",
     "input x N,2,1,2\nnode GlobalMaxPool x -> p\nnode Div x p -> y",
     4,
     {.5f, 1, .75f, 1}},
    {"a value a pixel is added",
     CUBE "floats c 2,2 = 10 20 30 40\nnode Add x c -> y",
     8,
     {11, 22, 33, 44, 15, 26, 37, 48}},
    {"a value an element is subtracted",
     CUBE "floats c 1,2,2,2 = 1 2 3 4 5 6 7 9\nnode Sub x c -> y",
     8,
     {0, 0, 0, 0, 0, 0, 0, -1}},
    {"a value a row of an image multiplies",
     CUBE "floats c 2,1 = 1 10\nnode Mul c x -> y",
     8,
     {1, 2, 30, 40, 5, 6, 70, 80}},
    {"a value a step of a sequence is added",
     "input x N,3,2\nfloats c 3,1 = 10 20 30\nnode Add c x -> y",
     6,
     {11, 12, 23, 24, 35, 36}},
    {"five dimensions are broadcast",
     "input x N,1,2,1,2\nfloats c 2,1,2,1 = 0 10 20 30\nnode Add c x -> y",
     16,
     {1, 2, 11, 12, 3, 4, 13, 14, 21, 22, 31, 32, 23, 24, 33, 34}},
    {"a constant enlarges the tensor",
     "input x N,1\nfloats c 3 = 1 2 3\nnode Mul x c -> y",
     3,
     {1, 2, 3}},
    {"a constant is divided by a tensor",
     LINE "floats c - = 6\nnode Div c x -> y",
     3,
     {6, 3, 2}},
    {"a square", LINE "floats c 1 = 2\nnode Pow x c -> y", 3, {1, 4, 9}},
    {"the exponent may be an integer",
     LINE "integers c - = 3\nnode Pow x c -> y",
     3,
     {1, 8, 27}},
    {"exponents differ",
     LINE "floats c 3 = -1 0.5 0\nnode Pow x c -> y",
     3,
     {1, 1.41421356f, 1}},
    {"a constant to the power of a tensor",
     LINE "floats c - = 2\nnode Pow c x -> y",
     3,
     {2, 4, 8}},
    {"PRelu has a slope",
     LINE "floats c - = 2\nfloats s 1 = 0.25\nnode Sub x c -> t\nnode PRelu t s -> y",
     3,
     {-0.25f, 0, 1}},
    {"PRelu has a slope a channel",
     CUBE "floats c - = 9\nfloats s 2,1,1 = 0.5 2\nnode Sub x c -> t\n"
          "node PRelu t s -> y",
     8,
     {-4, -3.5f, -3, -2.5f, -8, -6, -4, -2}},
    {"PRelu's slopes may be computed",
     LINE "floats c - = 2\nnode Sub x c -> t\nnode PRelu t x -> y",
     3,
     {-1, 0, 1}},
    {"Min of a single one is that", LINE "node Min x -> y", 3, {1, 2, 3}},
    {"a limit comes first, too",
     LINE "floats c - = 2\nnode Max c x -> y",
     3,
     {2, 2, 3}},
    {"a limit a feature", LINE "floats c 3 = 2 1 9\nnode Min x c -> y", 3, {1, 1, 3}},
    {"the largest of two tensors",
     LINE "floats c - = 4\nnode Sub c x -> s\nnode Max x s -> y",
     3,
     {3, 2, 3}},
    {"the smallest of three and a constant",
     LINE "floats c - = 4\nfloats d 3 = 9 0 9\nnode Sub c x -> s\nnode Mul x x -> q\n"
          "node Min d x s q -> y",
     3,
     {1, 0, 1}},
    {"a sum of three", LINE "node Mul x x -> q\nnode Sum x q x -> y", 3, {3, 8, 15}},
    {"a sum of three that are broadcast",
     CUBE "floats c - = 100\nnode GlobalMaxPool x -> p\nnode Sum c x p -> y",
     8,
     {105, 106, 107, 108, 113, 114, 115, 116}},
    {"a sum of one", LINE "node Sum x -> y", 3, {1, 2, 3}},
    {"integer constants are computed with",
     "input x N,2,6\nintegers a 3 = 0 7 2\nintegers b 3 = 1 3 9\nintegers d 1 = 2\n"
     "node Min a b -> l\nnode Max l d -> m\nnode Pow m d -> p\nnode Div p d -> q\n"
     "integers s 3 = 2 4 2\nnode Sub q s -> r\nnode Reshape x r -> y",
     12,
     {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
};

static const struct onnx_refusal refusals[] = {
    {"a constant must fit", LINE "floats c 2\nnode Add x c -> y",
     "the shapes [N, 3] and [2] do not fit each other"},
    {"division by zero is refused", LINE "floats c - = 0\nnode Div x c -> y",
     "not finite"},
    {"integers are not added to floats", LINE "integers c - = 1\nnode Add x c -> y",
     "must be of a float type"},
    {"a limit must be finite", LINE "floats l - = nan\nnode Clip x l -> y",
     "not finite"},
    {"two tensors must fit",
     "input x N,2,1,3\nnode Transpose x -> t perm=0,3,2,1\nnode Mul x t -> y",
     "the shapes [N, 2, 1, 3] and [N, 3, 1, 2] do not fit each other"},
    {"tensors have as many dimensions as each other",
     "input x N,2,2\nnode Flatten x -> f\nnode Mul x f -> y",
     "the shapes [N, 2, 2] and [N, 4] do not fit each other"},
    {"a constant is the same for all samples",
     "input x N,3\nfloats c 2,3\nnode Max x c -> y",
     "the shapes [N, 3] and [2, 3] do not fit each other"},
    {"a constant has no dimension before the batch",
     "input x N,3\nfloats c 1,1,3 = 1 2 3\nnode Pow x c -> y",
     "the shapes [N, 3] and [1, 1, 3] do not fit each other"},
    {"division by a zero is refused",
     "input x N,2,2\nfloats c 2,1 = 1 0\nnode Div x c -> y",
     "it divides by zero: value 1 of \"c\""},
    {"slopes do not enlarge a tensor",
     "input x N,1\nfloats c 3 = 1 2 3\nnode PRelu x c -> y",
     "slopes [3] do not fit a tensor [N, 1]"},
    {"Min needs something", LINE "node Min -> y", "input 0 is missing"},
    {"an overflow is refused",
     LINE "integers a 1 = 10\nintegers b 1 = 19\nnode Pow a b -> c\n"
          "node Reshape x c -> y",
     "the result overflows"},
};

static void two_operands_become_what_onnx_says(void **state)
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
        cmocka_unit_test(two_operands_become_what_onnx_says),
        cmocka_unit_test(impossible_operands_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
