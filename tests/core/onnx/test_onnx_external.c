#include "core/onnx/onnx_external.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 512 };

static Onnx__StringStringEntryProto *entry(const char *key, const char *value)
{
    Onnx__StringStringEntryProto *made = memory_get(sizeof *made);

    onnx__string_string_entry_proto__init(made);
    made->key = memory_text(key);
    made->value = memory_text(value);
    return made;
}

/* The values of the first initialiser are said to be elsewhere; NULL leaves an entry out. */
static void move_out(Onnx__ModelProto *model, const char *location, const char *offset,
                     const char *length)
{
    const char *const said[][2] = {
        {"location", location}, {"offset", offset}, {"length", length}};
    Onnx__TensorProto *tensor = model->graph->initializer[0];

    free(tensor->float_data);
    tensor->float_data = NULL;
    tensor->n_float_data = 0;
    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    tensor->external_data = memory_get(3 * sizeof *tensor->external_data);
    for (int i = 0; i < 3; i++)
        if (said[i][1])
            tensor->external_data[tensor->n_external_data++] =
                entry(said[i][0], said[i][1]);
}

static void write_file(const char *name, const void *bytes, size_t size, char *path)
{
    FILE *file;

    snprintf(path, PATH_BYTES, "%s/%s", scratch_folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* Saves a product with weights [2, 3] elsewhere as net.onnx; the path is static. */
static const char *save(const char *location, const char *offset, const char *length)
{
    static char path[PATH_BYTES];
    Onnx__ModelProto *model =
        onnx_builder_model("input x N,2\nfloats w 2,3\nnode MatMul x w -> y\noutput y");
    size_t size;
    uint8_t *bytes;

    move_out(model, location, offset, length);
    size = onnx__model_proto__get_packed_size(model);
    bytes = memory_get(size);
    onnx__model_proto__pack(model, bytes);
    write_file("net.onnx", bytes, size, path);
    free(bytes);
    onnx__model_proto__free_unpacked(model, NULL);
    return path;
}

static const float values[] = {9, 1, 2, 3, 4, 5, 6};

static void values_beside_the_model_are_read(void **state)
{
    static const float expected[] = {1, 4, 2, 5, 3, 6}; /* [outputs, inputs] */
    char data[PATH_BYTES];
    struct error err = {0};
    const char *path = save("w.bin", "4", "24");
    struct network *network;

    (void)state;
    write_file("w.bin", values, sizeof values, data);
    network = onnx_read(path, &err);
    assert_non_null(network);
    assert_memory_equal(network->layers[0].weights->values, expected, sizeof expected);
    network_destroy(network);
    unlink(data);
    unlink(path);
}

static void a_model_takes_its_values(void **state)
{
    char data[PATH_BYTES];
    struct error err = {0};
    Onnx__ModelProto *model =
        onnx_builder_model("input x N,2\nfloats w 2,3\nnode MatMul x w -> y\noutput y");
    char model_path[PATH_BYTES];
    const Onnx__TensorProto *tensor = model->graph->initializer[0];

    (void)state;
    snprintf(model_path, sizeof model_path, "%s/net.onnx", scratch_folder);
    write_file("w.bin", values, sizeof values, data);
    move_out(model, "w.bin", "4", NULL);
    assert_int_equal(onnx_external_take(model_path, model, 23, &err), 0);
    assert_true(onnx_external_is(tensor)); /* it is too large */
    assert_int_equal(onnx_external_take(model_path, model, 24, &err), 0);
    assert_false(onnx_external_is(tensor));
    assert_int_equal(tensor->raw_data.len, 24);
    assert_memory_equal(tensor->raw_data.data, values + 1, 24);
    onnx__model_proto__free_unpacked(model, NULL);
    unlink(data);
}

static void values_elsewhere_are_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *location, *offset, *length, *sentence;
    } refusals[] = {
        {"w.bin", "8", "24", "from byte 8 on in"},
        {"w.bin", "4", "20", "\"w\" needs 24 bytes, but has 20 in \"w.bin\""},
        {"w.bin", "99", NULL, "which has only 28"},
        {"w.bin", "-4", NULL, "is no number of bytes"},
        {"w.bin", "4x", NULL, "is no number of bytes"},
        {"w.bin", "99999999999999999999", NULL, "is no number of bytes"},
        {"none.bin", NULL, NULL, "cannot be read: No such file or directory"},
        {".", NULL, NULL, "no regular file"},
        {"/etc/passwd", NULL, NULL, "only files in the folder of the model"},
        {"a/../../w.bin", NULL, NULL, "only files in the folder of the model"},
        {"..", NULL, NULL, "only files in the folder of the model"},
        {"", NULL, NULL, "only files in the folder of the model"},
        {NULL, NULL, NULL, "only files in the folder of the model"},
    };
    char data[PATH_BYTES];

    (void)state;
    write_file("w.bin", values, sizeof values, data);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct error err = {0};
        const char *path =
            save(refusals[i].location, refusals[i].offset, refusals[i].length);

        assert_null(onnx_read(path, &err));
        assert_int_equal(err.code, EXIT_INPUT);
        if (!strstr(err.text, refusals[i].sentence))
            fail_msg("%s: %s", refusals[i].sentence, err.text);
        unlink(path);
    }
    unlink(data);
}

static void a_hash_is_of_all_files(void **state)
{
    char data[PATH_BYTES], plain[HASH_TEXT_BYTES], first[HASH_TEXT_BYTES];
    char second[HASH_TEXT_BYTES];
    float others[7];
    struct error err = {0};
    const char *path = save("w.bin", "4", "24");

    (void)state;
    memcpy(others, values, sizeof values);
    others[6] = 7;
    write_file("w.bin", values, sizeof values, data);
    assert_int_equal(hash_file(path, plain, &err), 0);
    assert_int_equal(onnx_external_hash(path, first, &err), 0);
    write_file("w.bin", others, sizeof others, data);
    assert_int_equal(onnx_external_hash(path, second, &err), 0);
    assert_string_not_equal(plain, first);
    assert_string_not_equal(first, second);
    unlink(data);
    assert_int_equal(onnx_external_hash(path, second, &err), -1);
    unlink(path);
}

static void a_file_that_needs_no_other_has_its_own_hash(void **state)
{
    char plain[HASH_TEXT_BYTES], hash[HASH_TEXT_BYTES];
    Onnx__ModelProto *model =
        onnx_builder_model("input x N,2\nfloats w 2,3\nnode MatMul x w -> y\noutput y");
    char *path = onnx_builder_save(model);
    struct error err = {0};

    (void)state;
    assert_int_equal(hash_file(path, plain, &err), 0);
    assert_int_equal(onnx_external_hash(path, hash, &err), 0);
    assert_string_equal(plain, hash);
    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_beside_the_model_are_read),
        cmocka_unit_test(a_model_takes_its_values),
        cmocka_unit_test(values_elsewhere_are_refused_with_a_sentence),
        cmocka_unit_test(a_hash_is_of_all_files),
        cmocka_unit_test(a_file_that_needs_no_other_has_its_own_hash),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
