/* overrides.h - the setting `overrides` of a random network. */
#ifndef TESTS_FUZZ_OVERRIDES_H
#define TESTS_FUZZ_OVERRIDES_H

#include "tests/fuzz/sketch.h"

#include <stdio.h>

/* Draws some entries, or none, of layers and tensors that the network has. */
void overrides_write(const struct sketch *sketch, struct chance *chance, FILE *file);

#endif
