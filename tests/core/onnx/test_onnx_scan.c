#include "core/onnx/onnx_scan.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of the wire format: key = 8 * field number + kind; 0 a number, 2 bytes with a
 * length. */
enum { MODEL_IR_VERSION = 0x08, MODEL_GRAPH = 0x3a, GRAPH_NODE = 0x0a };
enum { NODE_ATTRIBUTE = 0x2a, ATTRIBUTE_GRAPH = 0x32 };

static const struct damage {
    const char *fact;
    uint8_t bytes[12];
    size_t size;
    const char *sentence; /* NULL: nothing is wrong */
} damages[] = {
    {"nothing at all is safe", {0}, 0, NULL},
    {"a number is safe", {MODEL_IR_VERSION, 7}, 2, NULL},
    {"an empty graph is safe", {MODEL_GRAPH, 0}, 2, NULL},
    {"an unknown field is skipped", {0xfa, 0x01, 2, 0x0b, 0x0b}, 5, NULL},
    {"text that looks like a message is skipped", {0x12, 3, 0x0b, 0xff, 0xff}, 5, NULL},
    {"fields of 4 and 8 bytes are skipped",
     {0x0d, 1, 2, 3, 4, MODEL_IR_VERSION, 7},
     7,
     NULL},
    {"a number without end is cut off",
     {MODEL_IR_VERSION, 0x80},
     2,
     "a number is cut off at byte 2"},
    {"a key without value is cut off",
     {MODEL_IR_VERSION},
     1,
     "a number is cut off at byte 1"},
    {"a number has at most ten bytes",
     {MODEL_IR_VERSION, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
     12,
     "a number of more than ten bytes"},
    {"bytes must all be there", {MODEL_GRAPH, 5, 0}, 3, "a field is cut off"},
    {"a field ends with its message",
     {MODEL_GRAPH, 2, GRAPH_NODE, 1, 0},
     5,
     "a field is cut off"},
    {"eight bytes must all be there", {0x09, 1, 2}, 3, "a field is cut off"},
    {"a length beyond the file is cut off",
     {MODEL_GRAPH, 255, 255, 255, 255, 255, 255, 1},
     8,
     "a field is cut off"},
    {"a group is refused", {0x0b}, 1, "a group, which ONNX does not have, at byte 1"},
    {"the end of a group is refused", {0x0c}, 1, "a group"},
    {"kinds 6 and 7 do not exist", {0x0e}, 1, "an unknown kind of field"},
    {"field zero does not exist", {0x02, 0}, 2, "an impossible field number"},
    {"field numbers are small",
     {255, 255, 255, 255, 255, 1},
     6,
     "an impossible field number"},
    {"there is one graph",
     {MODEL_GRAPH, 0, MODEL_GRAPH, 0},
     4,
     "graph of a ModelProto is there twice"},
    {"there may be many nodes",
     {MODEL_GRAPH, 4, GRAPH_NODE, 0, GRAPH_NODE, 0},
     6,
     NULL},
};

static void damage_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        const struct damage *damage = &damages[i];
        /* Exactly as large as the file, for AddressSanitizer. */
        uint8_t *bytes = memory_copy(damage->bytes, damage->size);
        struct error err = {0};
        int status = onnx_scan_check("a.onnx", bytes, damage->size, &err);

        free(bytes);
        if (status != (damage->sentence ? -1 : 0))
            fail_msg("%s: %s", damage->fact, err.text);
        if (damage->sentence &&
            (err.code != EXIT_INPUT || !strstr(err.text, "a.onnx: ") ||
             !strstr(err.text, damage->sentence)))
            fail_msg("%s: %s", damage->fact, err.text);
    }
}

/* ---- files that would be too much when unpacked ---- */

struct buffer {
    uint8_t *bytes; /* owned */
    size_t size;
};

/* Puts the buffer into a field of a new message. */
static void wrap(struct buffer *buffer, uint8_t key)
{
    uint8_t head[11] = {key};
    size_t used = 1;

    for (size_t left = buffer->size; used == 1 || left; left >>= 7)
        head[used++] = (uint8_t)((left & 127) | (left > 127 ? 128 : 0));
    buffer->bytes = memory_resize(buffer->bytes, buffer->size + used);
    memmove(buffer->bytes + used, buffer->bytes, buffer->size);
    memcpy(buffer->bytes, head, used);
    buffer->size += used;
}

/* A model with a graph with a node with an attribute with a graph ...: three messages
 * each. */
static struct buffer nested_graphs(int graphs)
{
    struct buffer buffer = {NULL, 0};

    for (int i = 1; i < graphs; i++) {
        wrap(&buffer, GRAPH_NODE);
        wrap(&buffer, ATTRIBUTE_GRAPH);
        wrap(&buffer, NODE_ATTRIBUTE);
    }
    wrap(&buffer, GRAPH_NODE);
    wrap(&buffer, MODEL_GRAPH);
    return buffer;
}

/* A graph of `count` empty messages, then one field more. */
static struct buffer empty_nodes(size_t count)
{
    struct buffer buffer = {memory_get(2 * count), 2 * count};

    for (size_t i = 0; i < count; i++) {
        buffer.bytes[2 * i] = GRAPH_NODE;
        buffer.bytes[2 * i + 1] = 0;
    }
    wrap(&buffer, MODEL_GRAPH);
    return buffer;
}

/* Unpacked integers: one field each, no message. */
static struct buffer numbers(size_t count)
{
    struct buffer buffer = {memory_get(2 * count), 2 * count};

    for (size_t i = 0; i < count; i++) {
        buffer.bytes[2 * i] = MODEL_IR_VERSION;
        buffer.bytes[2 * i + 1] = 7;
    }
    return buffer;
}

static void assert_refused(struct buffer buffer, const char *sentence)
{
    struct error err = {0};

    assert_int_equal(onnx_scan_check("a.onnx", buffer.bytes, buffer.size, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence))
        fail_msg("%s", err.text);
    free(buffer.bytes);
}

static void assert_safe(struct buffer buffer)
{
    struct error err = {0};

    if (onnx_scan_check("a.onnx", buffer.bytes, buffer.size, &err) < 0)
        fail_msg("%s", err.text);
    free(buffer.bytes);
}

static void messages_are_nested_at_most_64_deep(void **state)
{
    (void)state;
    assert_safe(nested_graphs(20));
    assert_refused(nested_graphs(30), "nested more than 64 deep");
    assert_refused(nested_graphs(4000), "nested more than 64 deep");
}

static void a_deeply_nested_file_is_refused_before_it_is_unpacked(void **state)
{
    struct buffer buffer = nested_graphs(4000);
    char *path = onnx_builder_save_bytes(buffer.bytes, buffer.size);
    struct error err = {0};

    (void)state;
    assert_null(onnx_read(path, &err));
    assert_non_null(strstr(err.text, "nested more than 64 deep"));
    onnx_builder_delete(path);
    free(buffer.bytes);
}

static void ten_megabytes_of_empty_nodes_are_refused(void **state)
{
    (void)state;
    assert_safe(empty_nodes(100000));
    assert_refused(empty_nodes(5000000), "more than 1048576 messages");
}

static void the_fields_are_counted(void **state)
{
    (void)state;
    assert_safe(numbers(1000000));
    assert_refused(numbers(ONNX_FIELDS_MAX + 1), "more than 8388608 fields");
}

static void a_file_of_more_than_two_gigabytes_is_refused_unread(void **state)
{
    struct error err = {0};
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(
        onnx_scan_check("a.onnx", &byte, (size_t)ONNX_FILE_BYTES_MAX + 1, &err), -1);
    assert_non_null(strstr(err.text, "2147483648 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_named_with_its_place),
        cmocka_unit_test(messages_are_nested_at_most_64_deep),
        cmocka_unit_test(a_deeply_nested_file_is_refused_before_it_is_unpacked),
        cmocka_unit_test(ten_megabytes_of_empty_nodes_are_refused),
        cmocka_unit_test(the_fields_are_counted),
        cmocka_unit_test(a_file_of_more_than_two_gigabytes_is_refused_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
