/* completion.h - what shells offer behind `calq`, made from the tables of commands and settings. */
#ifndef COMMANDS_COMPLETION_H
#define COMMANDS_COMPLETION_H

#include "core/base/error.h"

#include <stdio.h>

/* Writes the script for a shell: bash, zsh or fish. Of another one fails with EXIT_USAGE. */
int completion_write(const char *shell, FILE *out, struct error *err);

#endif
