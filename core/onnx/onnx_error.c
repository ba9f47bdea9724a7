#include "core/onnx/onnx_error.h"

#include <stdarg.h>
#include <stdio.h>

static void show_control_characters(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

int onnx_error(struct error *err, const char *path, const char *format, ...)
{
    char sentence[ERROR_TEXT_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    show_control_characters(sentence);
    return error_set(err, EXIT_INPUT, "%s: %s", path, sentence);
}
