/* How windows are padded in a file of TensorFlow Lite. */
#include "core/export/tflite_layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct padded {
    int size, kernel, stride, dilation, before, behind; /* in both directions */
    int padding;                                        /* of the file */
    int pads[2]; /* written before it; 0, 0: none */
} padded[] = {
    {8, 3, 1, 1, 0, 0, TFLITE_VALID, {0, 0}}, {8, 3, 1, 1, 1, 1, TFLITE_SAME, {0, 0}},
    {9, 3, 2, 1, 1, 1, TFLITE_SAME, {0, 0}},  /* odd: as much on both sides */
    {8, 3, 2, 1, 0, 1, TFLITE_SAME, {0, 0}},  /* even: what is over stands behind */
    {8, 3, 2, 1, 1, 1, TFLITE_VALID, {1, 0}}, /* the last pad is not read */
    {8, 3, 1, 2, 2, 2, TFLITE_SAME, {0, 0}},  {8, 5, 1, 1, 1, 1, TFLITE_VALID, {1, 1}},
    {8, 2, 1, 1, 1, 0, TFLITE_VALID, {1, 0}}, {7, 1, 2, 1, 0, 0, TFLITE_VALID, {0, 0}},
};

static void windows_have_the_padding_of_the_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof padded / sizeof *padded; i++) {
        const struct padded *p = &padded[i];
        const struct window window = {p->kernel,   p->kernel,   p->stride, p->stride,
                                      p->dilation, p->dilation, p->before, p->before,
                                      p->behind,   p->behind};
        const struct tensor input = {.rank = 3, .height = p->size, .width = p->size};
        const struct tensor output = {.rank = 3,
                                      .height = window_output_height(&window, p->size),
                                      .width = window_output_width(&window, p->size)};
        const struct tflite_padding found = tflite_padding_of(&window, &input, &output);
        bool is_written = p->pads[0] > 0 || p->pads[1] > 0;

        assert_int_equal(found.padding, p->padding);
        assert_int_equal(found.is_written, is_written);
        for (int direction = 1; direction <= 2; direction++)
            for (int side = 0; side < 2; side++)
                assert_int_equal(found.pads[direction][side], p->pads[side]);
    }
}

static void images_have_their_channels_last(void **state)
{
    const struct tensor image = {.rank = 3, .height = 5, .width = 6, .channels = 7},
                        row = {.rank = 1, .dims = {9}, .channels = 9},
                        matrix = {.rank = 2, .dims = {4, 9}, .channels = 9};
    int32_t dims[TFLITE_RANK_MAX];

    (void)state;
    assert_int_equal(tflite_dims(&image, dims), 4);
    assert_memory_equal(dims, ((const int32_t[]){1, 5, 6, 7}), 4 * sizeof *dims);
    assert_int_equal(tflite_dims(&row, dims), 2);
    assert_memory_equal(dims, ((const int32_t[]){1, 9}), 2 * sizeof *dims);
    assert_int_equal(tflite_dims(&matrix, dims), 3);
    assert_memory_equal(dims, ((const int32_t[]){1, 4, 9}), 3 * sizeof *dims);
}

static void clamps_are_activations(void **state)
{
    (void)state;
    assert_int_equal(
        tflite_activation_of(&(struct layer){.low = 0, .high = __builtin_inff()}),
        TFLITE_RELU);
    assert_int_equal(tflite_activation_of(&(struct layer){.low = 0, .high = 6}),
                     TFLITE_RELU6);
    assert_int_equal(tflite_activation_of(&(struct layer){.low = -1, .high = 1}),
                     TFLITE_RELU_N1_TO_1);
    assert_false(tflite_can_clamp(&(struct layer){.low = 0, .high = 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_have_the_padding_of_the_file),
        cmocka_unit_test(images_have_their_channels_last),
        cmocka_unit_test(clamps_are_activations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
