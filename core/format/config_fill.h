/* config_fill.h - from a YAML tree and the table of settings to the struct. */
#ifndef CORE_FORMAT_CONFIG_FILL_H
#define CORE_FORMAT_CONFIG_FILL_H

#include "core/format/config_errors.h"
#include "core/format/config_node.h"
#include "core/format/config_schema.h"

/* Fills `base`, the section's struct, zeroed before, with the settings of `node` and
 * the defaults of the others; every error is added to `errors`. */
void config_fill(const struct config_section *section, const struct config_node *node,
                 void *base, struct config_errors *errors);

/* The same of a section whose first setting is all that it needs: that one, and defaults. */
void config_fill_named(const struct config_section *section, const char *name,
                       void *base);

#endif
