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
    {"batch normalisation works on lines",
     "input x N,2,2\n" NORM "node BatchNormalization x g b m v -> y epsilon=1.0",
     4,
     {1, 2, 2, 4}},
    {"batch normalisation works on volumes",
     "input x N,2,1,1,2\n" NORM "node BatchNormalization x g b m v -> y epsilon=1.0",
     4,
     {1, 2, 2, 4}},
};

static const struct onnx_refusal refusals[] = {
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
    {"the variance must be there", PAIR NORM "node BatchNormalization x g b m -> y",
     "input 4 is missing"},
};

static void batch_normalisation_is_a_scale_and_a_shift(void **state)
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
        cmocka_unit_test(batch_normalisation_is_a_scale_and_a_shift),
        cmocka_unit_test(impossible_operands_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
