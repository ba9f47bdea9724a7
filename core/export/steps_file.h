/* steps_file.h - the steps of a case as JSON, for programs that make codes themselves. */
#ifndef CORE_EXPORT_STEPS_FILE_H
#define CORE_EXPORT_STEPS_FILE_H

#include "core/base/error.h"
#include "core/format/config.h"
#include "core/network/state.h"
#include "core/quant/weight_rules.h"

#include <stdio.h>

struct steps_file {
    const char *case_id, *network_hash;
    enum config_target target;
    struct config_bits bits;
    const char *method; /* its name */
    const char *bias_correction;
    bool is_split;
    const struct network *network; /* of the case */
    const struct placement *placement;
    const struct choice *choices; /* [placement->count] */
    struct weight_rules rules; /* of all weights; ratios are those of the placement */
    const struct state *state; /* in force in the network */
};

/* Writes, for each quantized tensor, in the order of execution:
 *
 *   value = scale * (integer - zero_point) (+ correction of the output channel), integer between lowest
 *   and highest, rounded half to even after the division by the scale
 *
 * Floats are there in decimal and exact hexadecimal digits. Scales are lists: one, or one for each
 * output channel. Zero-points are zero but for those of
 * asymmetric activations. Midrise codes are odd integers with half the step. Under "bias_shifts" is what is added
 * to the output channels of each convolution, before its clamp.
 *
 * Fails with EXIT_INPUT where weights were equalised, rounded to other codes than the nearest, or channels split, so that steps do not say what
 * the codes are, and with EXIT_MACHINE. */
int steps_file_write(const struct steps_file *steps, FILE *file, struct error *err);

/* Whether steps alone say what the codes are; fails as steps_file_write(). */
int steps_are_all(const struct steps_file *steps, struct error *err);

#endif
