#include "core/export/runtime_notes.h"

#include "core/base/memory.h"
#include "core/rewrite/fuse.h"
#include "core/rewrite/qdq.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

#define INPUT "input x N,2,4,4\n"
#define TWO(weights)                                                                   \
    "floats w 2,2,1,1 = " weights "\nfloats c 2 = 1 -3\n"                              \
    "node Conv x w c -> a\nnode Relu a -> r\nfloats w2 3,2,4,4 = 1\n"                  \
    "node Conv r w2 -> d\nnode Flatten d -> y\noutput y"

/* What is said of a network whose tensors have this step, weights 1 / 127, beside a file, or itself. */
static char *notes_beside(const char *text, const char *file_text,
                          struct placement_rules rules, float step)
{
    static const struct weight_rules plain;
    struct network *network = onnx_builder_read_fused(text, &err);
    struct network *file = onnx_builder_read(file_text ? file_text : text, &err);
    struct placement placement;
    struct choice choices[8];
    char *notes;

    if (!network || !file || network_take_qdq(file, NULL, &err) < 0 ||
        placement_init(&placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    network_fuse(file);
    for (int item = 0; item < placement.count; item++)
        choices[item] = placement_choice(
            &placement.items[item], placement.items[item].is_weight ? 1 / 127.f : step);
    notes = runtime_notes(network, &placement, choices, &plain, file);
    placement_clear(&placement);
    network_destroy(network);
    network_destroy(file);
    return notes;
}

static struct placement_rules rules_of(int weight_bits, int activation_bits)
{
    return (struct placement_rules){
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = weight_bits,
        .activation_bits = activation_bits};
}

static void assert_says(char *notes, const char *said, const char *not_said)
{
    if (said && !strstr(notes, said))
        fail_msg("\"%s\" is not in \"%s\"", said, notes);
    if (not_said && strstr(notes, not_said))
        fail_msg("\"%s\" is in \"%s\"", not_said, notes);
    free(notes);
}

/* 255 * (65 + 64) is more than 16 bits hold, 255 * (64 + 64) is not; two signs cancel. */
static void pairs_that_may_saturate_are_told(void **state)
{
    static const char pairs[] = "saturate at 16 bits";
    const struct placement_rules rules = rules_of(8, 8);

    (void)state;
    assert_says(notes_beside(INPUT TWO("0.512 0.504 0 0"), NULL, rules, 0.1f),
                "2 layers", NULL);
    assert_says(notes_beside(INPUT TWO("0.512 -0.504 0 0"), NULL, rules, 0.1f),
                "1 layer (", NULL);
    assert_says(notes_beside(INPUT TWO("1 1 1 1"), NULL, rules_of(8, 4), 0.1f), NULL,
                pairs);
    assert_says(notes_beside(INPUT TWO("1 1 1 1"), NULL, rules_of(7, 8), 0.1f), NULL,
                "2 layers");
}

static void few_bits_of_outputs_are_told(void **state)
{
    static const char few[] = "fewer codes than 8 bits have";

    (void)state;
    assert_says(notes_beside(INPUT TWO("1 -1"), NULL, rules_of(8, 4), 0.1f), few, NULL);
    assert_says(notes_beside(INPUT TWO("1 -1"), NULL, rules_of(4, 8), 0.1f), NULL, few);
}

#define OF_CODES(scale)                                                                \
    INPUT "floats s - = 0.1\nuint8 z - = 0\nfloats t - = " scale "\nint8 u - = 0\n"    \
          "int8 q 2,2,1,1 = 1 -1\nnode QuantizeLinear x s z -> xq\n"                   \
          "node DequantizeLinear xq s z -> xd\nnode DequantizeLinear q t u -> w\n"     \
          "floats c 2 = 1 -3\nnode Conv xd w c -> a\nnode Relu a -> r\n"               \
          "floats w2 3,2,4,4 = 1\nnode Conv r w2 -> d\nnode Flatten d -> y\noutput y"

/* 3 / (0.1 * scale) against 2^31. */
static void biases_beyond_32_bits_are_told(void **state)
{
    static const char beyond[] = "leave the 32 bits";
    const struct placement_rules rules = rules_of(8, 8);

    (void)state;
    assert_says(notes_beside(INPUT TWO("1 -1"), OF_CODES("1.3e-8"), rules, 0.1f),
                beyond, NULL);
    assert_says(notes_beside(INPUT TWO("1 -1"), OF_CODES("1.5e-8"), rules, 0.1f), NULL,
                beyond);
}

/* QLinearSoftmax knows no logarithm, and codes of 8 bits alone. */
static void a_softmax_between_codes_is_told(void **state)
{
    static const char tables[] = "1 layer (s): a Softmax between codes";
    static const char form[] = INPUT "node %s x -> s axis=1 name=s\n"
                                     "floats w 3,2,1,1 = 1 -1\nnode Conv x w -> a\n"
                                     "node Conv s w -> b\nnode Add a b -> c\n"
                                     "node GlobalAveragePool c -> d\n"
                                     "node Flatten d -> y\noutput y";
    char text[512];

    (void)state;
    snprintf(text, sizeof text, form, "Softmax");
    assert_says(notes_beside(text, NULL, rules_of(8, 8), 0.1f), tables, NULL);
    assert_says(notes_beside(text, NULL, rules_of(8, 7), 0.1f), NULL, tables);
    snprintf(text, sizeof text, form, "LogSoftmax");
    assert_says(notes_beside(text, NULL, rules_of(8, 8), 0.1f), NULL, tables);
}

#define ROWS "input x N,3\n"
#define SEQUENCE "input x N,4,3\n"

static void integers_that_meet_floats_in_rows_are_told(void **state)
{
    static const char rounded[] = "session.qdq_matmulnbits_accuracy_level";
    static const char plain[] =
        ROWS "floats w 3,2 = 1 -1\nnode MatMul x w -> y\noutput y";

    (void)state;
    assert_says(notes_beside(plain,
                             ROWS "int8 q 3,2 = 1 -1\nfloats t - = 1\nint8 u - = 0\n"
                                  "node DequantizeLinear q t u -> w\n"
                                  "node MatMul x w -> y\noutput y",
                             rules_of(8, BITS_FLOAT), 1),
                rounded, NULL);
    assert_says(notes_beside(SEQUENCE "floats w 3,2 = 1 -1\nnode MatMul x w -> z\n"
                                      "node Flatten z -> y\noutput y",
                             SEQUENCE
                             "int8 q 3,2 = 1 -1\nfloats t - = 1\nint8 u - = 0\n"
                             "node DequantizeLinear q t u -> w\n"
                             "node MatMul x w -> z\nnode Flatten z -> y\n"
                             "output y",
                             rules_of(8, BITS_FLOAT), 1),
                rounded, NULL);
    assert_says(notes_beside(plain, NULL, rules_of(8, BITS_FLOAT), 1), NULL, rounded);
}

/* An average of two codes lies in the middle between two codes of the same step. */
static void equal_steps_on_both_sides_are_told(void **state)
{
    static const char text[] =
        INPUT "floats w 2,2,1,1 = 1 -1\nnode Conv x w -> a\nnode Relu a -> r\n"
              "node AveragePool r -> p kernel_shape=2,2\nfloats w2 3,2,3,3 = 1\n"
              "node Conv p w2 -> d\nnode Flatten d -> y\noutput y";
    struct placement_rules rules = rules_of(8, 8);

    (void)state;
    rules.all_activations = true;
    assert_says(notes_beside(text, NULL, rules, 0.1f),
                "in the middle between two codes", NULL);
    rules.all_activations = false;
    assert_says(notes_beside(text, NULL, rules, 0.1f), NULL,
                "in the middle between two codes");
}

#define ROW_OF(weights)                                                                \
    ROWS "floats w 3,2 = " weights "\nnode MatMul x w -> y\noutput y"

/* A product of rows multiplies also codes of fewer bits, those with a sign as unsigned ones around 128:
 * (128 + 15) * (127 + 127) is more than 16 bits hold, (128 + 15) * (104 + 104) is not; and it gives floats. */
static void pairs_of_few_bits_are_told(void **state)
{
    static const char pairs[] = "session.x64quantprecision";

    (void)state;
    assert_says(notes_beside(ROW_OF("1"), NULL, rules_of(8, 5), 0.1f), pairs,
                "in float");
    assert_says(notes_beside(ROW_OF("0.82"), NULL, rules_of(8, 5), 0.1f), NULL, pairs);
}

/* A convolution of single pixels is such a product; one of several is not, and stays in float. */
static void pairs_of_few_bits_in_single_pixels_are_told(void **state)
{
    static const char pairs[] = "session.x64quantprecision";
    static const char conv[] = "floats w 2,2,1,1 = 1\nnode Conv x w -> p\n"
                               "node Sigmoid p -> s\nnode Flatten s -> y\noutput y";
    char text[512];

    (void)state;
    snprintf(text, sizeof text, "input x N,2,1,1\n%s", conv);
    assert_says(notes_beside(text, NULL, rules_of(8, 5), 0.1f), pairs, NULL);
    snprintf(text, sizeof text, "input x N,2,1,2\n%s", conv);
    assert_says(notes_beside(text, NULL, rules_of(8, 5), 0.1f), NULL, pairs);
}

#define PRODUCT(x)                                                                     \
    SEQUENCE x "node Transpose v -> t perm=0,2,1\nnode MatMul v t -> m\n"              \
               "node Flatten m -> y\noutput y"
#define ROUNDED(type)                                                                  \
    PRODUCT("floats s - = 0.1\n" type "node QuantizeLinear x s z -> q\n"               \
            "node DequantizeLinear q s z -> v\n")

/* It is the file's type that counts; four bits with a sign give (128 + 7) * (8 + 8). */
static void int8_in_products_of_two_tensors_is_told(void **state)
{
    static const char told[] = "session.disable_quant_qdq";
    static const char text[] = PRODUCT("node Identity x -> v\n");

    (void)state;
    assert_says(
        notes_beside(text, ROUNDED("int8 z - = 0\n"), rules_of(BITS_FLOAT, 8), 0.1f),
        told, NULL);
    assert_says(
        notes_beside(text, ROUNDED("uint8 z - = 128\n"), rules_of(BITS_FLOAT, 8), 0.1f),
        NULL, told);
    assert_says(
        notes_beside(text, ROUNDED("int8 z - = 0\n"), rules_of(BITS_FLOAT, 4), 0.1f),
        NULL, told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_that_may_saturate_are_told),
        cmocka_unit_test(few_bits_of_outputs_are_told),
        cmocka_unit_test(a_softmax_between_codes_is_told),
        cmocka_unit_test(biases_beyond_32_bits_are_told),
        cmocka_unit_test(integers_that_meet_floats_in_rows_are_told),
        cmocka_unit_test(equal_steps_on_both_sides_are_told),
        cmocka_unit_test(pairs_of_few_bits_are_told),
        cmocka_unit_test(pairs_of_few_bits_in_single_pixels_are_told),
        cmocka_unit_test(int8_in_products_of_two_tensors_is_told),
    };

    return cmocka_run_group_tests_name("runtime_notes", tests, NULL, NULL);
}
