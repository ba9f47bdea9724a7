/* result.h - what came out of a case, and the files that tell it. */
#ifndef CORE_FORMAT_RESULT_H
#define CORE_FORMAT_RESULT_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/evaluate/evaluator.h"
#include "core/evaluate/overhead.h"
#include "core/evaluate/score.h"
#include "core/format/config.h"
#include "core/network/cost_model.h"
#include "core/network/state.h"

#include <stdbool.h>
#include <stdio.h>

enum { WARNINGS_MOST = 32, P_COUNT_MOST = 100 };

/* How all tensors are quantized, and what that costs. */
struct result_point {
    struct choice *choices; /* [step_count] owned */
    struct state state;     /* in force with them; owned */
    /* Told of it in result.json. */
    bool batchnorms_measured, biases_measured, weights_rounded;
    struct score calibration; /* of the samples that the search sees */
    struct score check;       /* of those held out; no samples: there are none */
    struct score validation;  /* no samples: there is no validation data */
};

/* The losses over p that the parabola was fitted to (lapq only). */
struct result_p_grid {
    int count;
    double p[P_COUNT_MOST], losses[P_COUNT_MOST];
    double vertex;       /* of the parabola; NaN: none */
    const char *verdict; /* why the vertex was taken or not */
    double chosen;       /* p of the start */
};

struct result_phase {
    char name[24];
    long evaluations;
    double seconds;
    struct executor_counters work; /* what scoring its candidates took */
};

/* Bits of each group of tensors (mixed only), and what is known of them. */
struct result_mixed_point {
    double cost; /* in what the budget is given in */
    double
        predicted; /* loss: the base's, singles and pairs; NaN: it was not asked for */
    double loss;   /* NaN: it was not evaluated */
    double
        rounded; /* loss when weights are rounded layer behind layer; NaN: they were not */
    bool is_proven;   /* nothing within the cost has less predicted loss */
    const char *bits; /* of each group, in order, with blanks between them */
};

/* How bits were chosen. */
struct result_mixed {
    const char *budget; /* what is limited; NULL: no bits were chosen */
    double limit;
    const char *groups; /* the first tensor of each, with blanks between them */
    double base_loss;   /* of the most bits */
    struct result_mixed_point chosen;
    struct result_mixed_point *tried; /* [tried_count] by the loss; owned */
    int tried_count;
    /* Assignments that were drawn at random (`draws`), and how their order is foretold; NaN: not known. */
    struct result_mixed_point *drawn; /* [drawn_count] owned */
    int drawn_count;
    double by_pairs,
        by_singles; /* Spearman's rank correlation of predicted and true losses */
    struct result_mixed_point *front; /* [front_count] of all budgets; owned */
    int front_count;
};

/* What the line searches along one step cost and gained. */
struct result_line {
    long evaluations;
    double gain; /* of loss */
};

/* A tensor as result.json names it. */
struct result_tensor {
    const char *name;
    bool is_weight;
};

/* The best candidate after a sweep of the joint search. */
struct result_round {
    int sweep; /* 0: the start */
    long evaluations;
    double loss, check_loss; /* NaN: no samples are held out */
};

struct provenance {
    char network_hash[HASH_TEXT_BYTES];
    char calibration_hash[HASH_TEXT_BYTES];
    char validation_hash[HASH_TEXT_BYTES]; /* "" without validation data */
    const char *kernel;
    const char *
        cpu; /* its kind, of the rank that coordinates, and that there are others; NULL: not known */
    const char *calq; /* of what was read back: the version that wrote it; else NULL */
    size_t overlapping; /* samples in both sets; only with `overlap: allow` */
};

/* Limits that the search had, and whether one of them ended it. */
struct result_budget {
    long evaluations; /* 0: no limit, as for the seconds */
    double seconds;
    bool is_spent;
};

struct result {
    char *case_id;                    /* owned */
    const struct config_model *model; /* borrowed, as all names are */
    enum config_target target;
    struct config_bits bits;
    const struct config_method_settings *method;
    const struct network *network;
    const struct placement *placement; /* of the steps */
    struct score float_calibration, float_validation;
    struct result_point start;  /* where the search began */
    struct result_point result; /* the best candidate */
    struct result_p_grid p_grid;
    struct result_mixed mixed;
    struct cost cost;                     /* of the result */
    bool is_equalized, is_bias_corrected; /* what was done to weights and biases */
    struct overhead overhead; /* of split channels and second tensors; without factors:
                                 there are none */
    struct result_phase *phases; /* [phase_count] owned */
    int phase_count;
    struct executor_counters work; /* of all phases, on all ranks, as also the next */
    double cpu_seconds;            /* those of earlier runs included, as the seconds */
    struct result_round *rounds;   /* [round_count] of the joint search; owned */
    int round_count;
    int step_count;                /* quantized tensors */
    struct result_line *lines;     /* [step_count] owned */
    struct result_tensor *tensors; /* [step_count] of what was read back; else NULL: the
                                       placement has them; owned */
    struct result_line other_lines; /* along directions of several steps */
    const char *stop_reason;        /* why the search ended; NULL: there was none */
    int sweeps;
    struct result_budget budget;
    char *warnings[WARNINGS_MOST]; /* owned */
    int warning_count;
    char state_checksum[HASH_TEXT_BYTES]; /* of the file `state` (state_file.h); "": an
                                             earlier calq wrote none */
    struct provenance provenance;
    char *identity; /* see identity.h; owned; NULL: not known */
    char **kept;    /* [kept_count] texts of what was read; owned, as each of them */
    int kept_count;
    int ranks;
    double seconds; /* those of earlier runs included */
    long replayed;  /* answers that were in the journal */
};

void result_init(struct result *result, const char *case_id, int step_count);
void result_clear(struct result *result);

/* Keeps a copy of a text as long as the result lives. */
const char *result_keep(struct result *result, const char *text);

/* Adds a sentence for the user; the same sentence is kept once. */
void result_warn(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a phase of that name with nothing in it; it may move when the next is added. */
struct result_phase *result_add_phase(struct result *result, const char *name);

/* Evaluations of all phases. */
long result_evaluations(const struct result *result);

/* Puts on record what the states of start and result are, and writes that of the result into a folder,
 * where result.json names it: before that. Fails with EXIT_MACHINE. */
int result_write_state(struct result *result, const char *folder, struct error *err);

/* Whether the state that a result names is in its folder. */
bool result_has_state(const struct result *result, const char *folder);

/* Writes result.json into a folder: complete or not at all. Fails with EXIT_MACHINE. */
int result_write_json(const struct result *result, const char *folder,
                      struct error *err);

/* Reads back all that result_fields.h has rows for; of tensors their names, how they are
 * quantized, and what searching took. What a caller lends to a
 * result, as its model, network and placement, is NULL.
 *
 *   result  out, to be cleared, where this gives true
 *
 * False when there is no whole result.json in the folder. */
bool result_read_json(struct result *result, const char *folder);

/* The head and one line of results.csv. */
void result_write_csv_head(FILE *file);
void result_write_csv_line(const struct result *result, FILE *file);

#endif
