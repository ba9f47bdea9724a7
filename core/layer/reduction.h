/* reduction.h - what becomes of a row of elements: their sum, mean, maximum ... */
#ifndef CORE_LAYER_REDUCTION_H
#define CORE_LAYER_REDUCTION_H

#include "core/network/layer.h"

/* Of x [length], at least one, as the layer computes it. */
float reduction_of(enum reduction_operation operation, const float *x, size_t length);

#endif
