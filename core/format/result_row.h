/* result_row.h - how a row of result_fields.c is written, read and explained.
 *
 * A row has a name, what it means, a kind, and where in its struct it stands. What takes more than that
 * has functions of its own; a row without a function to read is known from elsewhere: from what a caller
 * lends to the result, from other fields, or from the file `state`. */
#ifndef CORE_FORMAT_RESULT_ROW_H
#define CORE_FORMAT_RESULT_ROW_H

#include "core/format/result.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t;

enum field_kind {
    FIELD_FLAG,   /* bool */
    FIELD_INT,    /* int */
    FIELD_COUNT,  /* long, size_t or int64_t */
    FIELD_REAL,   /* double; null: NaN or infinite */
    FIELD_TEXT,   /* const char *; of what is read the result keeps a copy */
    FIELD_CHARS,  /* char [size] */
    FIELD_OBJECT, /* its own rows */
    FIELD_LIST,   /* a pointer to structs, owned */
    FIELD_OTHER,  /* by functions */
    FIELD_METRICS /* of a score, a field or two each */
};

struct result_field;

/* The rows of an object, or of each object of a list. */
struct result_fields {
    const struct result_field *rows;
    size_t count;
    bool (*is_there)(const void *at); /* else null; NULL: always */
    size_t stride,
        count_at; /* of a list: bytes of one, offset of the int that counts */
};

struct result_field {
    const char *name;
    enum field_kind kind;
    size_t at, size;
    const char *meaning;
    const struct result_fields *fields;
    struct json_t *(*write)(const void *at);
    bool (*read)(const struct json_t *value, void *at); /* NULL: it is not read */
    bool may_lack;                                      /* or be of another kind */
};

#define RESULT_COUNT(array) (sizeof(array) / sizeof *(array))
#define RESULT_ROWS(array) .rows = array, .count = RESULT_COUNT(array)
#define RESULT_AT(type, member)                                                        \
    .at = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

/* ---- values ------------------------------------------------------------------------------- */

/* JSON knows neither NaN nor infinity: null. */
struct json_t *result_row_real(double value);
struct json_t *result_row_hex(double value);

/* Appends a value; without one (a text that is not UTF-8) there is no array either. */
struct json_t *result_row_append(struct json_t *array, struct json_t *value);

/* ---- rows --------------------------------------------------------------------------------- */

/* A struct as JSON; owned by the caller. NULL: a text is not UTF-8. */
struct json_t *result_row_write(const struct result_fields *fields, const void *base);

/* Reads what was written into the struct at `base`, a part of the result, which keeps its texts; false
 * where a field that may not lack does, or is of another kind. */
bool result_row_read(const struct result_fields *fields, const struct json_t *object,
                     void *base, struct result *result);

/* Writes the fields, their kinds and meanings, for people. */
void result_row_help(const struct result_fields *fields, int indent, FILE *file);

#endif
