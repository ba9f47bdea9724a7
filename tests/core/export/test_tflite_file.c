#include "core/export/tflite_compare.h"

#include "core/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a model with something of everything ------------------------------------------------------ */

static void put_scales(struct tflite_tensor *tensor, const float *scales, int count,
                       int axis, int zero)
{
    tensor->scales = memory_copy(scales, (size_t)count * sizeof *scales);
    tensor->scale_count = count;
    tensor->axis = axis;
    tensor->zero = zero;
}

static void put_data(struct tflite_tensor *tensor, const void *data, size_t bytes)
{
    tensor->data = memory_copy(data, bytes);
    tensor->bytes = bytes;
}

static struct tflite_model make_model(void)
{
    static const int32_t image[] = {1, 4, 4, 2}, window[] = {3, 2, 2, 2}, three = 3;
    static const float scales[] = {0.5f, 0.25f, 0.125f}, step = 0.1f;
    static const int8_t weights[24] = {-127, 127, 5, -3};
    static const int32_t bias[] = {-70000, 0, 1};
    struct tflite_model model = {.description = memory_text("of a test")};
    struct tflite_operator *conv;
    float alpha = 0.3f;

    tflite_add_tensor(&model, "x", TFLITE_FLOAT32, 4, image);
    tflite_add_tensor(&model, "x/codes", TFLITE_INT8, 4, image);
    put_scales(&model.tensors[1], &step, 1, 0, -128);
    tflite_add_tensor(&model, "w", TFLITE_INT8, 4, window);
    put_scales(&model.tensors[2], scales, 3, 0, 0);
    put_data(&model.tensors[2], weights, sizeof weights);
    tflite_add_tensor(&model, "b", TFLITE_INT32, 1, &three);
    put_scales(&model.tensors[3], scales, 3, 0, 0);
    put_data(&model.tensors[3], bias, sizeof bias);
    tflite_add_tensor(&model, "y", TFLITE_INT8, 4, (const int32_t[]){1, 3, 3, 3});
    put_scales(&model.tensors[4], &step, 1, 0, 7);
    tflite_add_tensor(&model, "z", TFLITE_FLOAT32, 4, (const int32_t[]){1, 3, 3, 3});
    tflite_add_operator(&model, TFLITE_QUANTIZE, (const int32_t[]){0}, 1, 1);
    conv = tflite_add_operator(&model, TFLITE_CONV, (const int32_t[]){1, 2, 3}, 3, 4);
    memcpy(conv->options, (const int32_t[]){TFLITE_VALID, 1, 2, TFLITE_RELU6, 1, 3},
           6 * sizeof(int32_t));
    tflite_add_operator(&model, TFLITE_LEAKY_RELU, (const int32_t[]){4}, 1, 5);
    memcpy(model.operators[2].options, &alpha, sizeof alpha);
    model.inputs = memory_copy((const int32_t[]){0}, sizeof(int32_t));
    model.input_count = 1;
    model.output = 5;
    return model;
}

/* ---- there and back ---------------------------------------------------------------------------- */

static void what_is_written_is_read(void **state)
{
    struct tflite_model ours = make_model(), theirs;
    struct error err = {0};
    size_t size;
    uint8_t *bytes = tflite_file_write(&ours, &size);

    (void)state;
    assert_true(tflite_file_is(bytes, size));
    assert_int_equal(tflite_file_read("f", bytes, size, &theirs, &err), 0);
    assert_int_equal(tflite_compare("f", &ours, &theirs, &err), 0);
    assert_string_equal(theirs.description, "of a test");
    assert_int_equal(theirs.operators[1].options[5], 3);
    assert_int_equal(theirs.tensors[1].zero, -128);
    assert_int_equal(tflite_integers(&theirs), 24 + 3);
    free(bytes);
    tflite_model_clear(&ours);
    tflite_model_clear(&theirs);
}

/* The first four bytes name the root, as readers of FlatBuffers take it; data lie at multiples of 16. */
static void data_lie_at_multiples_of_16(void **state)
{
    static const uint8_t weights[] = {129, 127, 5, 253};
    struct tflite_model ours = make_model();
    size_t size, at = 0;
    uint8_t *bytes = tflite_file_write(&ours, &size);

    (void)state;
    assert_memory_equal(bytes + 4, "TFL3", 4);
    while (at + sizeof weights < size &&
           memcmp(bytes + at, weights, sizeof weights) != 0)
        at++;
    assert_true(at + sizeof weights < size);
    assert_int_equal(at % 16, 0);
    free(bytes);
    tflite_model_clear(&ours);
}

static void a_part_of_a_file_is_refused(void **state)
{
    struct tflite_model ours = make_model(), theirs;
    size_t size;
    uint8_t *bytes = tflite_file_write(&ours, &size);

    (void)state;
    for (size_t part = 0; part < size - 16; part++) {
        uint8_t *copy = memory_copy(bytes, part); /* its end is the memory's */
        struct error err = {0};
        bool is_read = tflite_file_read("f", copy, part, &theirs, &err) == 0;

        assert_false(is_read && tflite_compare("f", &ours, &theirs, &err) == 0);
        assert_true(err.text[0]);
        tflite_model_clear(&theirs);
        free(copy);
    }
    free(bytes);
    tflite_model_clear(&ours);
}

/* Whatever a byte becomes, nothing is read that is not there. */
static void other_bytes_do_no_harm(void **state)
{
    struct tflite_model ours = make_model(), theirs;
    size_t size;
    uint8_t *bytes = tflite_file_write(&ours, &size);

    (void)state;
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit += 7) {
            struct error err = {0};

            bytes[at] ^= (uint8_t)(1 << bit);
            if (tflite_file_read("f", bytes, size, &theirs, &err) == 0)
                tflite_compare("f", &ours, &theirs, &err);
            tflite_model_clear(&theirs);
            bytes[at] ^= (uint8_t)(1 << bit);
        }
    free(bytes);
    tflite_model_clear(&ours);
}

/* ---- what is another is told ------------------------------------------------------------------- */

static void other_scale(struct tflite_model *model)
{
    model->tensors[2].scales[1] *= 2;
}

static void other_zero(struct tflite_model *model)
{
    model->tensors[4].zero++;
}

static void other_code(struct tflite_model *model)
{
    model->tensors[2].data[3]++;
}

static void other_bias(struct tflite_model *model)
{
    model->tensors[3].data[5]++;
}

static void other_option(struct tflite_model *model)
{
    model->operators[1].options[2] = 1;
}

static void other_shape(struct tflite_model *model)
{
    model->tensors[0].dims[1] = 5;
}

static void other_output(struct tflite_model *model)
{
    model->output = 4;
}

static void other_name(struct tflite_model *model)
{
    model->tensors[0].name[0] = 'q';
}

static const struct change {
    void (*make)(struct tflite_model *model);
    const char *told;
} changes[] = {
    {other_scale, "tensor \"w\" has 1 other scales of 3, and 0 other elements of 24"},
    {other_code, "tensor \"w\" has 0 other scales of 3, and 1 other elements of 24"},
    {other_bias, "tensor \"b\" has 0 other scales of 3, and 1 other elements of 3"},
    {other_zero, "tensor \"y\" has another zero point"},
    {other_shape, "tensor \"x\" has another type or other dimensions"},
    {other_name, "tensor \"x\" has another name"},
    {other_option, "the operator that makes \"y\", CONV_2D, has other inputs"},
    {other_output, "or has other inputs and outputs"},
};

static void each_difference_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct tflite_model ours = make_model(), theirs = make_model();
        struct error err = {0};

        changes[i].make(&theirs);
        assert_int_equal(tflite_compare("f", &ours, &theirs, &err), -1);
        assert_int_equal(err.code, EXIT_VERIFY_MISMATCH);
        assert_non_null(strstr(err.text, changes[i].told));
        tflite_model_clear(&ours);
        tflite_model_clear(&theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(data_lie_at_multiples_of_16),
        cmocka_unit_test(a_part_of_a_file_is_refused),
        cmocka_unit_test(other_bytes_do_no_harm),
        cmocka_unit_test(each_difference_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
