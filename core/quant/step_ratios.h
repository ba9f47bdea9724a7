/* step_ratios.h - several steps for one weight tensor, relative to one step of the tensor: a step for each
 * output channel, or for each block of neighbouring weights.
 *
 * A candidate has one step for a tensor, whatever its channels look like: step of a channel or block = step
 * of the tensor * its ratio. The ratios are found once, on the weights alone; the step is what rules and
 * searches move. A rule that is given the weights divided by their ratios, where all channels look
 * alike, finds the step of the tensor.
 */
#ifndef CORE_QUANT_STEP_RATIOS_H
#define CORE_QUANT_STEP_RATIOS_H

#include "core/quant/quantizer.h"

#include <stddef.h>

/* Which weights [rows, row] share a step: `block` neighbours of a row, the last ones of a row perhaps fewer.
 * Of output channels, rows are the channels, and each is one block. */
struct step_layout {
    size_t rows, row, block;
};

/* Weights that share a step. */
struct step_span {
    size_t first, count;
};

/* How many steps there are, and to a row. */
size_t step_layout_count(const struct step_layout *layout);
size_t step_layout_of_row(const struct step_layout *layout);

/* The weights of step number `step`, and the number of the step of weight number `weight`. */
struct step_span step_layout_span(const struct step_layout *layout, size_t step);
size_t step_layout_at(const struct step_layout *layout, size_t weight);

/* What the ratios are those of: steps that clip nothing, or steps of least squared error. */
enum ratio_rule { RATIO_OF_MINMAX, RATIO_OF_MMSE };

/* ratios[i] = step of these weights by the rule / the largest of these steps.
 *
 *   weights  [layout] finite
 *   ratios   [step_layout_count()] out, 0 < ratio <= 1; where all weights are zero, the smallest of the others
 *
 * Time as in clip_lp.h, for all weights together. */
void step_ratios(const float *weights, const struct step_layout *layout, enum grid grid,
                 int bits, enum ratio_rule rule, float *ratios);

/* The weights as a rule for one step is to see them: divided by their ratio.
 *
 *   divided  [layout] out
 */
void step_ratios_divide(const float *weights, const struct step_layout *layout,
                        const float *ratios, float *divided);

/* The quantizer of the weights of step number `step`; `ratios` NULL: that of the tensor. No step is below
 * FLT_MIN. */
struct quantizer step_ratios_quantizer(const struct quantizer *of_tensor,
                                       const float *ratios, size_t step);

#endif
