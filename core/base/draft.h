/* draft.h - files that appear whole or not at all: written as <path>.draft, synced,
 * renamed. */
#ifndef CORE_BASE_DRAFT_H
#define CORE_BASE_DRAFT_H

#include "core/base/error.h"

#include <stdio.h>

/* Creates a folder and the folders above it. Fails with EXIT_MACHINE. */
int draft_make_folder(const char *path, struct error *err);

/* Fails with EXIT_MACHINE, and says what to do, where a file of this name can never be written: a folder is
 * there, or there is none for it. */
int draft_check(const char *path, struct error *err);

/* Opens <path>.draft for writing; NULL on failure (EXIT_MACHINE). */
FILE *draft_open(const char *path, struct error *err);

/* Finishes what draft_open() began: closes, syncs and renames, and syncs the folder. With `status`
 * not 0 the draft is removed instead. Returns 0 when the file stands. */
int draft_close(FILE *file, const char *path, int status, struct error *err);

#endif
