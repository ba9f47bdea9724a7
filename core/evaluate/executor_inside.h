/* executor_inside.h - what the files of the executor share. */
#ifndef CORE_EVALUATE_EXECUTOR_INSIDE_H
#define CORE_EVALUATE_EXECUTOR_INSIDE_H

#include "core/evaluate/arena.h"
#include "core/evaluate/executor.h"
#include "core/evaluate/slices.h"
#include "core/layer/layer_run.h"

struct executor {
    const struct network *network;
    const struct plane *planes;
    struct executor_options options;
    struct layer_setting setting;
    struct layer_run *runs; /* [layers] */
    struct scratch scratch;
    struct arena arena;          /* tensors that are not remembered */
    struct value *current;       /* [tensors] of the block at hand */
    struct stretch *stretches;   /* [layers] */
    struct arena slices;         /* tensors that are made and read within a stretch */
    struct value *views;         /* [tensors] of some samples of the block */
    int *last_readers;           /* [tensors] layer; of the output, behind all */
    int target;                  /* tensor */
    bool *needed;                /* [tensors] */
    bool *wanted;                /* [tensors] that are needed for their own sake */
    const struct value **inputs; /* [most inputs of a layer] */
    const struct quantizer **weights; /* [most weight tensors of a layer] */
    int64_t *macs;                    /* [layers] multiply-adds of a sample */
    int64_t *macs_to;   /* [tensors] of a tensor's layer and all before it */
    int64_t *layers_to; /* [tensors] how many these layers are */
    struct executor_counters counters;
    double *layer_seconds; /* [layers] */
    struct block_times block_times;
};

/* A layer at work. */
struct task {
    int index;
    const struct layer *layer;
    const struct candidate *candidate;
    const struct block *block;
};

/* Whether what is remembered of the block is the candidate's tensor. */
bool executor_is_valid(const struct candidate *candidate, const struct block *block,
                       int tensor);

/* Marks the tensors that must be at hand to know those that are marked; without a block, all before
 * them. The sums of a convolution do not spare its input: step and code of zero count in the
 * epilogue. */
void executor_need_nothing(struct executor *executor);
void executor_need_inputs(struct executor *executor, const struct candidate *candidate,
                          const struct block *block);

/* Bring to hand: the network's inputs, of those that are marked; a layer's output. */
void executor_load_inputs(struct executor *executor, const struct candidate *candidate,
                          const struct block *block);
void executor_take_or_make(struct executor *executor, const struct candidate *candidate,
                           const struct block *block, int index);

/* Runs layers from `first` on for some samples after the others (slices.h), as many as may be. Returns the layer
 * behind them; `first`: there are none. */
int executor_run_slices(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, int first);

/* A value whose room is shared with other tensors: it holds nothing yet. */
struct value executor_in_arena(const struct executor *executor, int tensor);

/* Where the layer's output is to be remembered, or NULL. */
struct remembered *executor_place_of(const struct task *task);

/* What the layer works on; its inputs are at hand. */
struct layer_task executor_work_of(struct executor *executor, const struct task *task);

/* Whether the layer's output is made of something that can be kept: codes that pass are not. Makes sure that
 * it is kept, its inputs being at hand. */
bool executor_has_unfinished(const struct executor *executor, const struct task *task);
/* Whether it is made of something that is kept, or to be kept. */
bool executor_keeps_unfinished(const struct executor *executor,
                               const struct task *task);
const struct unfinished *executor_keep_unfinished(struct executor *executor,
                                                  const struct task *task);

#endif
