/* shard_inside.h - what the files of the shard share. */
#ifndef CORE_CASE_SHARD_INSIDE_H
#define CORE_CASE_SHARD_INSIDE_H

#include "core/case/shard.h"
#include "core/format/data_file.h"
#include "core/network/state.h"
#include "core/rewrite/equalisation.h"

/* Samples in memory: a rank's own of a set. */
struct own_samples {
    struct sample_arrays arrays;
    float *float_logits; /* NULL: the loss does not need them */
};

struct shard {
    const struct config *config;
    const struct cases *cases;
    int rank, ranks;
    const struct kernel_set *kernels;
    bool (*must_cut)(void); /* NULL: never */
    bool was_cut;           /* work of the present request was left out */
    bool times;             /* how long layers and blocks take */
    /* the open case */
    const struct calibration_case *open;
    struct sample_draw draw; /* of the samples of the search */
    struct network *network;
    struct placement placement;
    struct evaluator *evaluator;
    struct data_file *calibration,
        *validation;                  /* validation: NULL when there is none */
    struct own_samples search, check; /* of the calibration samples */
    struct state state;               /* in force; owned */
    struct equalisation equalisation; /* what its network had before */
};

/* Consecutive samples of a data file. */
struct sample_set {
    size_t first, count;
};

/* All validation samples; none where there is no file. */
struct sample_set shard_validation_set(const struct shard *shard);

/* The samples of this rank's blocks of a set, `block` samples each. */
struct sample_set shard_own_part(const struct shard *shard, struct sample_set all,
                                 size_t block);

/* The same of the validation samples, in blocks that are whole groups, too; and how many are read at once. */
struct sample_set shard_own_validation(const struct shard *shard);
size_t shard_validated_at_once(const struct shard *shard);

/* Files are read piece by piece, so that not all has to be in memory, and reading can be cut. */
size_t shard_samples_at_once(const struct shard *shard);

/* Asked between pieces of work: whether to leave out the rest. `shard` is a struct shard. */
bool shard_is_cut(void *shard);

/* How many classes the labels of the open case name, see loss_classes(). */
int shard_classes(const struct shard *shard);

/* As the evaluator wants them. */
struct samples shard_samples_of(const struct shard *shard,
                                const struct own_samples *own);

/* The evaluator of the open case under the state in force; owned by the caller. */
struct evaluator *shard_make_evaluator(struct shard *shard);

/* Puts a state in force, for which it gets the one that was. */
void shard_put_state(struct shard *shard, struct state *wanted);

/* Frees all of the open case, if there is one. */
void shard_close_case(struct shard *shard);

/* A hash that merges as a maximum beside its negative: 52 bits are exact in a double. */
void shard_reply_hash(struct reply *reply, int at, int minus_at, uint64_t hash);

/* Answers to requests, named after them. */
typedef int shard_answer_fn(struct shard *shard, const struct request *request,
                            const void *payload, struct reply *reply,
                            struct error *err);

/* shard_open.c */
shard_answer_fn shard_answer_open;

/* shard_measure.c */
shard_answer_fn shard_answer_score, shard_answer_contest;
shard_answer_fn shard_answer_check, shard_answer_validate;
shard_answer_fn shard_answer_measure;

/* shard_state.c */
shard_answer_fn shard_answer_state, shard_answer_check_splits;

/* shard_overlap.c */
shard_answer_fn shard_answer_overlap;

#endif
