/* container.h - the integers by which a quantizer's codes stand in a file.
 *
 * Runtimes know value = step * integer, with zero at 0. Midrise, value = step * (code + 1/2), is
 * that with odd integers: integer = 2 * code + 1, and half the step. Asymmetric codes stand as
 * unsigned integers, with the zero-point that the quantizer says; integers here are less that.
 */
#ifndef CORE_QUANT_CONTAINER_H
#define CORE_QUANT_CONTAINER_H

#include "core/quant/quantizer.h"

#include <stdbool.h>

struct container {
    const char *name;    /* int8, uint8, int16, uint16, int4, uint4, int2 or uint2 */
    int type;            /* TensorProto.DataType of ONNX */
    int bits;            /* of one integer; 4, 2: some share a byte */
    int least, most;     /* integer of the type */
    int lowest, highest; /* that stands for a code */
    int factor, offset;  /* integer = factor * code + offset */
    int zero_point; /* what the type's integers are more; 0 but for asymmetric codes */
};

/* The narrowest of 8 bits, or of 16 where codes need them; with `narrowest` 4 or 2, in place of 8 or 0, of 4 or 2
 * where they fit. */
struct container container_of(const struct quantizer *quantizer, int narrowest);

/* The same for folded codes of split channels, see outlier_splitting.h: they are integers already, of
 * magnitude `most` or less; their grid does not matter. */
struct container container_of_folded(int most, int narrowest);

/* What two neighbouring integers are apart, where two codes are `step` apart: exact. */
float container_step(const struct container *container, float step);

/* Whether the type has integers beyond those of the codes. */
bool container_is_wider(const struct container *container);

/* The opset of ONNX that has the type. */
int container_opset(const struct container *container);

#endif
