/* manual.h - calq(1), made from the tables of commands and settings. */
#ifndef COMMANDS_MANUAL_H
#define COMMANDS_MANUAL_H

#include <stdio.h>

/* Writes the page in the language of man(7). */
void manual_write(FILE *out);

#endif
