#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* [2, 3] */
#define DATA "input x N,6\nfloats d 2,3 = 1 2 3 4 5 6\nintegers flat 1 = -1\n"
/* x is 1 2 3 4 5 6 */
#define ADDED "node Reshape r flat -> f\nnode Add x f -> y"

static const struct onnx_case cases[] = {
    {"elements are exchanged",
     DATA
     "integers i 2,2 = 0 1 1 -1\nfloats u 2 = 10 20\nnode ScatterND d i u -> r\n" ADDED,
     6,
     {2, 12, 6, 8, 10, 26}},
    {"rows are exchanged, from the end",
     DATA
     "integers i 1,1 = -1\nfloats u 1,3 = 10 20 30\nnode ScatterND d i u -> r\n" ADDED,
     6,
     {2, 4, 6, 14, 25, 36}},
    {"the last of several stays",
     DATA "integers i 2,1 = 0 0\nfloats u 2,3 = 7 8 9 10 20 30\n"
          "node ScatterND d i u -> r\n" ADDED,
     6,
     {11, 22, 33, 8, 10, 12}},
    {"integers, too",
     "input x N,2,3\nintegers a 2 = 5 6\nintegers i 2,1 = 1 0\nintegers u 2 = -1 0\n"
     "node ScatterND a i u -> s\nnode Reshape x s -> y",
     6,
     {1, 2, 3, 4, 5, 6}},
};

static const struct onnx_case taken[] = {
    {"elements are taken",
     DATA "integers i 6,2 = 0 0 1 -1 0 1 0 2 1 1 1 0\nnode GatherND d i -> r\n" ADDED,
     6,
     {2, 8, 5, 7, 10, 10}},
    {"rows are taken",
     DATA "integers i 2,1 = -1 0\nnode GatherND d i -> r\n" ADDED,
     6,
     {5, 7, 9, 5, 7, 9}},
    {"one for each place along an axis",
     DATA "integers i 2,3 = 2 1 0 0 0 -1\nnode GatherElements d i -> r axis=1\n" ADDED,
     6,
     {4, 4, 4, 8, 9, 12}},
    {"of columns",
     DATA "integers i 2,3 = 1 0 1 0 0 -2\nnode GatherElements d i -> r\n" ADDED,
     6,
     {5, 4, 9, 5, 7, 9}},
};

static const struct onnx_refusal refusals[] = {
    {"an element that is not there",
     DATA "integers i 1,2 = 0 3\nnode GatherND d i -> r\n" ADDED,
     "index 3 is not in a dimension of 3"},
    {"parts of samples",
     DATA "integers i 2,1 = 0 0\nnode GatherND d i -> r batch_dims=1\n" ADDED,
     "its batch_dims are 1; calq knows 0"},
    {"more rows than there are",
     DATA "integers i 3,3 = 0\nnode GatherElements d i -> r axis=1\n" ADDED,
     "indices [3, 3] do not fit [2, 3] along axis 1"},
    {"an index is outside",
     DATA "integers i 1,1 = 2\nfloats u 1,3 = 1 2 3\nnode ScatterND d i u -> r\n" ADDED,
     "index 2 is not in a dimension of 2"},
    {"too many indices a part",
     DATA "integers i 1,3 = 0 0 0\nfloats u 1 = 1\nnode ScatterND d i u -> r\n" ADDED,
     "name no parts of [2, 3]"},
    {"updates of another shape",
     DATA "integers i 1,1 = 0\nfloats u 1,2 = 1 2\nnode ScatterND d i u -> r\n" ADDED,
     "the updates are [1, 2], which should be [1, 3]"},
    {"updates of another type",
     DATA
     "integers i 1,1 = 0\nintegers u 1,3 = 1 2 3\nnode ScatterND d i u -> r\n" ADDED,
     "its updates of the type of its data"},
    {"sums",
     DATA "integers i 1,1 = 0\nfloats u 1,3 = 1 2 3\n"
          "node ScatterND d i u -> r reduction=add\n" ADDED,
     "reduction"},
    {"of a computed tensor",
     "input x N,2\nintegers i 1,2 = 0 0\nfloats u 1 = 1\nnode ScatterND x i u -> y",
     "cannot run: ScatterND on computed"},
};

static void parts_of_constants_are_exchanged(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_parts_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void parts_of_constants_are_taken(void **state)
{
    (void)state;
    onnx_cases_compute(taken, sizeof taken / sizeof *taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_constants_are_taken),
        cmocka_unit_test(parts_of_constants_are_exchanged),
        cmocka_unit_test(impossible_parts_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
