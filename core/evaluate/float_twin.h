/* float_twin.h - the float network as it was trained, beside one that is calibrated.
 *
 * It shares layers and weights with that one, but has trained batch norms and no bias shifts, and
 * remembers tensors of its own, as floats.
 */
#ifndef CORE_EVALUATE_FLOAT_TWIN_H
#define CORE_EVALUATE_FLOAT_TWIN_H

#include "core/evaluate/executor.h"

struct float_twin;

/* `network`, `planes` and what the options point to are borrowed; as much as fits into `memory_bytes` of so many
 * blocks is remembered. */
struct float_twin *float_twin_create(const struct network *network,
                                     const struct plane *planes,
                                     const struct executor_options *options,
                                     size_t blocks, size_t memory_bytes);
void float_twin_destroy(struct float_twin *twin);

/* Shows a block, number `index`: the products of a layer, and a tensor; one that is -1 is left out.
 *
 *   products  [samples, pixels, outputs] out, or NULL
 *   values    [samples, elements] out, or NULL
 */
void float_twin_see(struct float_twin *twin, const struct block *block, size_t index,
                    int layer, int tensor, float *products, float *values);

#endif
