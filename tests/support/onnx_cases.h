/* onnx_cases.h - tables of small ONNX models: what they compute, and why they are
 * refused. */
#ifndef TESTS_SUPPORT_ONNX_CASES_H
#define TESTS_SUPPORT_ONNX_CASES_H

#include <stddef.h>

enum { ONNX_CASE_VALUES = 36 };

/* The input of one sample is 1, 2, 3 ... in ONNX's order. The model (in the language of
 * onnx_builder.h) makes a tensor y and has no output line. */
struct onnx_case {
    const char *fact;
    const char *model;
    size_t count;                     /* of y, a sample */
    float expected[ONNX_CASE_VALUES]; /* in ONNX's order */
};

struct onnx_refusal {
    const char *fact;
    const char *model;
    const char *sentence; /* a part of the error */
};

/* End the test with the fact that does not hold. */
void onnx_cases_compute(const struct onnx_case *cases, size_t count);
void onnx_cases_refuse(const struct onnx_refusal *refusals, size_t count);

#endif
