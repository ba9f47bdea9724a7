/* join_codes.h - tensors of codes that are added or joined, and rounded at once. */
#ifndef CORE_LAYER_JOIN_CODES_H
#define CORE_LAYER_JOIN_CODES_H

#include "core/layer/value.h"
#include "core/network/layer.h"

/* output = clamp(left + right), rounded: the same bits as if codes were made floats, added, clamped and
 * rounded one after the other. Both inputs are codes. */
void join_codes_add(const struct kernel_set *kernels, const struct layer *layer,
                    const struct value *left, const struct value *right, int samples,
                    const struct quantizer *quantizer, struct value *output);

/* The same in the order in which ONNX Runtime's QLinearAdd rounds:
 *
 *   v = fma(a, sa / so, fma(b, sb / so, zo - (sa / so * za + sb / so * zb)))
 *
 * of codes a and b, steps s and zero codes z; v is clamped and rounded half to even. */
void join_codes_add_like_kernels(const struct kernel_set *kernels,
                                 const struct layer *layer, const struct value *left,
                                 const struct value *right, int samples,
                                 const struct quantizer *quantizer,
                                 struct value *output);

/* The same in the integers of XNNPACK, which LiteRT (TensorFlow Lite) runs:
 *
 *   (m(sa / so) * (a - za) + m(sb / so) * (b - zb) + 2^(n-1)) >> n, plus zo
 *
 * with m(x) = x * 2^n as an integer, and n such that the larger is one of 21 bits; clamped to codes. */
void join_codes_add_by_shift(const struct layer *layer, const struct value *left,
                             const struct value *right, int samples,
                             const struct quantizer *quantizer, struct value *output);

/* Writes one input's channels of a concatenation from channel `first` on. Codes of the output are moved
 * as they are, all else is rounded. The output has become one of codes.
 *
 *   floats, bytes  [samples, elements of the input] of scratch
 */
void join_codes_put(const struct value *input, int samples,
                    const struct quantizer *quantizer, size_t first,
                    struct value *output, float *floats, uint8_t *bytes);

#endif
