/* exact_elementwise.h - what ONNX says of an element, by the library's functions in long double, for tests. */
#ifndef TESTS_SUPPORT_EXACT_ELEMENTWISE_H
#define TESTS_SUPPORT_EXACT_ELEMENTWISE_H

#include "core/network/elementwise.h"

long double exact_unary(const struct unary *of, long double x);
long double exact_binary(enum binary_operation operation, long double left,
                         long double right);

#endif
