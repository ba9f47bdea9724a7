/* loss.h - what one prediction costs, from its logits: one function and one row a loss.
 *
 * A new loss is a name in `enum loss`, a function and a row in loss.c; see README.md here.
 */
#ifndef CORE_EVALUATE_LOSS_H
#define CORE_EVALUATE_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loss {
    LOSS_CROSS_ENTROPY,
    LOSS_KL_TO_FLOAT,
    LOSS_MSE_TO_FLOAT,
    LOSS_BINARY_CROSS_ENTROPY,
    LOSS_MEAN_SQUARED_ERROR,
    LOSS_COUNT,
    LOSS_DEFAULT = LOSS_CROSS_ENTROPY
};

/* Of what nobody knows; of what a setting says does not count. */
enum { NO_LABEL = -1, IGNORED_LABEL = -2 };

/* What the logits of a sample, or of one of its places (output_shape.h), are compared with. */
struct expected {
    int32_t label; /* below loss_classes(); or NO_LABEL, unless the loss needs it */
    const float
        *logits; /* [outputs] of the float network; borrowed; NULL unless the loss
                            needs them */
    const float
        *numbers; /* [outputs] that they should be; borrowed; NULL unless the loss
                            needs them */
};

/* The loss of one prediction: at least 0 but for rounding, finite for finite logits [outputs]. */
typedef double sample_loss_fn(const float *logits, size_t outputs,
                              struct expected expected);

struct loss_row {
    const char *name; /* in a configuration, as the help; the first two members */
    const char *help;
    sample_loss_fn *of_sample;
    bool
        needs_labels; /* labels are classes, and their entropy is what the best constant costs */
    bool needs_numbers;      /* labels are what the outputs should be */
    bool needs_float_logits; /* so the float network itself costs nothing */
    bool is_distance; /* between outputs: doubled outputs cost four times as much */
    size_t least_outputs, most_outputs;
};

extern const struct loss_row loss_table[LOSS_COUNT];

/* Whether samples have to be labelled. */
bool loss_needs_dataset(enum loss loss);

/* Whether none of the logits [outputs] is a NaN or an infinity. */
bool loss_has_finite_logits(const float *logits, size_t outputs);

/* The loss in double, at least 0; logits are finite, and so is it: below 2^LOSS_EXPONENT_MOST. */
enum { LOSS_EXPONENT_MOST = 259 };
double loss_of_sample(enum loss loss, const float *logits, size_t outputs,
                      struct expected expected);

/* Whether the loss can be had of a network with so many outputs, and the names of those that can, as
 * "a, b or c". */
enum { LOSS_NAMES_BYTES = 256 };
bool loss_takes(enum loss loss, size_t outputs);
const char *loss_names_for(size_t outputs, char text[LOSS_NAMES_BYTES]);

/* How many classes there are: one an output, unless outputs are numbers. Of a network with one output two, where the loss needs
 * labels, which say no (0) or yes (1); else one: its labels are numbers, which nothing reads. */
int loss_classes(enum loss loss, size_t outputs);

/* The class that logits predict: the largest (ties: the first). One output says yes above 0. */
int loss_prediction(const float *logits, size_t outputs);

/* The loss of validation samples: always cross entropy where there are several outputs, so that results of
 * searches with different losses compare. One output, and outputs that should be numbers, are judged by the
 * loss that is searched with. */
enum loss loss_to_validate(enum loss loss, size_t outputs);

/* What it costs to predict all classes alike; of a distance, which nobody knows, 0. */
double loss_of_guessing(enum loss loss, size_t outputs);

/* What a search counts losses in: 1; of a distance the power of two below that of the start, so that a
 * network whose outputs are scaled by a power of two is searched alike. */
double loss_unit(enum loss loss, double at_start);

#endif
