/* encodings_file.h - the steps of a case as encodings that go with the float network's file: JSON as
 * AIMET writes it, which converters of Qualcomm's QNN read (--quantization_overrides). */
#ifndef CORE_EXPORT_ENCODINGS_FILE_H
#define CORE_EXPORT_ENCODINGS_FILE_H

#include "core/export/steps_file.h"

/* Writes for each quantized tensor a list of encodings: of an activation one, of weights one or one for
 * each output channel, with B bits:
 *
 *   value = scale * (integer + offset), integer 0 .. 2^B-1
 *   min = scale * offset, max = scale * (offset + 2^B-1)
 *
 * offset is -2^(B-1) where codes have signs, 0 where they have none, and of asymmetric ones their
 * zero-point, negative. The lowest code of a narrow grid is one more than that of the encoding: a weight beyond
 * it may get a code of one less.
 *
 * Source: AIMET, "Encoding format specification", version 0.6.1, which has 4 bits or more.
 *
 * Fails as steps_file_write(), and with EXIT_INPUT where biases were corrected, weights have no zero
 * level or fewer than 4 bits, or a batch norm stands behind the integers. */
int encodings_file_write(const struct steps_file *steps, FILE *file, struct error *err);

#endif
