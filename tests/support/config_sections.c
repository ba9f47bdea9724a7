#include "tests/support/config_sections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

void config_sections_check_owners(const struct config_section *section,
                                  bool (*is_known)(const char *name))
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        char only[128], *rest = only;

        if (!field->only)
            continue;
        snprintf(only, sizeof only, "%s", field->only);
        while (rest) {
            const char *name = strsep(&rest, ",");

            if (!is_known(name + strspn(name, " ")))
                fail_msg("%s is only for %s, which there is not", field->key, name);
        }
    }
}

void config_sections_check_keys(const struct config_section *section)
{
    const struct config_field *a, *b;

    for (size_t i = 0; (a = config_section_field(section, i)); i++)
        for (size_t j = 0; j < i; j++) {
            b = config_section_field(section, j);
            assert_string_not_equal(a->key, b->key);
        }
}
