/* kernel_rounding.h - which layers are rounded as ONNX Runtime's integer kernels do it.
 *
 * These kernels have 8 bits: what is around a layer decides, not the bits of its case.
 *
 *   a layer with weights, whose input has 8 bits: its shift is an integer of 32 bits, in products of both steps, which
 *   is a fine grid; beside fewer bits it would be a coarse one, and files keep such layers in float
 *
 *   a sum of two tensors, a mean, a product of two tensors, whose output has 8 bits: codes become codes, with all
 *   steps in one factor
 */
#ifndef CORE_NETWORK_KERNEL_ROUNDING_H
#define CORE_NETWORK_KERNEL_ROUNDING_H

#include "core/network/placement.h"

/* A case under some choices; all borrowed. */
struct kernel_rounding {
    const struct network *network;
    const struct placement *placement;
    const struct weight_rules *rules; /* of all weights */
    const int *held;                  /* [tensors] early_codes() */
    const struct choice *choices;     /* [placement->count] */
};

/* Whether layer `index` is, as far as it reads codes. Never where the case is not for these kernels, where weights
 * are corrected, and where a file could not say so. */
bool kernel_rounding_has(const struct kernel_rounding *of, int index);

#endif
