/* onnx_write.h - a calibrated network as an ONNX file that other runtimes load: QDQ form.
 *
 * It is the file of the float network, with these changes and no other:
 *
 *   weights      an initialiser of integers (container.h) and DequantizeLinear; where the layer's input is not
 *                rounded, the floats that the integers stand for, unless `with_integers`
 *   activations  behind what makes a quantized tensor: Clip, only where the integers' type is wider
 *                than the codes, QuantizeLinear, DequantizeLinear; all nodes read what comes out.
 *                Where a runtime would round more than that, Min (and Max) stand in place of Clip
 *   correction   of a layer's weights (bias correction): a convolution of the same input with ones,
 *                so the sums of its windows, one of 1x1 with a constant for each output channel, and
 *                the sum with the layer's own products
 *   batch norms  with the statistics that are in force; gone where they are folded into weights that
 *                are quantized
 *   biases       where they were corrected, or weights equalised: in the batch norm, if one stands last
 *                behind the layer, else in place of what stands there
 *   metadata     properties that say where it comes from
 *
 * With `is_exact` a layer whose input is codes multiplies them as integers that are held by floats, and
 * scale, shift, correction and residual, which batch norms and biases have become, are applied as the
 * evaluator does it, in double precision, rounding once: no value falls on the other side of the middle
 * between two codes. The activation behind it is rounded in units of its step. Runtimes make no integer
 * kernels of that.
 *
 * For integer kernels scale and shift of a layer are in the steps of its weights and its bias,
 * tensors are rounded wherever codes are handed on (onnx_carriers.h), and signed codes of
 * activations are uint8 with the zero-point 128, as they are in all files, unless the target `keeps_signs`, that
 * multiply codes of two tensors or have opset 21. Asymmetric ones have zero-points of their own.
 *
 * Other zero-points are zero, rounding is QuantizeLinear's: half to even, by division with the step.
 */
#ifndef CORE_EXPORT_ONNX_WRITE_H
#define CORE_EXPORT_ONNX_WRITE_H

#include "core/base/error.h"
#include "core/network/state.h"
#include "core/quant/weight_rules.h"

#include <stdint.h>

struct onnx_property {
    const char *key, *value;
};

struct onnx_calibrated {
    const struct network *network; /* as it is run, read from the file network->path */
    const struct placement *placement;
    const struct choice *choices; /* [placement->count] */
    const struct state *state;    /* that is in force in `network` */
    struct weight_rules rules; /* of all weights; ratios are those of the placement */
    bool is_folded;            /* batch norms are folded into the weights */
    bool with_integers;        /* weights are integers also where they meet floats */
    int narrowest; /* bits of the narrowest integers of weights: as in container_of() */
    bool
        for_integer_kernels; /* written such that ONNX Runtime makes integer kernels of it */
    bool keeps_signs;        /* signed codes stand in signed types, zero at 0 */
    bool is_exact;           /* layers of codes compute as the evaluator does */
    const int
        *held; /* [tensors] early_codes(); onnx_write() puts it here for its parts */
    const struct onnx_property *properties; /* [property_count] */
    size_t property_count;
};

/* The bytes of the file, to be freed by the caller.
 *
 * Fails with EXIT_INPUT where the float file cannot be read, and where `is_exact` finds no layer. */
int onnx_write(const struct onnx_calibrated *calibrated, uint8_t **bytes, size_t *size,
               struct error *err);

#endif
