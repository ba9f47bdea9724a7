/* flat_buffer.h - tables in one piece of memory, as FlatBuffers lays them out.
 *
 * A table is where its fields are: a *vtable* before it says where each of them lies. Strings, vectors and other
 * tables stand behind the table that refers to them, by their distance. All numbers are little-endian, at multiples of
 * their sizes from the first byte on. Source: flatbuffers.dev, "Internals".
 *
 * Who writes a table gets the places of its references, and writes what belongs there afterwards. Who reads names
 * places by their distance from the first byte; 0 is none. Nothing is read beyond the end, whatever the bytes are.
 */
#ifndef CORE_EXPORT_FLAT_BUFFER_H
#define CORE_EXPORT_FLAT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ------------------------------------------------------------------------------ */

struct flat_writer {
    uint8_t *bytes; /* [size] to be freed by the caller */
    size_t size, room;
};

/* A field of a table: a number of 1, 4 or 8 bytes, or a reference. */
struct flat_field {
    int id;
    enum { FLAT_REFERENCE, FLAT_BYTE = 1, FLAT_WORD = 4, FLAT_LONG = 8 } kind;
    int64_t value; /* of a number; of a reference out: where it is */
};

enum { FLAT_FIELDS_MAX = 16 };

/* Begins: the place of the root, and an identifier of 4 characters. Returns where the reference to the root is. */
size_t flat_begin(struct flat_writer *writer, const char *identifier);

/* Writes the table that the reference at `at` is to; `fields` [count] in the order of their ids. */
void flat_table(struct flat_writer *writer, size_t at, struct flat_field *fields,
                int count);

/* Writes the vector that the reference at `at` is to, [count] of `bytes` each, the first at a multiple of
 * `alignment`. */
void flat_vector(struct flat_writer *writer, size_t at, const void *elements,
                 size_t count, size_t bytes, size_t alignment);
void flat_string(struct flat_writer *writer, size_t at, const char *text);

/* Writes a vector of references; returns where the first is, the next 4 bytes behind it. */
size_t flat_references(struct flat_writer *writer, size_t at, size_t count);

/* ---- reading ------------------------------------------------------------------------------ */

struct flat_reader {
    const uint8_t *bytes; /* [size] borrowed */
    size_t size;
    bool is_broken; /* something lay beyond the end */
};

/* The root table. */
size_t flat_root(struct flat_reader *reader);

/* A number of the kind, or what stands for one that is left out. */
int64_t flat_number(struct flat_reader *reader, size_t table,
                    const struct flat_field *field);

/* The table that a field refers to. */
size_t flat_read_table(struct flat_reader *reader, size_t table, int id);

/* The first element of a vector of elements of so many bytes. */
size_t flat_read_vector(struct flat_reader *reader, size_t table, int id, size_t bytes,
                        size_t *count);

/* The table that element `index` of a vector of references, whose first is at `first`, is to. */
size_t flat_read_element(struct flat_reader *reader, size_t first, size_t index);

/* Whether the bytes from 4 on are the identifier. */
bool flat_has_identifier(const struct flat_reader *reader, const char *identifier);

#endif
