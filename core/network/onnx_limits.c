#include "core/network/onnx_limits.h"

#include "core/network/onnx_error.h"
#include "onnx.pb-c.h"

#include <stdbool.h>

/* A message that has begun and not yet ended. */
struct frame {
    const ProtobufCMessageDescriptor *message;
    const uint8_t *end;
    uint64_t seen; /* bit i: field i of the descriptor, which may come once, has come */
};

struct scan {
    const char *path;
    const uint8_t *start, *at;
    struct frame frames[ONNX_DEPTH_MAX];
    int depth;
    size_t messages, fields;
};

enum wire_type {
    WIRE_VARINT,
    WIRE_64_BITS,
    WIRE_BYTES,
    WIRE_GROUP,
    WIRE_GROUP_END,
    WIRE_32_BITS
};

static int damaged(const struct scan *scan, const char *what, struct error *err)
{
    return onnx_error(err, scan->path, "the file is damaged: %s at byte %zu", what,
                      (size_t)(scan->at - scan->start));
}

static int read_varint(struct scan *scan, uint64_t *value, struct error *err)
{
    const uint8_t *end = scan->frames[scan->depth - 1].end;

    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        uint8_t byte;

        if (scan->at == end)
            return damaged(scan, "a number is cut off", err);
        byte = *scan->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return 0;
    }
    return damaged(scan, "a number of more than ten bytes", err);
}

static int skip(struct scan *scan, uint64_t bytes, struct error *err)
{
    if (bytes > (uint64_t)(scan->frames[scan->depth - 1].end - scan->at))
        return damaged(scan, "a field is cut off", err);
    scan->at += bytes;
    return 0;
}

static int note_single(struct scan *scan, const ProtobufCFieldDescriptor *field,
                       struct error *err)
{
    struct frame *frame = &scan->frames[scan->depth - 1];
    uint64_t bit = UINT64_C(1) << ((field - frame->message->fields) % 64);

    if (field->label != PROTOBUF_C_LABEL_REPEATED && (frame->seen & bit))
        return onnx_error(err, scan->path,
                          "the file is damaged: %s of a %s is there twice (byte %zu)",
                          field->name, frame->message->short_name,
                          (size_t)(scan->at - scan->start));
    frame->seen |= bit;
    return 0;
}

static int enter(struct scan *scan, const ProtobufCFieldDescriptor *field,
                 uint64_t bytes, struct error *err)
{
    const uint8_t *begin = scan->at;

    if (note_single(scan, field, err) < 0 || skip(scan, bytes, err) < 0)
        return -1;
    if (scan->depth == ONNX_DEPTH_MAX)
        return onnx_error(err, scan->path,
                          "messages are nested more than %d deep (byte %zu)",
                          ONNX_DEPTH_MAX, (size_t)(begin - scan->start));
    if (++scan->messages > ONNX_MESSAGES_MAX)
        return onnx_error(err, scan->path,
                          "more than %d messages (nodes, attributes, tensors ...)",
                          ONNX_MESSAGES_MAX);
    scan->frames[scan->depth++] =
        (struct frame){.message = field->descriptor, .end = scan->at};
    scan->at = begin;
    return 0;
}

static int scan_bytes(struct scan *scan, uint32_t number, struct error *err)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
        scan->frames[scan->depth - 1].message, number);
    uint64_t bytes;

    if (read_varint(scan, &bytes, err) < 0)
        return -1;
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(scan, field, bytes, err);
    return skip(scan, bytes, err);
}

static int scan_field(struct scan *scan, struct error *err)
{
    uint64_t key, ignored;

    if (++scan->fields > ONNX_FIELDS_MAX)
        return onnx_error(err, scan->path, "more than %d fields", ONNX_FIELDS_MAX);
    if (read_varint(scan, &key, err) < 0)
        return -1;
    if (key > UINT32_MAX || key >> 3 == 0)
        return damaged(scan, "an impossible field number", err);
    switch ((enum wire_type)(key & 7)) {
    case WIRE_VARINT:
        return read_varint(scan, &ignored, err);
    case WIRE_64_BITS:
        return skip(scan, 8, err);
    case WIRE_BYTES:
        return scan_bytes(scan, (uint32_t)(key >> 3), err);
    case WIRE_32_BITS:
        return skip(scan, 4, err);
    case WIRE_GROUP:
    case WIRE_GROUP_END:
        return damaged(scan, "a group, which ONNX does not have,", err);
    }
    return damaged(scan, "an unknown kind of field", err);
}

int onnx_limits_check(const char *path, const uint8_t *bytes, size_t size,
                      struct error *err)
{
    struct scan scan = {
        .path = path, .start = bytes, .at = bytes, .depth = 1, .messages = 1};

    if (size > ONNX_FILE_BYTES_MAX)
        return onnx_error(err, path, "%zu bytes; an ONNX file has at most %d", size,
                          ONNX_FILE_BYTES_MAX);
    scan.frames[0] =
        (struct frame){.message = &onnx__model_proto__descriptor, .end = bytes + size};
    while (scan.depth > 0) {
        if (scan.at == scan.frames[scan.depth - 1].end)
            scan.depth--;
        else if (scan_field(&scan, err) < 0)
            return -1;
    }
    return 0;
}
