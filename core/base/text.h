/* text.h - what may stand in names and paths. */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <stdbool.h>

/* UTF-8 without control characters: it can be written to YAML and JSON and read again. */
bool text_is_printable(const char *text);

#endif
