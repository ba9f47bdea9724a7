/* matrix.h - the results of a run as matrices for people: methods by bits. */
#ifndef CORE_REPORT_MATRIX_H
#define CORE_REPORT_MATRIX_H

#include "core/format/result.h"

#include <stdio.h>

/* Prints for each model and target what its cases lost, predicted, and cost; a star marks the best
 * of a column. Methods and bits stand in the order of the results.
 *
 *   results  [count] with model, target, bits and method */
void matrix_print(const struct result *const *results, int count, FILE *out);

/* What a case is called beside the others with its model, target and bits: its method, with a number where
 * that is there twice. Borrowed from the result. */
const char *matrix_method(const struct result *result);

#endif
