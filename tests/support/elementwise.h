/* elementwise.h - a layer that works on each element by itself, run alone, for tests. */
#ifndef TESTS_SUPPORT_ELEMENTWISE_H
#define TESTS_SUPPORT_ELEMENTWISE_H

#include "core/network/layer.h"

/* Computes y [count] of x [count], by a layer of the kind and constants of `like`, unclamped. */
void elementwise_run(const struct layer *like, float *x, int count, float *y);

#endif
