#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define LINE "opset 17\ninput x N,3\n"      /* 1 2 3 */
#define IMAGE "opset 18\ninput x N,2,2,2\n" /* 1 2 / 3 4 | 5 6 / 7 8 */
#define CHANNELS "input x N,4,1,1\n"        /* 1 | 2 | 3 | 4 */

static const struct onnx_case cases[] = {
    {"LayerNormalization goes along the last axis",
     LINE "floats s 3 = 1 2 2\nfloats b 3 = 0.5 1 -1\n"
          "node LayerNormalization x s b -> y epsilon=1.0",
     3,
     {-.27459667f, 1, .54919334f}},
    {"its epsilon is small, and it may have no shift",
     LINE "floats s 1 = 1\nnode LayerNormalization x s -> y",
     3,
     {-1.22473569f, 0, 1.22473569f}},
    {"it goes along all axes from one on, in their order",
     IMAGE "floats s 2,2,2 = 1 10 100 1 1 1 1 2\n"
           "node LayerNormalization x s -> y axis=1 epsilon=1.0",
     8,
     {-1.4f, -10, -60, -.2f, .2f, .6f, 1, 2.8f}},
    {"an axis may be a channel's",
     IMAGE "floats s 2,2 = 1 3 3 2\nfloats b 2,1 = 0 1\n"
           "node LayerNormalization x s b -> y axis=2 epsilon=1.0",
     8,
     {-1, -1, 2, 3, -1, -1, 2, 3}},
    {"or the columns alone",
     IMAGE "floats s 2 = 1 2\nnode LayerNormalization x s -> y epsilon=1.0",
     8,
     {-.4472136f, .89442719f, -.4472136f, .89442719f, -.4472136f, .89442719f,
      -.4472136f, .89442719f}},
    {"RMSNormalization leaves the mean",
     "opset 23\ninput x N,3\nfloats s 3 = 1 1 2\n"
     "node RMSNormalization x s -> y epsilon=1.0",
     3,
     {.42008403f, .84016805f, 2.52050415f}},
    {"InstanceNormalization is of a channel",
     IMAGE "floats s 2 = 3 6\nfloats b 2 = 0 1\n"
           "node InstanceNormalization x s b -> y epsilon=1.0",
     8,
     {-3, -1, 1, 3, -5, -1, 3, 7}},
    {"also of sequences",
     "input x N,2,4\nfloats s 2 = 3 6\nfloats b 2 = 0 1\n"
     "node InstanceNormalization x s b -> y epsilon=1.0",
     8,
     {-3, -1, 1, 3, -5, -1, 3, 7}},
    {"GroupNormalization has a scale a group before opset 21",
     "opset 20\ninput x N,4,2\nfloats s 2 = 3 6\nfloats b 2 = 0 1\n"
     "node GroupNormalization x s b -> y num_groups=2 epsilon=1.0",
     8,
     {-3, -1, 1, 3, -5, -1, 3, 7}},
    {"and one a channel since",
     "opset 21\ninput x N,4,2\nfloats s 4 = 3 6 3 6\nfloats b 4 = 0 1 0 1\n"
     "node GroupNormalization x s b -> y num_groups=2 epsilon=1.0",
     8,
     {-3, -1, 3, 7, -3, -1, 3, 7}},
    {"of images, too",
     "opset 21\ninput x N,4,1,2\nfloats s 4 = 3 6 3 6\nfloats b 4 = 0 1 0 1\n"
     "node GroupNormalization x s b -> y num_groups=2 epsilon=1.0",
     8,
     {-3, -1, 3, 7, -3, -1, 3, 7}},
    {"LpNormalization divides by a length",
     LINE "node LpNormalization x -> y",
     3,
     {.26726124f, .53452248f, .80178373f}},
    {"or by a sum",
     IMAGE "floats c - = -1\nnode Mul x c -> m\nnode LpNormalization m -> y p=1 axis=1",
     8,
     {-.16666667f, -.25f, -.3f, -.33333333f, -.83333333f, -.75f, -.7f, -.66666667f}},
    {"MeanVarianceNormalization has no constants",
     LINE "node MeanVarianceNormalization x -> y axes=1,",
     3,
     {-1.22474487f, 0, 1.22474487f}},
    {"LRN looks at neighbours of a channel",
     CHANNELS "node LRN x -> y size=3 alpha=0.5 beta=0.5",
     4,
     {.73854895f, 1.09544512f, 1.24211801f, 1.75976538f}},
    {"of two, behind it",
     CHANNELS "node LRN x -> y size=2 alpha=0.5 beta=0.5",
     4,
     {.66666667f, .9701425f, 1.11417203f, 1.78885438f}},
};

static const struct onnx_refusal refusals[] = {
    {"samples are not normalised",
     LINE "floats s 3\nnode LayerNormalization x s -> y axis=0",
     "axis 0 of [N, 3] would mix samples"},
    {"nor where the batch is not the first",
     "input x N,2,3\nnode Transpose x -> t perm=1,0,2\nfloats s 3\n"
     "node LayerNormalization t s -> y axis=0",
     "the batch, dimension 1 of its input, is among what is normalised"},
    {"or there alone",
     "input x N,2,3\nnode Transpose x -> t perm=1,0,2\n"
     "node LpNormalization t -> y axis=1",
     "would mix samples"},
    {"an axis must exist", LINE "floats s 3\nnode LayerNormalization x s -> y axis=2",
     "there is no axis 2 in [N, 3]"},
    {"a scale must fit", LINE "floats s 2\nnode LayerNormalization x s -> y",
     "its input \"s\" [2] does not fit what is normalised, [3]"},
    {"a scale must be there", LINE "node LayerNormalization x -> y",
     "input 1 is missing"},
    {"a scale must be known", LINE "node LayerNormalization x x -> y",
     "its input \"x\" must be a constant"},
    {"an epsilon is no debt",
     LINE "floats s 3\nnode LayerNormalization x s -> y epsilon=-1.0",
     "its epsilon -1 is impossible"},
    {"only what is normalised is computed",
     LINE "floats s 3\nnode LayerNormalization x s -> z m\nnode Add z m -> y",
     "\"m\" is an output that calq does not compute"},
    {"a channel has a scale", IMAGE "floats s 3\nnode InstanceNormalization x s s -> y",
     "\"s\" has 3 values for 2 channels"},
    {"a group has a scale",
     IMAGE "floats s 2\nnode GroupNormalization x s s -> y num_groups=1",
     "\"s\" has 2 values for 1 groups"},
    {"groups are equal",
     IMAGE "floats s 3\nnode GroupNormalization x s s -> y num_groups=3",
     "3 groups do not divide 2 channels"},
    {"there is a number of groups",
     IMAGE "floats s 2\nnode GroupNormalization x s s -> y",
     "0 groups do not divide 2 channels"},
    {"a length is the first or the second", LINE "node LpNormalization x -> y p=3",
     "its p is 3; only 1 and 2 are possible"},
    {"images are not normalised with each other",
     IMAGE "node MeanVarianceNormalization x -> y", "it would mix samples"},
    {"neighbours have a number", IMAGE "node LRN x -> y", "its size is 0"},
};

static void rows_are_normalised_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, COUNT(cases));
}

static void impossible_norms_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, COUNT(refusals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_normalised_as_onnx_says),
        cmocka_unit_test(impossible_norms_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
