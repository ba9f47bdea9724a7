/* case_onnx.h - a case that is done as the bytes of an ONNX file. */
#ifndef CORE_CASE_CASE_ONNX_H
#define CORE_CASE_CASE_ONNX_H

#include "core/case/finished_case.h"

#include <stddef.h>
#include <stdint.h>

/* The property of the file that tells its form, and what it says of a file of exact layers. */
#define CASE_ONNX_FORM "calq.form"
#define CASE_ONNX_EXACT "exact"

bool case_rounds_activations(const struct finished_case *finished);

/* Whether the file is written for ONNX Runtime's integer kernels: other targets' runtimes have rules of their own,
 * and where all activations are floats there are none. */
bool case_is_for_integer_kernels(const struct finished_case *finished);

/* Whether signed codes stand in signed types: TensorRT reads no others. */
bool case_keeps_signs(const struct calibration_case *one);

/* How the file is to be written: the narrowest integers of weights have 8 bits, 4 or 2; the other fields are those of
 * struct onnx_calibrated. */
struct case_onnx_form {
    bool with_integers, in_4_bits, in_2_bits, is_exact;
};

/* Bits of the narrowest integers of weights: 8, 4 or 2. */
int case_onnx_narrowest(const struct case_onnx_form *form);

/* Whether weights that meet floats are integers, too: asked for, or narrower ones are. */
bool case_onnx_has_integers(const struct case_onnx_form *form);

/* As onnx_write(), with properties that say where the file comes from; `bytes` are to be freed by the caller. */
int case_onnx(const struct finished_case *finished, const struct case_onnx_form *form,
              uint8_t **bytes, size_t *size, struct error *err);

/* The bias correction that was kept: a word of the configuration. */
const char *case_correction_name(const struct finished_case *finished);

#endif
