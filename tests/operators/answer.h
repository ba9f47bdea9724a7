/* answer.h - what calq computes of a network in a file, in float. */
#ifndef TESTS_OPERATORS_ANSWER_H
#define TESTS_OPERATORS_ANSWER_H

#include "core/base/error.h"
#include "tests/operators/trial.h"

/* The outputs [count] of all samples of the trial, which `path` holds, to be freed; NULL where calq
 * refuses the file. Ends the program where a sample that is computed alone has other bits, unless BLAS
 * multiplies. */
float *answer_of(const struct trial *trial, const char *path, size_t *count,
                 struct error *err);

#endif
