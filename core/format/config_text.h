/* config_text.h - the values of settings as text, for who walks over the rows of the schema. */
#ifndef CORE_FORMAT_CONFIG_TEXT_H
#define CORE_FORMAT_CONFIG_TEXT_H

#include "core/format/config_schema.h"

#include <stdio.h>

/* The text of a value that is written as it is; for the other kinds NULL. */
const char *config_text_plain(const struct config_field *field, const void *at,
                              char text[CONFIG_VALUE_BYTES]);

/* Writes a value that is no section, without quotes, as far as it decides digits: whether fewer
 * samples would have done does not, since those of the file do. */
void config_text_write(const struct config_field *field, const void *at, FILE *file);

/* How many entries a list has. */
int config_text_entries(const struct config_field *field, const char *base);

/* A setting that is not there: never given, without a default, or of another method. */
bool config_text_is_absent(const struct config_section *section,
                           const struct config_field *field, const char *base);

#endif
