#include "core/onnx/onnx_scan.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A message that has begun and not yet ended. */
struct frame {
    const ProtobufCMessageDescriptor *message;
    size_t end;
    uint64_t seen; /* bit i: field i of the descriptor, which may come once, has come */
    /* In what is taken: where its length stands, and how many bytes that has. */
    size_t length_at, length_bytes;
    bool is_shorter;  /* than in the file */
    bool has_floats;  /* float_data has come */
    bool left_floats; /* and stayed in the file */
};

enum { WINDOW_BYTES = 1 << 16 };

struct scan {
    const char *path;
    int file; /* -1: all bytes are in the window */
    size_t at, size;
    /* The bytes from window_begin to window_end of the file. */
    const uint8_t *window;
    size_t window_begin, window_end;
    uint8_t *buffer; /* [WINDOW_BYTES] of the window, or NULL; owned */
    bool takes, leaves_values;
    uint8_t *taken; /* [taken_count] owned */
    size_t taken_count, room;
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

enum {
    TENSOR_FLOAT_DATA = 4,
    TENSOR_RAW_DATA = 9,
    /* Fields that ONNX does not have: what was left in the file, as offset and size. */
    TENSOR_LEFT_RAW = 300301,
    TENSOR_LEFT_FLOATS = 300302,
    LEFT_BYTES = 16,
    VARINT_BYTES_MAX = 10
};

static int damaged(const struct scan *scan, const char *what, struct error *err)
{
    return onnx_error(err, scan->path, "the file is damaged: %s at byte %zu", what,
                      scan->at);
}

/* ---- the bytes ---- */

/* Moves the window to the present byte, which is there. */
static int move_window(struct scan *scan, struct error *err)
{
    size_t left = scan->size - scan->at;
    size_t wanted = left < WINDOW_BYTES ? left : WINDOW_BYTES;
    ssize_t count;

    do {
        count = pread(scan->file, scan->buffer, wanted, (off_t)scan->at);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return onnx_error(err, scan->path, "cannot read: %s", strerror(errno));
    if (count == 0)
        return onnx_error(err, scan->path, "the file became shorter while it was read");
    scan->window_begin = scan->at;
    scan->window_end = scan->at + (size_t)count;
    return 0;
}

static void take(struct scan *scan, const uint8_t *bytes, size_t count)
{
    if (!scan->takes)
        return;
    if (count > scan->room - scan->taken_count) {
        scan->room = 2 * scan->room + count;
        scan->taken = memory_resize(scan->taken, scan->room);
    }
    memcpy(scan->taken + scan->taken_count, bytes, count);
    scan->taken_count += count;
}

/* Goes on by so many bytes, which are there. */
static int pass(struct scan *scan, size_t count, struct error *err)
{
    while (count > 0) {
        size_t now;

        if ((scan->at < scan->window_begin || scan->at >= scan->window_end) &&
            move_window(scan, err) < 0)
            return -1;
        now = scan->window_end - scan->at;
        now = now < count ? now : count;
        take(scan, scan->window + (scan->at - scan->window_begin), now);
        scan->at += now;
        count -= now;
    }
    return 0;
}

static int check_room(const struct scan *scan, uint64_t bytes, struct error *err)
{
    if (bytes > scan->frames[scan->depth - 1].end - scan->at)
        return damaged(scan, "a field is cut off", err);
    return 0;
}

static int skip(struct scan *scan, uint64_t bytes, struct error *err)
{
    if (check_room(scan, bytes, err) < 0)
        return -1;
    if (scan->takes)
        return pass(scan, (size_t)bytes, err);
    scan->at += bytes;
    return 0;
}

static int read_varint(struct scan *scan, uint64_t *value, struct error *err)
{
    size_t end = scan->frames[scan->depth - 1].end;

    *value = 0;
    for (int shift = 0; shift < 7 * VARINT_BYTES_MAX; shift += 7) {
        uint8_t byte;

        if (scan->at == end)
            return damaged(scan, "a number is cut off", err);
        if ((scan->at < scan->window_begin || scan->at >= scan->window_end) &&
            move_window(scan, err) < 0)
            return -1;
        byte = scan->window[scan->at - scan->window_begin];
        scan->at++;
        take(scan, &byte, 1);
        *value |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return 0;
    }
    return damaged(scan, "a number of more than ten bytes", err);
}

/* ---- what is left in the file ---- */

static size_t put_varint(uint8_t *bytes, uint64_t value)
{
    size_t count = 0;

    for (; value > 127; value >>= 7)
        bytes[count++] = (uint8_t)(value | 128);
    bytes[count++] = (uint8_t)value;
    return count;
}

/* Takes a field that says where the values are. */
static void take_place(struct scan *scan, uint32_t number, uint64_t offset,
                       uint64_t bytes)
{
    uint8_t field[VARINT_BYTES_MAX + 1 + LEFT_BYTES];
    size_t used = put_varint(field, (uint64_t)number << 3 | WIRE_BYTES);

    field[used++] = LEFT_BYTES;
    memcpy(field + used, &offset, sizeof offset);
    memcpy(field + used + sizeof offset, &bytes, sizeof bytes);
    take(scan, field, used + LEFT_BYTES);
}

static struct frame *tensor_of(struct scan *scan)
{
    struct frame *frame = &scan->frames[scan->depth - 1];

    return frame->message == &onnx__tensor_proto__descriptor ? frame : NULL;
}

/* Passes over `bytes` bytes of which only the place is taken, instead of all of the field that
 * began at `begin` of what is taken. */
static int leave(struct scan *scan, size_t begin, uint32_t number, uint64_t bytes,
                 struct error *err)
{
    if (check_room(scan, bytes, err) < 0)
        return -1;
    scan->taken_count = begin;
    take_place(scan, number, scan->at, bytes);
    scan->frames[scan->depth - 1].is_shorter = true;
    scan->at += bytes;
    return 0;
}

/* float_data in pieces is one list; a piece that is left must be the only one. */
static int note_floats(struct scan *scan, struct frame *tensor, bool is_left,
                       struct error *err)
{
    if (tensor->left_floats || (is_left && tensor->has_floats))
        return damaged(scan, "float_data of a TensorProto is in several pieces", err);
    tensor->has_floats = true;
    tensor->left_floats = is_left;
    return 0;
}

/* ---- fields ---- */

static int note_single(struct scan *scan, const ProtobufCFieldDescriptor *field,
                       struct error *err)
{
    struct frame *frame = &scan->frames[scan->depth - 1];
    uint64_t bit = UINT64_C(1) << ((field - frame->message->fields) % 64);

    if (field->label != PROTOBUF_C_LABEL_REPEATED && (frame->seen & bit))
        return onnx_error(err, scan->path,
                          "the file is damaged: %s of a %s is there twice (byte %zu)",
                          field->name, frame->message->short_name, scan->at);
    frame->seen |= bit;
    return 0;
}

static int enter(struct scan *scan, const ProtobufCFieldDescriptor *field,
                 uint64_t bytes, size_t length_at, struct error *err)
{
    if (note_single(scan, field, err) < 0 || check_room(scan, bytes, err) < 0)
        return -1;
    if (scan->depth == ONNX_DEPTH_MAX)
        return onnx_error(err, scan->path,
                          "messages are nested more than %d deep (byte %zu)",
                          ONNX_DEPTH_MAX, scan->at);
    if (++scan->messages > ONNX_MESSAGES_MAX)
        return onnx_error(err, scan->path,
                          "more than %d messages (nodes, attributes, tensors ...)",
                          ONNX_MESSAGES_MAX);
    scan->frames[scan->depth++] =
        (struct frame){.message = field->descriptor,
                       .end = scan->at + (size_t)bytes,
                       .length_at = length_at,
                       .length_bytes = scan->taken_count - length_at};
    return 0;
}

/* Of a message that became shorter, the length that was taken, in as many bytes; so did what it is
 * in. */
static void leave_message(struct scan *scan)
{
    const struct frame *frame = &scan->frames[--scan->depth];
    size_t length = scan->taken_count - frame->length_at - frame->length_bytes;

    if (!frame->is_shorter || scan->depth == 0)
        return;
    scan->frames[scan->depth - 1].is_shorter = true;
    for (size_t i = 0; i < frame->length_bytes; i++, length >>= 7)
        scan->taken[frame->length_at + i] =
            (uint8_t)((length & 127) | (i + 1 < frame->length_bytes ? 128 : 0));
}

/* The values of a tensor. */
static int scan_values(struct scan *scan, struct frame *tensor, size_t begin,
                       const ProtobufCFieldDescriptor *field, uint64_t bytes,
                       struct error *err)
{
    bool is_raw = field->id == TENSOR_RAW_DATA;
    bool is_left = scan->leaves_values && bytes >= ONNX_LEFT_BYTES_MIN &&
                   (is_raw || bytes % sizeof(float) == 0);

    if (is_raw ? note_single(scan, field, err) < 0
               : note_floats(scan, tensor, is_left, err) < 0)
        return -1;
    return is_left ? leave(scan, begin, is_raw ? TENSOR_LEFT_RAW : TENSOR_LEFT_FLOATS,
                           bytes, err)
                   : skip(scan, bytes, err);
}

/* `begin` is where the field begins in what is taken. */
static int scan_bytes(struct scan *scan, uint32_t number, size_t begin,
                      struct error *err)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
        scan->frames[scan->depth - 1].message, number);
    struct frame *tensor = tensor_of(scan);
    size_t length_at = scan->taken_count;
    uint64_t bytes;

    if (read_varint(scan, &bytes, err) < 0)
        return -1;
    if (tensor && field && (number == TENSOR_RAW_DATA || number == TENSOR_FLOAT_DATA))
        return scan_values(scan, tensor, begin, field, bytes, err);
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(scan, field, bytes, length_at, err);
    return skip(scan, bytes, err);
}

static int scan_content(struct scan *scan, uint64_t key, size_t begin,
                        struct error *err)
{
    uint64_t ignored;

    switch ((enum wire_type)(key & 7)) {
    case WIRE_VARINT:
        return read_varint(scan, &ignored, err);
    case WIRE_64_BITS:
        return skip(scan, 8, err);
    case WIRE_BYTES:
        return scan_bytes(scan, (uint32_t)(key >> 3), begin, err);
    case WIRE_32_BITS:
        return skip(scan, 4, err);
    case WIRE_GROUP:
    case WIRE_GROUP_END:
        return damaged(scan, "a group, which ONNX does not have,", err);
    }
    return damaged(scan, "an unknown kind of field", err);
}

static int scan_field(struct scan *scan, struct error *err)
{
    size_t begin = scan->taken_count;
    struct frame *tensor = tensor_of(scan);
    uint64_t key;

    if (++scan->fields > ONNX_FIELDS_MAX)
        return onnx_error(err, scan->path, "more than %d fields", ONNX_FIELDS_MAX);
    if (read_varint(scan, &key, err) < 0)
        return -1;
    if (key > UINT32_MAX || key >> 3 == 0)
        return damaged(scan, "an impossible field number", err);
    if (tensor && key == (TENSOR_FLOAT_DATA << 3 | WIRE_32_BITS) &&
        note_floats(scan, tensor, false, err) < 0)
        return -1;
    if (scan_content(scan, key, begin, err) < 0)
        return -1;
    /* A file that has these fields itself must not say where values are. */
    if (tensor && scan->leaves_values &&
        (key >> 3 == TENSOR_LEFT_RAW || key >> 3 == TENSOR_LEFT_FLOATS)) {
        scan->taken_count = begin;
        tensor->is_shorter = true;
    }
    return 0;
}

static int scan_all(struct scan *scan, struct error *err)
{
    if (scan->size > ONNX_FILE_BYTES_MAX)
        return onnx_error(err, scan->path, "%zu bytes; an ONNX file has at most %d",
                          scan->size, ONNX_FILE_BYTES_MAX);
    scan->depth = 1;
    scan->messages = 1;
    scan->frames[0] =
        (struct frame){.message = &onnx__model_proto__descriptor, .end = scan->size};
    while (scan->depth > 0) {
        if (scan->at == scan->frames[scan->depth - 1].end)
            leave_message(scan);
        else if (scan_field(scan, err) < 0)
            return -1;
    }
    return 0;
}

int onnx_scan_check(const char *path, const uint8_t *bytes, size_t size,
                    struct error *err)
{
    struct scan scan = {
        .path = path, .file = -1, .size = size, .window = bytes, .window_end = size};

    return scan_all(&scan, err);
}

int onnx_scan_take(const char *path, int file, size_t size, bool leaves_values,
                   uint8_t **bytes, size_t *taken, struct error *err)
{
    struct scan scan = {.path = path,
                        .file = file,
                        .size = size,
                        .takes = true,
                        .leaves_values = leaves_values};
    int status;

    scan.room = leaves_values ? WINDOW_BYTES : size;
    scan.taken = memory_get(scan.room);
    scan.buffer = memory_get(WINDOW_BYTES);
    scan.window = scan.buffer;
    status = scan_all(&scan, err);
    free(scan.buffer);
    if (status < 0) {
        free(scan.taken);
        return -1;
    }
    *bytes = scan.taken;
    *taken = scan.taken_count;
    return 0;
}

/* Unknown fields are kept with the length of their bytes before them. */
struct onnx_left onnx_scan_left(const Onnx__TensorProto *tensor)
{
    struct onnx_left left = {.bytes = 0};

    for (unsigned i = 0; i < tensor->base.n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &tensor->base.unknown_fields[i];
        uint64_t place[2];

        if ((field->tag != TENSOR_LEFT_RAW && field->tag != TENSOR_LEFT_FLOATS) ||
            field->len != 1 + LEFT_BYTES)
            continue;
        memcpy(place, field->data + 1, sizeof place);
        if (left.bytes > 0 && field->tag == TENSOR_LEFT_FLOATS)
            continue; /* raw_data goes before */
        left = (struct onnx_left){.offset = place[0],
                                  .bytes = (size_t)place[1],
                                  .is_floats = field->tag == TENSOR_LEFT_FLOATS};
    }
    return left;
}
