/* comparison.h - logits and losses of the interpreters, held against those of calq and of ONNX Runtime. */
#ifndef TESTS_FUZZ_COMPARISON_H
#define TESTS_FUZZ_COMPARISON_H

#include "tests/fuzz/found.h"
#include "tests/fuzz/grid.h"
#include "tests/fuzz/runtime.h"
#include "tests/fuzz/samples.h"

/* The relative error of one operation in float. */
static const double float_unit = 0x1p-23;

/* Logits of all samples, their errors, and whether a code may be another. */
struct logits {
    size_t samples, classes;
    double *values, *errors; /* [samples, classes] owned */
    bool *near;              /* [samples] owned */
};

/* What rounds the states of an LSTM, a GRU or an RNN, which no file says. */
struct state_grid {
    char node[64];
    struct plain_grid grid; /* step 0: nothing does */
};

enum { STATE_GRIDS_MOST = 32 };

struct comparison {
    const char *folder;
    struct found found;
    struct samples_of calibration, validation;
    int differences;       /* so far; each was told */
    size_t compared, near; /* outputs; those of which a bound says nothing */
    struct state_grid states[STATE_GRIDS_MOST];
    int state_count;
    size_t broken; /* of the latter: that are not finite, while the interpreter's are */
    struct logits coded; /* of the validation samples; none: they are not simulated */
    struct logits runtime_coded
        [2]; /* the same with floats as ONNX Runtime has them, optimisations off and on */
};

/* The logits of all samples; clear with logits_clear(). `change` may be NULL. */
struct logits logits_of(const struct graph *graph, const struct samples_of *samples,
                        struct trial trial, const struct change *change);
void logits_clear(struct logits *logits);

/* What calq itself may be off by comes on top. */
void logits_add_errors(struct logits *to, const struct logits *from);

/* After a softmax: its numbers instead of those that went in. */
void logits_apply_softmax(struct logits *logits, bool is_log);

/* Whether a file of the folder is there. */
bool comparison_has(const struct comparison *comparison, const char *name);

/* Holds logits that were written to a file against what they should be; a file that is missing is fine. */
void compare_logits(struct comparison *comparison, const char *what,
                    const struct logits *ours, const char *file);

/* All losses of a network at a point of result.json, "float" or "result": of the calibration samples, of
 * those held out, and validation.
 *
 *   logits    of the calibration samples, of the validation samples
 *   of_float  of the calibration samples in the float network */
void compare_losses(struct comparison *comparison, const char *what, const char *point,
                    const struct logits logits[2], const struct logits *of_float);

#endif
