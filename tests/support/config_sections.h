/* config_sections.h - what must hold of the settings of a section, whoever they belong to. */
#ifndef TESTS_SUPPORT_CONFIG_SECTIONS_H
#define TESTS_SUPPORT_CONFIG_SECTIONS_H

#include "core/format/config_schema.h"

/* Fails where a setting is `only` for a name that is none: nothing would take it. */
void config_sections_check_owners(const struct config_section *section,
                                  bool (*is_known)(const char *name));

/* Fails where two settings share a key. */
void config_sections_check_keys(const struct config_section *section);

#endif
