/* state.h - what is in force beside a network's file, as rows of numbers by kind and subject.
 *
 * A state says all of it: of what it has no row, the file's own is in force. Rows are sorted,
 * so that a state does not depend on the order in which it was put together. Numbers are
 * doubles, which hold floats exactly.
 *
 * As text, which is sent and written to files (core/format/state_file.h), a row is a line:
 *
 *   kind subject count number ... number
 *
 * with one blank between two words, numbers in hexadecimal as printf("%a") writes them.
 */
#ifndef CORE_NETWORK_STATE_H
#define CORE_NETWORK_STATE_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/network/placement.h"

#include <stdbool.h>
#include <stddef.h>

/* Those that decide what weights are rounded come first: an evaluator cannot be kept when they change. */
enum state_kind {
    STATE_EQUALIZED,      /* subject 0, no numbers: equalisation.h has been applied */
    STATE_MEAN_CORRECTED, /* subject 0, no numbers: see bias_correction.h */
    STATE_VARIANCE_CORRECTED, /* the same */
    STATE_RATIOS,             /* of an item, weights: [steps], see step_ratios.h */
    STATE_SPLIT, /* of an item, an activation: [channels + 1], see activation_split.h */
    STATE_CODE_RATIOS, /* of an item, weights: [steps], in place of STATE_RATIOS under given codes */
    STATE_CODES, /* of an item, weights: [packed_codes_count()], see packed_codes.h */
    STATE_CODES_OF_BITS, /* of GIVEN_CODES * an item, a convolution's weights, + bits: as codes, and behind
                            them [outputs] bias shifts and the step; codes of these bits are others then */
    STATE_STATISTICS, /* of a layer's batch norm: means [channels], variances [channels] */
    STATE_BIAS_SHIFT,   /* of a convolution: [outputs], see bias_shift.h */
    STATE_MEAN_OUTPUTS, /* of a convolution: [outputs]; measured, and never in force */
    STATE_KIND_COUNT
};

struct state_row {
    enum state_kind kind;
    int subject; /* a layer, or an item of the placement */
    size_t count;
    double *numbers; /* [count] owned by the state */
};

struct state {
    struct state_row *rows; /* [count] by kind, then by subject; owned */
    size_t count;
};

/* ---- rows --------------------------------------------------------------------------------- */

struct state state_copy(const struct state *from);
void state_clear(struct state *state);
void state_swap(struct state *left, struct state *right);

/* Sets a row, in place of that of the same kind and subject; numbers [count] are copied. */
void state_set(struct state *state, enum state_kind kind, int subject,
               const double *numbers, size_t count);
void state_set_floats(struct state *state, enum state_kind kind, int subject,
                      const float *numbers, size_t count);

/* Takes away all rows of a kind. */
void state_drop(struct state *state, enum state_kind kind);

/* The numbers of a row, borrowed until the state changes; NULL: there is no such row. */
const double *state_numbers(const struct state *state, enum state_kind kind,
                            int subject);

/* Whether there is any row of a kind. */
bool state_has(const struct state *state, enum state_kind kind);

bool state_is_equal(const struct state *left, const struct state *right);

/* Whether all weights have the same codes under both, but for those that are given. */
bool state_has_equal_weights(const struct state *left, const struct state *right);

/* Stands for all rows. */
struct hash128 state_signature(const struct state *state);

/* ---- text --------------------------------------------------------------------------------- */

/* The rows as text, without a zero at the end counted in `bytes`; owned by the caller. */
char *state_text(const struct state *state, size_t *bytes);

/* Reads such text [bytes], behind which stands a zero.
 *
 *   state  out, to be cleared whether or not this fails
 *
 * Fails with EXIT_INPUT, and the number of the row, where it is not what state_text() writes or
 * a number is not finite. Takes no more memory than a few times `bytes`. */
int state_parse(const char *text, size_t bytes, struct state *state, struct error *err);

/* ---- in force (state_put.c) --------------------------------------------------------------- */

/* Fails with EXIT_INPUT where a row is of no layer or item that can have it, or has other numbers
 * than that can have. */
int state_check(const struct state *state, const struct network *network,
                const struct placement *placement, struct error *err);

/* Puts ratios, splits, codes, statistics and bias shifts in force, and nothing else of them. Weights are
 * equalised before by who can (core/case/case_state.h). The state has been checked. */
void state_put(const struct state *state, struct network *network,
               struct placement *placement);

/* Puts the trained statistics in force, without bias shifts. */
void state_restore(struct network *network);

#endif
