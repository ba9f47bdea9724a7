#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SQUARE "input x N,1,3,3\n" /* 1 2 3 / 4 5 6 / 7 8 9 */

static const struct onnx_case pools[] = {
    {"a maximum slides",
     SQUARE "node MaxPool x -> y kernel_shape=2,2",
     4,
     {5, 6, 8, 9}},
    {"the last window may be left out",
     SQUARE "node MaxPool x -> y kernel_shape=2,2 strides=2,2",
     1,
     {5}},
    {"ceil_mode keeps the last window",
     SQUARE "node MaxPool x -> y kernel_shape=2,2 strides=2,2 ceil_mode=1",
     4,
     {5, 6, 8, 9}},
    {"ceil_mode adds no window that begins behind the input",
     SQUARE "node MaxPool x -> y kernel_shape=1,1 strides=3,3 ceil_mode=1",
     1,
     {1}},
    {"ceil_mode lets one window be larger than the input",
     SQUARE "node MaxPool x -> y kernel_shape=4,4 strides=2,2 ceil_mode=1",
     1,
     {9}},
    {"padding never is the maximum",
     "input x N,1,1,2\nfloats c - = 10\nnode Sub x c -> s\n"
     "node MaxPool s -> y kernel_shape=1,2 pads=0,1,0,1",
     3,
     {-9, -8, -8}},
    {"a maximum may be dilated",
     SQUARE "node MaxPool x -> y kernel_shape=2,2 dilations=2,2",
     1,
     {9}},
    {"a maximum may slide along a line",
     "input x N,2,3\nnode MaxPool x -> y kernel_shape=2,",
     4,
     {2, 3, 5, 6}},
    {"a mean may slide through a volume",
     "input x N,1,2,2,2\nnode AveragePool x -> y kernel_shape=2,1,2",
     2,
     {3.5f, 5.5f}},
    {"SAME_UPPER keeps the size",
     SQUARE "node MaxPool x -> y kernel_shape=2,2 auto_pad=SAME_UPPER",
     9,
     {5, 6, 6, 8, 9, 9, 8, 9, 9}},
    {"SAME pads nothing where strides are wide",
     SQUARE "node MaxPool x -> y kernel_shape=1,1 strides=2,2 auto_pad=SAME_UPPER",
     4,
     {1, 3, 7, 9}},
    {"a mean slides",
     SQUARE "node AveragePool x -> y kernel_shape=2,2",
     4,
     {3, 4, 6, 7}},
    {"padding does not count",
     SQUARE "node AveragePool x -> y kernel_shape=2,2 strides=2,2 pads=1,1,1,1",
     4,
     {1, 2.5f, 5.5f, 7}},
    {"padding counts where asked",
     SQUARE "node AveragePool x -> y kernel_shape=2,2 strides=2,2 pads=1,1,1,1 "
            "count_include_pad=1",
     4,
     {.25f, 1.25f, 2.75f, 7}},
    {"what ceil_mode adds never counts",
     SQUARE "node AveragePool x -> y kernel_shape=2,2 strides=2,2 ceil_mode=1 "
            "count_include_pad=1",
     4,
     {3, 4.5f, 7.5f, 9}},
    {"a global mean", SQUARE "node GlobalAveragePool x -> y", 1, {5}},
    {"a global maximum", "input x N,2,2,2\nnode GlobalMaxPool x -> y", 2, {4, 8}},
};

static const struct onnx_refusal refusals[] = {
    {"a pool needs kernel_shape", SQUARE "node MaxPool x -> y",
     "kernel_shape is missing"},
    {"a kernel is positive", SQUARE "node MaxPool x -> y kernel_shape=0,2",
     "kernel_shape holds 0"},
    {"a pool needs two dimensions", SQUARE "node MaxPool x -> y kernel_shape=2,",
     "kernel_shape has 1 numbers"},
    {"a pool needs an image", "input x N,9\nnode MaxPool x -> y kernel_shape=2,2",
     "its input must be [N, C, L], [N, C, H, W] or [N, C, D, H, W], but is [N, 9]"},
    {"ceil_mode does not make a window where none is",
     SQUARE "node MaxPool x -> y kernel_shape=9,9 strides=2,2 ceil_mode=1",
     "a window over 9 elements does not fit"},
    {"auto_pad is a text", SQUARE "node MaxPool x -> y kernel_shape=1,1 auto_pad=1",
     "auto_pad must be a text"},
    {"a window over nothing but padding is refused",
     SQUARE "node AveragePool x -> y kernel_shape=2,2 pads=2,0,0,0",
     "nothing but padding"},
};

static void a_pool_computes_what_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(pools, sizeof pools / sizeof *pools);
}

static void impossible_pools_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_computes_what_onnx_says),
        cmocka_unit_test(impossible_pools_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
