/* result_steps.h - the steps of a result.json, for those who go on with them. */
#ifndef CORE_FORMAT_RESULT_STEPS_H
#define CORE_FORMAT_RESULT_STEPS_H

#include "core/base/error.h"
#include "core/network/placement.h"

/* Reads the steps that result.json in `folder` gives the tensors of a placement.
 *
 *   steps  [placement->count] out
 *
 * Fails with EXIT_INPUT where the file is missing, is not what calq writes, or has other tensors, grids
 * or bits. */
int result_read_steps(const char *folder, const struct placement *placement,
                      float *steps, struct error *err);

#endif
