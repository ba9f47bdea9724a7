/* case_folder.h - the run directory and the case that a path names, and what to say where there is none. */
#ifndef CORE_CASE_CASE_FOLDER_H
#define CORE_CASE_CASE_FOLDER_H

#include "core/case/cases.h"

#include <limits.h>

struct case_folder {
    char run[PATH_MAX];    /* absolute */
    char id[NAME_MAX + 1]; /* "": the run directory itself is named */
};

/* Splits <run directory>/cases/<id>, whether or not there is such a case. `cases` may be left out,
 * and what is in the folder of a case names it, too.
 *
 * Fails with EXIT_USAGE where no run directory, which is a folder with a config.yaml, is above. */
int case_folder_find(const char *path, struct case_folder *folder, struct error *err);

/* Fails with EXIT_USAGE, always: there is no such case among `cases`. The nearest are named first. */
int case_folder_refuse(const struct case_folder *folder, const struct cases *cases,
                       struct error *err);

/* What may be meant by a path that is no run directory: "; did you mean runs/glyphs?", or "". */
enum { CASE_FOLDER_HINT_BYTES = 2048 };
void case_folder_hint(const char *path, char hint[CASE_FOLDER_HINT_BYTES]);

#endif
