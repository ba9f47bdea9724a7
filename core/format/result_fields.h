/* result_fields.h - the fields of result.json: one row each, by which it is written, read and explained.
 *
 * A row has a name, what it means, a kind, and where in its struct it stands. What takes more than that
 * has functions of its own; a row without a function to read is known from elsewhere: from what a caller
 * lends to the result, from other fields, or from the file `state`. */
#ifndef CORE_FORMAT_RESULT_FIELDS_H
#define CORE_FORMAT_RESULT_FIELDS_H

#include "core/format/result.h"

#include <stdbool.h>
#include <stdio.h>

struct json_t;

/* A result as JSON; owned by the caller. NULL: a text is not UTF-8. */
struct json_t *result_to_json(const struct result *result);

/* Reads all fields into a result that result_init() has made; false where one that has to be there is
 * missing or is of another kind. */
bool result_from_json(struct result *result, const struct json_t *json);

/* Writes the fields, their kinds and meanings, for people. */
void result_fields_help(FILE *file);

#endif
