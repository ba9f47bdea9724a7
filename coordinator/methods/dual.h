/* dual.h - weights as the sum of two quantized tensors, where one of them loses too much. */
#ifndef COORDINATOR_METHODS_DUAL_H
#define COORDINATOR_METHODS_DUAL_H

#include "coordinator/methods/methods.h"

extern const struct method dual_method;
extern const struct config_section dual_section;

#endif
