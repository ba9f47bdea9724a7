#include "core/network/layer_kind.h"

#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS "input x N,2,3\n"     /* 1 2 3 / 4 5 6 */
#define HEADS "input x N,2,2,2\n"  /* 1 2 / 3 4, 5 6 / 7 8 */
#define MORE "input x N,2,1,2,2\n" /* the same with a dimension more */

static const struct onnx_case products[] = {
    {"rows are multiplied with columns",
     ROWS "node Transpose x -> t perm=0,2,1\nnode MatMul x t -> y",
     4,
     {14, 32, 32, 77}},
    {"the order of the two counts",
     ROWS "node Transpose x -> t perm=0,2,1\nnode MatMul t x -> y",
     9,
     {17, 22, 27, 22, 29, 36, 27, 36, 45}},
    {"each head has its product",
     HEADS "node MatMul x x -> y",
     8,
     {7, 10, 15, 22, 67, 78, 91, 106}},
    {"heads of turned images are multiplied as written",
     HEADS "node Transpose x -> t perm=0,1,3,2\nnode MatMul x t -> y",
     8,
     {5, 11, 11, 25, 61, 83, 83, 113}},
    {"tensors of five dimensions are multiplied as written",
     MORE "node MatMul x x -> y",
     8,
     {7, 10, 15, 22, 67, 78, 91, 106}},
    {"a dimension of one on the left serves all on the right",
     HEADS "node Slice x -> s starts=0, ends=1, axes=1,\nnode MatMul s x -> y",
     8,
     {7, 10, 15, 22, 19, 22, 43, 50}},
    {"a dimension of one on the right serves all on the left",
     HEADS "node Slice x -> s starts=1, ends=2, axes=1,\nnode MatMul x s -> y",
     8,
     {19, 22, 43, 50, 67, 78, 91, 106}},
    {"both sides may be broadcast",
     MORE "node Transpose x -> t perm=0,2,1,3,4\nnode MatMul x t -> y",
     16,
     {7, 10, 15, 22, 19, 22, 43, 50, 23, 34, 31, 46, 67, 78, 91, 106}},
    {"a product of one row",
     "input x N,1,3\nnode Transpose x -> t perm=0,2,1\nnode MatMul x t -> y",
     1,
     {14}},
    {"a product of one column and one row",
     "input x N,1,3\nnode Transpose x -> t perm=0,2,1\nnode MatMul t x -> y",
     9,
     {1, 2, 3, 2, 4, 6, 3, 6, 9}},
    {"heads of one column",
     "input x N,3,2,1\nnode Transpose x -> t perm=0,1,3,2\nnode MatMul x t -> y",
     12,
     {1, 2, 2, 4, 9, 12, 12, 16, 25, 30, 30, 36}},
};

/* The same products by letters; x times itself is [7 10 15 22], [67 78 91 106], x times itself turned
 * [5 11 11 25], [61 83 83 113]. */
static const struct onnx_case einsums[] = {
    {"scores",
     HEADS "node Einsum x x -> y equation=bhid,bhjd->bhij",
     8,
     {5, 11, 11, 25, 61, 83, 83, 113}},
    {"mixtures",
     HEADS "node Einsum x x -> y equation=bhij,bhjd->bhid",
     8,
     {7, 10, 15, 22, 67, 78, 91, 106}},
    {"other letters",
     HEADS "node Einsum x x -> y equation=NaQk,NaKk->NaQK",
     8,
     {5, 11, 11, 25, 61, 83, 83, 113}},
    {"without heads",
     ROWS "node Einsum x x -> y equation=bid,bjd->bij",
     4,
     {14, 32, 32, 77}},
    {"the left side turned",
     ROWS "node Einsum x x -> y equation=bdi,bdj->bij",
     9,
     {17, 22, 27, 22, 29, 36, 27, 36, 45}},
    {"the output turned",
     HEADS "node Einsum x x -> y equation=bhij,bhjd->bhdi",
     8,
     {7, 15, 10, 22, 67, 91, 78, 106}},
    {"heads behind rows",
     HEADS "node Transpose x -> t perm=0,2,1,3\n"
           "node Einsum t t -> y equation=bihd,bjhd->bhij",
     8,
     {5, 11, 11, 25, 61, 83, 83, 113}},
    {"heads of the output behind rows",
     HEADS "node Einsum x x -> y equation=bhij,bhjd->bihd",
     8,
     {7, 10, 67, 78, 15, 22, 91, 106}},
    {"the sides the other way round",
     HEADS "node Einsum x x -> y equation=bhjd,bhij->bhid",
     8,
     {7, 10, 15, 22, 67, 78, 91, 106}},
};

static const struct onnx_case constants[] = {
    {"a constant on the right multiplies each row of each head",
     HEADS "floats w 2,1 = 1 10\nnode MatMul x w -> y",
     4,
     {21, 43, 65, 87}},
    {"a constant on the right multiplies tensors of five dimensions",
     MORE "floats w 2,1 = 1 10\nnode MatMul x w -> y",
     4,
     {21, 43, 65, 87}},
    {"a bias may be added behind heads",
     HEADS "floats w 2,2 = 1 10 1 0\nfloats b 2 = 100 200\nnode MatMul x w -> p\n"
           "node Add p b -> y",
     8,
     {103, 210, 107, 230, 111, 250, 115, 270}},
    {"a constant on the left multiplies each column",
     ROWS "floats w 1,2 = 1 10\nnode MatMul w x -> y",
     3,
     {41, 52, 63}},
    {"a constant on the left may have dimensions of one before",
     HEADS "floats w 1,1,3,2 = 1 10 1 0 0 1\nnode MatMul w x -> y",
     12,
     {31, 42, 1, 2, 3, 4, 75, 86, 5, 6, 7, 8}},
    {"a constant on the left multiplies tensors of five dimensions",
     MORE "floats w 1,2 = 1 10\nnode MatMul w x -> y",
     4,
     {31, 42, 75, 86}},
};

static const struct onnx_refusal refusals[] = {
    {"inner dimensions must agree", ROWS "node MatMul x x -> y name=/qk",
     "node \"/qk\" (MatMul): its inputs [N, 2, 3] and [N, 2, 3] do not fit each other"},
    {"other dimensions must agree or be one",
     "input x N,3,2,2\nnode Slice x -> s starts=0, ends=2, axes=1,\n"
     "node MatMul x s -> y",
     "its inputs [N, 3, 2, 2] and [N, 2, 2, 2] do not fit each other"},
    {"samples are not multiplied with each other", "input x N,3\nnode MatMul x x -> y",
     "its inputs [N, 3] and [N, 3] would multiply samples of the batch with each "
     "other"},
    {"a batch stands before a batch", ROWS "node Flatten x -> f\nnode MatMul f x -> y",
     "its inputs [N, 6] and [N, 2, 3] would multiply samples"},
    {"a trace is no product", HEADS "node Einsum x x -> y equation=bhii,bhij->bhij",
     "its equation \"bhii,bhij->bhij\" is none of a product of two matrices; calq "
     "knows"},
    {"an outer product is refused", ROWS "node Einsum x x -> y equation=bid,bjk->bidjk",
     "\"bid,bjk->bidjk\" is none"},
    {"two sums are refused", HEADS "node Einsum x x -> y equation=bhid,bhid->bh",
     "\"bhid,bhid->bh\" is none"},
    {"samples are not multiplied by letters",
     ROWS "node Einsum x x -> y equation=ibd,jbd->bij",
     "has not the batch first everywhere"},
    {"an ellipsis is refused", HEADS "node Einsum x x -> y equation=...id,...jd->...ij",
     "\"...id,...jd->...ij\" is none"},
    {"three inputs are refused",
     ROWS "node Einsum x x x -> y equation=bid,bjd,bkd->bij", "has 3 inputs"},
    {"letters are as many as dimensions",
     ROWS "node Einsum x x -> y equation=bhid,bhjd->bhij",
     "does not fit the dimensions of its inputs"},
    {"a letter has one length", ROWS "node Einsum x x -> y equation=bij,bjd->bid",
     "has a letter with two lengths"},
    {"an equation is there", ROWS "node Einsum x x -> y",
     "attribute equation must be a text"},
    {"a constant does not sum over samples",
     "input x N,3\nfloats w 2,3\nnode MatMul w x -> y", "sum over the samples"},
    {"a constant on the left must fit", ROWS "floats w 2,3\nnode MatMul w x -> y",
     "weights [2, 3]"},
    {"two constants are no layer",
     ROWS "floats w 3,3\nnode MatMul w w -> v\nnode Add x v -> y", "\"w\""},
};

static void matrices_are_multiplied_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(products, sizeof products / sizeof *products);
}

static void letters_say_which_matrices_are_multiplied(void **state)
{
    (void)state;
    onnx_cases_compute(einsums, sizeof einsums / sizeof *einsums);
}

static void constants_stand_on_either_side(void **state)
{
    (void)state;
    onnx_cases_compute(constants, sizeof constants / sizeof *constants);
}

static void what_does_not_fit_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

static void multiply_adds_are_those_of_all_products(void **state)
{
    struct error err = {0};
    struct network *network = onnx_builder_read(
        "input x N,4,5,6\nnode Transpose x -> t perm=0,1,3,2\nnode MatMul x t -> p\n"
        "node Flatten p -> y\noutput y",
        &err);

    (void)state;
    assert_non_null(network);
    assert_int_equal(network_macs(network), 4 * 5 * 6 * 5);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_are_multiplied_as_onnx_says),
        cmocka_unit_test(letters_say_which_matrices_are_multiplied),
        cmocka_unit_test(constants_stand_on_either_side),
        cmocka_unit_test(what_does_not_fit_is_refused_with_a_sentence),
        cmocka_unit_test(multiply_adds_are_those_of_all_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
