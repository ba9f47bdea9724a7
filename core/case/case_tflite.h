/* case_tflite.h - cases of the target tflite: what they may ask for, their file, and that file read back. */
#ifndef CORE_CASE_CASE_TFLITE_H
#define CORE_CASE_CASE_TFLITE_H

#include "core/case/finished_case.h"
#include "core/export/tflite_file.h"

/* Whether TensorFlow Lite can take what comes of a case, before it is searched for; of other targets it is not asked.
 * Fails with EXIT_CONFIG where the settings are at fault, with EXIT_INPUT where the network is; the sentence says what
 * to do. */
int case_tflite_check(const struct calibration_case *one, const struct network *network,
                      struct error *err);

/* The file of a case that is done; `size` bytes, to be freed by the caller. Fails with EXIT_INPUT where it is a case of
 * another target. */
int case_tflite(const struct finished_case *finished, uint8_t **bytes, size_t *size,
                struct error *err);

/* Holds a file against the case: operators, tensors, integers, scales and zero points. Fails with EXIT_VERIFY_MISMATCH
 * and a sentence about the first that is another, with EXIT_INPUT where it is no such file. */
int case_tflite_verify(const struct finished_case *finished, const char *path,
                       struct error *err);

#endif
