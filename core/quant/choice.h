/* choice.h - how one tensor is quantized: what a candidate says of each, and all that it says.
 *
 * Eight bytes without padding, so choices are compared, hashed, sent and kept as they are in memory.
 */
#ifndef CORE_QUANT_CHOICE_H
#define CORE_QUANT_CHOICE_H

#include "core/quant/quantizer.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* How a value between two codes becomes one of them. Split channels and second tensors (struct
 * wide_rules) are none of these: they need numbers of their own, so the placement has them. */
enum rounding { ROUND_NEAREST };

struct choice {
    float step; /* 0: float, then the rest is 0, too */
    uint8_t bits, grid, rounding;
    uint8_t zero; /* of GRID_ASYMMETRIC: the stored code of zero; else 0 */
};

static_assert(sizeof(struct choice) == 8, "choices are compared as bytes");

/* What makes the tensor's codes, of step 0 in float. */
struct quantizer choice_quantizer(struct choice choice);

/* What makes the same codes at another step, and at that of a clip; `choice` is not float. */
struct choice choice_of_step(struct choice choice, float step);
struct choice choice_of_clip(struct choice choice, double clip);

/* step * levels: the largest magnitude that survives; 0: float. */
double choice_clip(struct choice choice);

/* Of its codes; BITS_FLOAT: float. */
int choice_bits(struct choice choice);

/* The bytes as one number; 0: float. */
uint64_t choice_signature(struct choice choice);

/* Whether there is such an item, and it has as many codes as 8 bits of a file have. */
bool choice_fills_8_bits(const struct choice *choices, int item);

/* Whether no code stands for less than zero. */
bool choice_is_unsigned(struct choice choice);

bool choices_are_same(const struct choice *a, const struct choice *b, int count);

#endif
