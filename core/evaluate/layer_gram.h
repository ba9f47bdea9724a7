/* layer_gram.h - the moments of what a convolution sees and should give, group after group.
 *
 * What it sees are the codes of the quantized network, padding and all; or, where it multiplies floats,
 * these on a grid of 16 bits. What it should give are floats, on another such grid.
 */
#ifndef CORE_EVALUATE_LAYER_GRAM_H
#define CORE_EVALUATE_LAYER_GRAM_H

#include "core/evaluate/gram_add.h"
#include "core/layer/value.h"
#include "core/network/network.h"

#include <stdbool.h>

/* Weights of an output of which moments are kept: 170 MB of doubles. */
enum { LAYER_GRAM_INPUTS_MOST = 4608 };

/* What a number of x stands for, which is the same of all samples, so that maxima tell it: input = step *
 * (x - zero). */
enum { LAYER_GRAM_INPUT_STEP, LAYER_GRAM_INPUT_ZERO, LAYER_GRAM_MAXIMA };

/* Whether a layer is a convolution, or a recurrence that multiplies its states once, that is small enough. */
bool layer_gram_suits(const struct network *network, const struct layer *layer);

/* The numbers of all groups, one after the other. */
size_t layer_gram_count(const struct layer *layer);
struct gram layer_gram_of(const struct layer *layer, int group, int64_t *numbers);

/* The step of 16 bits with a sign for values of some magnitude, of which some are twice as large: a power
 * of two. */
float layer_gram_step(double magnitude);

/* Adds some samples to the numbers.
 *
 *   input       what the layer sees
 *   input_step  of floats
 *   targets     [samples, pixels, outputs] what its products should be
 */
void layer_gram_add(const struct layer *layer, const struct kernel_set *kernels,
                    const struct value *input, float input_step, const float *targets,
                    float target_step, int samples, int64_t *numbers, double *maxima);

#endif
