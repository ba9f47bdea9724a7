/* epilogue_output.h - where a convolution's epilogue writes, and how it is clamped there. */
#ifndef CORE_LAYER_EPILOGUE_OUTPUT_H
#define CORE_LAYER_EPILOGUE_OUTPUT_H

#include "core/kernel/kernel.h"
#include "core/layer/value.h"

/* Makes `output` codes of the quantizer, or floats where that is NULL, and the epilogue write there.
 * Its clamp, which holds the layer's own, is moved within the codes; `unit` is the distance of two
 * levels in what it clamps: 1 where the step is divided before, else the step. */
void epilogue_set_output(struct epilogue *epilogue, const struct quantizer *quantizer,
                         float unit, struct value *output, int samples);

#endif
