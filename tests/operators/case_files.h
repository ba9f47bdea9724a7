/* case_files.h - a network with inputs and what calq makes of it, as files that compare.js reads. */
#ifndef TESTS_OPERATORS_CASE_FILES_H
#define TESTS_OPERATORS_CASE_FILES_H

#include "tests/operators/trial.h"

#include <stddef.h>

/* Writes BASE.END; ends the program where it cannot. */
void case_write(const char *base, const char *end, const void *bytes, size_t size);

/* Writes the inputs of a trial, and what calq makes of BASE.onnx: its outputs to BASE.calq, or to BASE.refused
 * the sentence with which it refuses the network. A line of JSON to stdout says what inputs there are. */
void case_answer(const struct trial *trial, const char *base);

#endif
