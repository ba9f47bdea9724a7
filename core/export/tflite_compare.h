/* tflite_compare.h - a file of TensorFlow Lite, read back, beside the model that a case gives. */
#ifndef CORE_EXPORT_TFLITE_COMPARE_H
#define CORE_EXPORT_TFLITE_COMPARE_H

#include "core/export/tflite_file.h"

/* Compares operators with inputs, outputs and options, and tensors with names, types, dimensions, scales, zero points
 * and constants, bit by bit. Fails with EXIT_VERIFY_MISMATCH; the sentence names the first that is another, and of
 * constants how many.
 *
 *   path    of the file, for messages
 *   theirs  as tflite_file_read() gives it */
int tflite_compare(const char *path, const struct tflite_model *ours,
                   const struct tflite_model *theirs, struct error *err);

/* Integers of weights and biases. */
size_t tflite_integers(const struct tflite_model *model);

#endif
