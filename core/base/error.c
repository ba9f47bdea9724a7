#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *exit_code_meaning(enum exit_code code)
{
    switch (code) { /* the compiler tells of one that is missing */
    case EXIT_DONE:
        return "done";
    case EXIT_INTERNAL:
        return "a fault of calq itself";
    case EXIT_USAGE:
        return "usage";
    case EXIT_CONFIG:
        return "configuration";
    case EXIT_INPUT:
        return "model or data";
    case EXIT_VERIFY_MISMATCH:
        return "what was compared differs: an exported file and its case, or two runs";
    case EXIT_SOME_FAILED:
        return "some cases failed";
    case EXIT_MACHINE:
        return "MPI, disk or memory";
    case EXIT_STOPPED:
        return "stopped: run again to go on";
    }
    return NULL;
}

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
