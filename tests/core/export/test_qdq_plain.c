#include "core/export/qdq_plain.h"

#include "core/export/qdq_compare.h"
#include "tests/support/written_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Weights that meet floats are floats themselves: nothing is dequantized, in the opset of the file. */
static void weights_alone_are_floats_unless_integers_are_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        for (int with_integers = 0; with_integers < 2; with_integers++) {
            struct written written;
            Onnx__ModelProto *model;

            written_open(&written, written_networks[i].text, written_paper, 8,
                         BITS_FLOAT, false);
            written.calibrated.rules.corrects_mean = true;
            written.calibrated.with_integers = with_integers;
            written_write(&written);
            written_assert_same(&written, written_networks[i].fact);
            model = written_model(&written);
            assert_int_equal(written_count_nodes(model, "DequantizeLinear"),
                             with_integers ? written.placement.count : 0);
            assert_int_equal(model->opset_import[0]->version, with_integers ? 21 : 13);
            onnx__model_proto__free_unpacked(model, NULL);
            written_close(&written);
        }
}

/* The rounded weights of the first layer of a file; borrowed. */
static float *first_weights(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strstr(model->graph->initializer[i]->name, "_rounded"))
            return (float *)(void *)model->graph->initializer[i]->raw_data.data;
    fail_msg("there are no rounded weights");
    return NULL;
}

/* By `change` steps: an integer is another, or the value is that of none. */
static void compare_changed(float change, struct tensor_difference *difference)
{
    struct qdq_comparison comparison;
    struct written written;
    Onnx__ModelProto *model;
    struct network *file;

    written_open(&written, written_networks[3].text, written_onnx, 4, BITS_FLOAT,
                 false);
    written_write(&written);
    model = written_model(&written);
    first_weights(model)[1] += change * written.choices[0].step;
    onnx__model_proto__pack(model, written.bytes);
    file = written_read_back(&written);
    qdq_take_plain(written.network, &written.placement, written.choices,
                   &written.calibrated.rules, file);
    qdq_compare(written.network, &written.placement, written.choices,
                &written.calibrated.rules, file, &comparison);
    assert_int_equal(comparison.different, change != 0);
    *difference = comparison.tensors[0];
    qdq_comparison_clear(&comparison);
    onnx__model_proto__free_unpacked(model, NULL);
    network_destroy(file);
    written_close(&written);
}

static void each_integer_of_float_weights_is_compared(void **state)
{
    struct tensor_difference difference;

    (void)state;
    compare_changed(0, &difference);
    compare_changed(1, &difference);
    assert_int_equal(difference.off_by[1], 1);
    compare_changed(0.25f, &difference);
    assert_false(difference.is_quantized_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_alone_are_floats_unless_integers_are_wanted),
        cmocka_unit_test(each_integer_of_float_weights_is_compared),
    };

    return cmocka_run_group_tests_name("qdq_plain", tests, NULL, NULL);
}
