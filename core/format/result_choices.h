/* result_choices.h - the choices of a result.json, for those who go on with them. */
#ifndef CORE_FORMAT_RESULT_CHOICES_H
#define CORE_FORMAT_RESULT_CHOICES_H

#include "core/base/error.h"
#include "core/network/placement.h"

#include <stdbool.h>

/* Reads how result.json in `folder` quantizes the tensors of a placement: steps, bits,
 * grids and zero-points are those of the file; 32 bits are a choice of step 0.
 *
 *   choices  [placement->count] out
 *
 * Fails with EXIT_INPUT where the file is missing, is not what calq writes, or has other tensors. */
int result_read_choices(const char *folder, const struct placement *placement,
                        struct choice *choices, struct error *err);

/* Puts grid, bits and zero-point of an entry of the file's steps into a choice; false where this calq does
 * not know them. */
struct json_t;
bool result_choices_read_codes(const struct json_t *entry, struct choice *choice);

#endif
