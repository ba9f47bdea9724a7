#include "core/export/ncnn_pair.h"

#include "core/base/half.h"
#include "tests/support/channel_steps.h"
#include "tests/support/ncnn_files.h"
#include "tests/support/scratch.h"
#include "tests/support/written_network.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct placement_rules of_ncnn = {
    .grids = {GRID_NARROW, GRID_NARROW, GRID_NARROW},
    .weight_bits = 8,
    .activation_bits = 8,
    .weight_steps = WEIGHT_STEPS_PER_CHANNEL,
    .groups_share_steps = true,
};

static struct written written;
static struct ncnn_pair pair;
static struct error err;
static char param[PATH_MAX], bin[PATH_MAX];

/* The largest weight has the highest code. */
static void choose_step(int item)
{
    const struct quantized_tensor *tensor = &written.placement.items[item];
    const struct weights *weights;
    double most = 0;

    if (!tensor->is_weight)
        return;
    weights = placement_weights(written.network, tensor);
    for (size_t i = 0; i < weights_count(weights); i++)
        most = fmax(most, fabs((double)weights->values[i]));
    written.choices[item] =
        placement_put_clip(tensor, placement_choice(tensor, 1), most);
}

static void open_network(const char *text, struct placement_rules rules)
{
    written_open_by_rules(&written, text, rules, true);
    placement_find_ratios(&written.placement, written.network, RATIO_OF_MINMAX);
    for (int item = 0; item < written.placement.count; item++)
        choose_step(item);
    snprintf(param, sizeof param, "%s/net.param", scratch_folder);
    snprintf(bin, sizeof bin, "%s/net.bin", scratch_folder);
    ncnn_files_write(written.network, NCNN_OF_ONNX2NCNN, param, bin);
}

static int open_pair(void)
{
    const struct ncnn_case of = {written.network, &written.placement, written.choices,
                                 written.calibrated.rules};

    err = (struct error){0};
    return ncnn_pair_open(&pair, &of, param, bin, &err);
}

static void open_both(const char *text, struct placement_rules rules)
{
    open_network(text, rules);
    if (open_pair() < 0)
        fail_msg("%s", err.text);
}

static void close_both(void)
{
    ncnn_pair_clear(&pair);
    written_close(&written);
    unlink(param);
    unlink(bin);
}

/* The layer that has the name of a node. */
static int layer_of(const char *name)
{
    for (int i = 0; i < pair.param.count; i++)
        if (strcmp(pair.param.layers[i].name, name) == 0)
            return i;
    fail_msg("there is no layer %s", name);
    return -1;
}

/* Of weights that are all alike every code is 127. */
static const char *const wide = "input x N,64,8,8\n"
                                "floats w 2,64,3,3 = 1\n"
                                "floats s 2,64,3,3 = 1 -1\n"
                                "floats n 64,2,3,3 = 1\n"
                                "node Conv x w -> a pads=1,1,1,1 name=wide\n"
                                "node Relu a -> b\n"
                                "node Conv b n -> c pads=1,1,1,1 name=narrow\n"
                                "node Relu c -> d\n"
                                "node Conv d s -> e pads=1,1,1,1 name=both_signs\n"
                                "node Conv d w -> f strides=2,2 name=strides\n"
                                "node GlobalAveragePool e -> p\n"
                                "node GlobalAveragePool f -> q\n"
                                "node Add p q -> r\n"
                                "node Flatten r -> y\n"
                                "output y\n";

static void wide_3x3_layers_that_might_wrap_are_known(void **state)
{
    (void)state;
    open_both(wide, of_ncnn);
    assert_float_equal(pair.of_layers[layer_of("wide")].sum_most, 576. * 127 * 127, 0);
    assert_true(ncnn_may_wrap(&pair, layer_of("wide")));
    assert_float_equal(pair.of_layers[layer_of("narrow")].sum_most, 18. * 127 * 127, 0);
    assert_false(ncnn_may_wrap(&pair, layer_of("narrow")));
    assert_true(pair.of_layers[layer_of("strides")].sum_most > NCNN_WINOGRAD_SUM_MOST);
    assert_false(ncnn_may_wrap(&pair, layer_of("strides")));
    close_both();
}

/* What it reads is behind a ReLU: either all of one sign are multiplied with 127, or all of the other. */
static void signs_count_apart_where_nothing_is_negative(void **state)
{
    (void)state;
    open_both(wide, of_ncnn);
    assert_float_equal(pair.of_layers[layer_of("both_signs")].sum_most,
                       288. * 127 * 127, 0);
    close_both();
}

static void six_bits_cannot_wrap(void **state)
{
    struct placement_rules rules = of_ncnn;

    (void)state;
    rules.weight_bits = 6;
    open_both(wide, rules);
    assert_float_equal(pair.of_layers[layer_of("wide")].sum_most, 576. * 31 * 127, 0);
    assert_false(ncnn_may_wrap(&pair, layer_of("wide")));
    close_both();
}

static const char *const groups = "input x N,4,6,6\n"
                                  "floats w 8,2,3,3 = 1 -2 3 0.5 -0.1 7 4\n"
                                  "floats d 8,1,3,3 = 1 -2 3 0.5 -0.1 7 4 1 1 1 1 2\n"
                                  "floats b 8 = 0 1 2 -3\n"
                                  "floats f 3,8 = 1 -2 3 0.5 -0.1\n"
                                  "node Conv x w b -> a group=2 name=groups\n"
                                  "node Relu a -> c\n"
                                  "node Conv c d -> e group=8 name=depthwise\n"
                                  "node GlobalAveragePool e -> p\n"
                                  "node Flatten p -> v\n"
                                  "node Gemm v f -> y transB=1 name=fc\n"
                                  "output y\n";

static void a_group_of_several_outputs_has_one_scale(void **state)
{
    const struct ncnn_integers *integers;

    (void)state;
    open_both(groups, of_ncnn);
    integers = &pair.of_layers[layer_of("groups")];
    assert_int_equal(integers->scale_count, 2);
    assert_float_equal(integers->scales[0], integers->scales[1], 0);
    integers = &pair.of_layers[layer_of("depthwise")];
    assert_int_equal(integers->scale_count, 8);
    assert_true(integers->scales[0] != integers->scales[1] ||
                integers->scales[1] != integers->scales[2]);
    close_both();
}

/* Whoever reads the files with the documentation at hand finds the case in them. */
static void what_is_written_is_the_case(void **state)
{
    const char *const names[] = {"net-int8.param", "net-int8.bin", "net.table"};
    char paths[3][PATH_MAX];
    struct ncnn_tally tally;

    (void)state;
    open_both(groups, of_ncnn);
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], PATH_MAX, "%s/%s", scratch_folder, names[i]);
    assert_int_equal(ncnn_pair_write(&pair, scratch_folder, false, &err), 0);
    tally = ncnn_files_compare(written.network, &written.placement, written.choices,
                               written.calibrated.rules, paths[0], paths[1]);
    assert_int_equal(tally.quantized, 3);
    assert_int_equal(tally.handing_on, 1);
    assert_int_equal(tally.codes, 8 * 18 + 8 * 9 + 3 * 8);
    for (int i = 0; i < 3; i++)
        assert_int_equal(unlink(paths[i]), 0);
    close_both();
}

/* A bias that stands behind a layer as a node of its own would be added twice. */
static void a_bias_that_the_pair_has_elsewhere_is_refused(void **state)
{
    (void)state;
    open_network(groups, of_ncnn);
    written.network->layers[0].conv.shift[1] += 1;
    assert_int_equal(open_pair(), -1);
    assert_non_null(strstr(err.text, "layer groups has the weights of groups"));
    assert_non_null(strstr(err.text, "but other biases"));
    close_both();
}

static void products_of_two_tensors_of_codes_are_refused(void **state)
{
    (void)state;
    open_network("input x N,4,6\n"
                 "floats w 6,5 = 1 -2 3 0.5\n"
                 "node MatMul x w -> a name=left\n"
                 "node Transpose a -> t perm=0,2,1\n"
                 "node MatMul a t -> b name=attend\n"
                 "node Flatten b -> y\n"
                 "output y\n",
                 of_ncnn);
    assert_int_equal(open_pair(), -1);
    assert_non_null(strstr(err.text, "attend"));
    close_both();
}

static void halves_are_the_nearest(void **state)
{
    static const struct {
        float value;
        uint16_t half;
    } cases[] = {{0, 0},
                 {-0.f, 0x8000},
                 {1, 0x3c00},
                 {-2, 0xc000},
                 {65504, 0x7bff},
                 {65519, 0x7bff},
                 {65520, 0x7c00},
                 {0x1p-14f, 0x400},
                 {0x1p-24f, 1},
                 {0x1p-25f, 0},
                 {0x1.8p-24f, 2},
                 {0x1.002p0f, 0x3c00},
                 {0x1.006p0f, 0x3c02},
                 {INFINITY, 0x7c00}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(half_of_float(cases[i].value), cases[i].half);
    for (uint32_t half = 0; half < 0x7c00; half++)
        assert_int_equal(half_of_float(half_to_float((uint16_t)half)), half);
    assert_true(isnan(half_to_float(half_of_float(NAN))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_3x3_layers_that_might_wrap_are_known),
        cmocka_unit_test(signs_count_apart_where_nothing_is_negative),
        cmocka_unit_test(six_bits_cannot_wrap),
        cmocka_unit_test(a_group_of_several_outputs_has_one_scale),
        cmocka_unit_test(what_is_written_is_the_case),
        cmocka_unit_test(a_bias_that_the_pair_has_elsewhere_is_refused),
        cmocka_unit_test(products_of_two_tensors_of_codes_are_refused),
        cmocka_unit_test(halves_are_the_nearest),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
