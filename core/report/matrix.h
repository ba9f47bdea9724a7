/* matrix.h - the results of a run as matrices for people: methods by bits. */
#ifndef CORE_REPORT_MATRIX_H
#define CORE_REPORT_MATRIX_H

#include "core/format/result.h"

#include <stdbool.h>
#include <stdio.h>

enum matrix_form { MATRIX_TEXT, MATRIX_MARKDOWN };

/* Prints for each model and target what its cases lost, predicted, and cost. A star marks the best
 * of a column; of a share of the validation samples none where the next is no further away than the standard error
 * of the difference (noise.h). Methods and bits stand in the order of the results.
 *
 *   results  [count] with model, target, bits and method */
void matrix_print(const struct result *const *results, int count, enum matrix_form form,
                  FILE *out);

/* What a case is called beside the others with its model, target and bits: its method, with a number where
 * that is there twice. Borrowed from the result. */
const char *matrix_method(const struct result *result);

#endif
