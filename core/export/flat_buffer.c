#include "core/export/flat_buffer.h"

#include "core/base/memory.h"

#include <assert.h>
#include <string.h>

enum { IDENTIFIER_BYTES = 4, REFERENCE_BYTES = 4, VTABLE_ENTRY_BYTES = 2 };

/* ---- numbers ------------------------------------------------------------------------------ */

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << 8 * i;
    return value;
}

static size_t field_bytes(const struct flat_field *field)
{
    return field->kind == FLAT_REFERENCE ? REFERENCE_BYTES : (size_t)field->kind;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Adds zeros; returns where they are. */
static size_t extend(struct flat_writer *writer, size_t bytes)
{
    size_t at = writer->size;

    if (writer->size + bytes > writer->room) {
        writer->room = 2 * (writer->size + bytes);
        writer->bytes = memory_resize(writer->bytes, writer->room);
    }
    memset(writer->bytes + at, 0, bytes);
    writer->size += bytes;
    return at;
}

/* Adds zeros until what follows `before` bytes further on is at a multiple. */
static void align(struct flat_writer *writer, size_t before, size_t alignment)
{
    size_t beyond = (writer->size + before) % alignment;

    if (beyond > 0)
        extend(writer, alignment - beyond);
}

static void refer(struct flat_writer *writer, size_t from, size_t to)
{
    put(writer->bytes + from, to - from, REFERENCE_BYTES);
}

size_t flat_begin(struct flat_writer *writer, const char *identifier)
{
    size_t root = extend(writer, REFERENCE_BYTES);
    size_t at = extend(writer, IDENTIFIER_BYTES);

    memcpy(writer->bytes + at, identifier, IDENTIFIER_BYTES);
    return root;
}

/* Where each field lies in its table, largest first, so that there is no gap; returns the table's bytes. */
static size_t lay_out(const struct flat_field *fields, int count, size_t *places)
{
    size_t next = REFERENCE_BYTES;

    for (size_t bytes = 8; bytes > 0; bytes /= 2)
        for (int i = 0; i < count; i++)
            if (field_bytes(&fields[i]) == bytes) {
                next = (next + bytes - 1) / bytes * bytes;
                places[i] = next;
                next += bytes;
            }
    return next;
}

void flat_table(struct flat_writer *writer, size_t at, struct flat_field *fields,
                int count)
{
    size_t places[FLAT_FIELDS_MAX], bytes = lay_out(fields, count, places);
    size_t entries = count > 0 ? (size_t)fields[count - 1].id + 1 : 0;
    size_t vtable_bytes = VTABLE_ENTRY_BYTES * (2 + entries), vtable, table;

    assert(count <= FLAT_FIELDS_MAX);
    align(writer, vtable_bytes, 8);
    vtable = extend(writer, vtable_bytes);
    table = extend(writer, bytes);
    put(writer->bytes + vtable, vtable_bytes, VTABLE_ENTRY_BYTES);
    put(writer->bytes + vtable + VTABLE_ENTRY_BYTES, bytes, VTABLE_ENTRY_BYTES);
    put(writer->bytes + table, table - vtable, REFERENCE_BYTES);
    for (int i = 0; i < count; i++) {
        put(writer->bytes + vtable + VTABLE_ENTRY_BYTES * (2 + (size_t)fields[i].id),
            places[i], VTABLE_ENTRY_BYTES);
        if (fields[i].kind == FLAT_REFERENCE)
            fields[i].value = (int64_t)(table + places[i]);
        else
            put(writer->bytes + table + places[i], (uint64_t)fields[i].value,
                field_bytes(&fields[i]));
    }
    refer(writer, at, table);
}

/* Makes room for a vector; returns where its first element is. */
static size_t begin_vector(struct flat_writer *writer, size_t at, size_t count,
                           size_t bytes, size_t alignment)
{
    size_t length, first;

    align(writer, REFERENCE_BYTES,
          alignment > REFERENCE_BYTES ? alignment : REFERENCE_BYTES);
    length = extend(writer, REFERENCE_BYTES);
    first = extend(writer, count * bytes);
    put(writer->bytes + length, count, REFERENCE_BYTES);
    refer(writer, at, length);
    return first;
}

void flat_vector(struct flat_writer *writer, size_t at, const void *elements,
                 size_t count, size_t bytes, size_t alignment)
{
    size_t first = begin_vector(writer, at, count, bytes, alignment);

    if (count > 0)
        memcpy(writer->bytes + first, elements, count * bytes);
}

void flat_string(struct flat_writer *writer, size_t at, const char *text)
{
    size_t length = strlen(text);

    flat_vector(writer, at, text, length, 1, 1);
    extend(writer, 1);
}

size_t flat_references(struct flat_writer *writer, size_t at, size_t count)
{
    return begin_vector(writer, at, count, REFERENCE_BYTES, REFERENCE_BYTES);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Whether so many bytes are there; 0 is no place. */
static bool holds(struct flat_reader *reader, size_t at, size_t bytes)
{
    bool is_inside = at <= reader->size && bytes <= reader->size - at;

    reader->is_broken = reader->is_broken || !is_inside;
    return is_inside;
}

static uint64_t read_at(struct flat_reader *reader, size_t at, size_t bytes)
{
    return holds(reader, at, bytes) ? get(reader->bytes + at, bytes) : 0;
}

/* What the reference at `at` is to. */
static size_t follow(struct flat_reader *reader, size_t at)
{
    size_t to = at + (size_t)read_at(reader, at, REFERENCE_BYTES);

    return holds(reader, to, REFERENCE_BYTES) ? to : 0;
}

/* Where a field lies; 0: it is left out. */
static size_t place_of(struct flat_reader *reader, size_t table, int id)
{
    size_t entry = VTABLE_ENTRY_BYTES * (2 + (size_t)id);
    int64_t vtable = (int64_t)table - (int32_t)read_at(reader, table, REFERENCE_BYTES);
    size_t place;

    if (table == 0)
        return 0;
    if (vtable < 0 || !holds(reader, (size_t)vtable, 2 * VTABLE_ENTRY_BYTES)) {
        reader->is_broken = true;
        return 0;
    }
    if (entry + VTABLE_ENTRY_BYTES >
        read_at(reader, (size_t)vtable, VTABLE_ENTRY_BYTES))
        return 0;
    place = read_at(reader, (size_t)vtable + entry, VTABLE_ENTRY_BYTES);
    return place > 0 ? table + place : 0;
}

size_t flat_root(struct flat_reader *reader)
{
    return follow(reader, 0);
}

int64_t flat_number(struct flat_reader *reader, size_t table,
                    const struct flat_field *field)
{
    size_t place = place_of(reader, table, field->id), bytes = field_bytes(field);
    uint64_t value = place > 0 ? read_at(reader, place, bytes) : 0;

    if (place == 0)
        return field->value;
    return field->kind == FLAT_BYTE   ? (int8_t)value
           : field->kind == FLAT_WORD ? (int32_t)value
                                      : (int64_t)value;
}

size_t flat_read_table(struct flat_reader *reader, size_t table, int id)
{
    size_t place = place_of(reader, table, id);

    return place > 0 ? follow(reader, place) : 0;
}

size_t flat_read_vector(struct flat_reader *reader, size_t table, int id, size_t bytes,
                        size_t *count)
{
    size_t vector = flat_read_table(reader, table, id);

    *count = vector > 0 ? read_at(reader, vector, REFERENCE_BYTES) : 0;
    if (vector > 0 && holds(reader, vector + REFERENCE_BYTES, *count * bytes))
        return vector + REFERENCE_BYTES;
    *count = 0;
    return 0;
}

size_t flat_read_element(struct flat_reader *reader, size_t first, size_t index)
{
    return follow(reader, first + REFERENCE_BYTES * index);
}

bool flat_has_identifier(const struct flat_reader *reader, const char *identifier)
{
    return reader->size >= REFERENCE_BYTES + IDENTIFIER_BYTES &&
           memcmp(reader->bytes + REFERENCE_BYTES, identifier, IDENTIFIER_BYTES) == 0;
}
