#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define CUBE "input x N,2,2,2\n" /* 1 2 / 3 4 | 5 6 / 7 8 */

static const struct onnx_case cases[] = {
    {"an index drops its axis",
     CUBE "integers i - = 1\nnode Gather x i -> y axis=1",
     4,
     {5, 6, 7, 8}},
    {"an index may count from the end, and the axis too",
     CUBE "integers i - = -2\nnode Gather x i -> y axis=-1",
     4,
     {1, 3, 5, 7}},
    {"a list of indices may repeat and turn round",
     CUBE "integers i 3 = 1 0 1\nnode Gather x i -> y axis=2",
     12,
     {3, 4, 1, 2, 3, 4, 7, 8, 5, 6, 7, 8}},
    {"a table of indices adds dimensions",
     "input x N,3\nintegers i 2,2 = 0 1 2 0\nnode Gather x i -> g axis=1\n"
     "node Transpose g -> y perm=0,2,1",
     4,
     {1, 3, 2, 1}},
    {"steps in front of the batch are gathered",
     "input x 2,N,2\nintegers i - = 1\nnode Gather x i -> y axis=0",
     2,
     {3, 4}},
    {"the only sample is gathered, and comes again",
     "input x 1,2,2\nintegers i - = 0\nintegers z 1 = 0\nnode Gather x i -> a axis=0\n"
     "node Unsqueeze a z -> y",
     4,
     {1, 2, 3, 4}},
    {"constants are gathered along any axis",
     "input x N,2\nfloats c 2,3 = 1 2 3 4 5 6\nintegers i - = 2\n"
     "node Gather c i -> d axis=1\nnode Mul x d -> y",
     2,
     {3, 12}},
    {"what is one element long is expanded",
     "input x N,1,2\nintegers s 3 = 1 2 2\nnode Expand x s -> y",
     4,
     {1, 2, 1, 2}},
    {"an expansion may be of the last dimension, and of fewer than there are",
     "input x N,2,1\nintegers s 1 = 2\nnode Expand x s -> y",
     4,
     {1, 1, 2, 2}},
    {"an expansion names the batch size that the file declares",
     "input x 5,1,2\nintegers s 3 = 5 2 2\nnode Expand x s -> y",
     4,
     {1, 2, 1, 2}},
    {"tiles stand behind each other",
     "input x N,1,2\nintegers r 3 = 1 2 3\nnode Tile x r -> y",
     12,
     {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}},
    {"constants are tiled",
     "input x N,4\nfloats c 2 = 1 10\nintegers r 1 = 2\nnode Tile c r -> d\n"
     "node Mul x d -> y",
     4,
     {1, 20, 3, 40}},
};

static const struct onnx_refusal refusals[] = {
    {"samples are not gathered", CUBE "integers i - = 0\nnode Gather x i -> y axis=0",
     "pick samples of the batch"},
    {"an index is there", CUBE "integers i - = 2\nnode Gather x i -> y axis=1",
     "index 2 is not in a dimension of 2"},
    {"indices are integers", CUBE "floats i 1 = 0\nnode Gather x i -> y axis=1",
     "its indices \"i\" are no integers"},
    {"there is an axis", CUBE "integers i - = 0\nnode Gather x i -> y axis=4",
     "there is no axis 4 in [N, 2, 2, 2]"},
    {"there are not too many dimensions",
     CUBE "integers i 1,1,1,1,1 = 0\nnode Gather x i -> y axis=1",
     "more than 7 dimensions"},
    {"an expansion adds nothing before the batch",
     "input x N,2\nintegers s 3 = 3 1 2\nnode Expand x s -> y", "before the batch"},
    {"an expansion fits", "input x N,2\nintegers s 2 = 1 3\nnode Expand x s -> y",
     "[N, 2] cannot be expanded to [1, 3]"},
    {"the batch is not repeated", "input x N,2\nintegers r 2 = 2 1\nnode Tile x r -> y",
     "repeat the batch"},
    {"each dimension has its repeats",
     "input x N,2\nintegers r 1 = 1\nnode Tile x r -> y", "1 repeats for 2 dimensions"},
    {"nothing is repeated less than once",
     "input x N,2\nintegers r 2 = 1 0\nnode Tile x r -> y", "repeat 0 times"},
    {"tiles are not larger than memory",
     "input x N,2\nintegers r 2 = 1 268435456\nnode Tile x r -> y", "too large"},
};

static void entries_are_gathered_and_repeated(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void what_is_not_there_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_gathered_and_repeated),
        cmocka_unit_test(what_is_not_there_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
