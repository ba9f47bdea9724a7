/* data_show.h - what a data file holds, and how calq can use it. */
#ifndef COMMANDS_DATA_SHOW_H
#define COMMANDS_DATA_SHOW_H

#include "core/base/error.h"

/* Prints it. Fails with EXIT_INPUT. */
int data_show(const char *path, struct error *err);

#endif
