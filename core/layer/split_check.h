/* split_check.h - holds the folded codes of a split layer against a layer that really has the copies of
 * its channels. */
#ifndef CORE_LAYER_SPLIT_CHECK_H
#define CORE_LAYER_SPLIT_CHECK_H

#include "core/base/error.h"
#include "core/layer/conv_run.h"

/* Multiplies an input with the folded codes, and the input with its channels repeated with the codes
 * of all copies: all sums must be equal. Floats are rounded to 8 bits for it.
 *
 *   run      of a convolution whose rules split channels
 *   weights  the quantizer of its weights
 *   scratch  of `run`
 *
 * Fails with EXIT_INTERNAL. */
int split_check(struct conv_run *run, const struct quantizer *weights,
                const struct value *input, int samples, const struct scratch *scratch,
                struct error *err);

#endif
