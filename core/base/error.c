#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum exit_code code, const char *format, ...)
{
    va_list arguments;

    err->code = code;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
    char told[ERROR_TEXT_BYTES];
    va_list arguments;
    size_t used;

    memcpy(told, err->text, sizeof told);
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", told);
    return -1;
}
