#include "tests/support/method_settings.h"

#include "coordinator/named_settings.h"
#include "core/format/config_errors.h"
#include "core/format/config_fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct config_method_settings method_settings(const char *text)
{
    struct config_method_settings settings = {0};
    struct config_errors errors = {.path = "method", .named = &named_settings};
    struct config_node *node = config_node_parse(text, strlen(text), 0, &errors);
    struct error err;

    assert_non_null(node);
    config_fill(named_settings.methods, node, &settings, &errors);
    if (config_errors_report(&errors, &err) < 0)
        fail_msg("%s", err.text);
    config_node_destroy(node);
    config_errors_clear(&errors);
    return settings;
}
