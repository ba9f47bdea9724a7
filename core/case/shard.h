/* shard.h - the part of a case that one rank owns: its blocks, and how it answers. No MPI. */
#ifndef CORE_CASE_SHARD_H
#define CORE_CASE_SHARD_H

#include "core/case/cases.h"
#include "core/case/message.h"
#include "core/evaluate/evaluator.h"
#include "core/network/state.h"
#include "core/onnx/onnx_choices.h"

/* Blocks [first_block, end_block) of `blocks` belong to rank `rank` of `ranks`: as even as can
 * be, consecutive. */
struct share {
    size_t first_block, end_block;
};
struct share share_of(size_t blocks, int rank, int ranks);

struct shard;

/* `config` and `cases` are borrowed. Nothing is open yet. */
struct shard *shard_create(const struct config *config, const struct cases *cases,
                           int rank, int ranks);
void shard_destroy(struct shard *shard);

/* What is asked between blocks from now on: whether to leave out the rest, since there is no time for
 * it. `must_cut` has to answer yes until shard_answer() returns; NULL, as at first: never. */
void shard_cut_when(struct shard *shard, bool (*must_cut)(void));

/* From the next opening on, it is told how long layers and blocks take: those since the last time it was asked
 * for, on the blocks of this rank. */
struct shard_times {
    double *layers;            /* CPU seconds [layers]; owned by the caller */
    struct block_times blocks; /* of candidates */
};
void shard_time_blocks(struct shard *shard);
struct shard_times shard_take_times(struct shard *shard);

/* Does what a request asks, on the blocks of this rank.
 *
 *   payload  choices of candidates, or floats: see message.h
 *   reply    made by reply_init() for this request; out
 *
 * Opening a case begins with its first treatments (cases.h), ratios of channels that it wants, and nothing
 * else in force.
 *
 * Fails with what the files deserve (EXIT_INPUT, EXIT_CONFIG), and with EXIT_STOPPED where work was
 * left out; the shard stays usable. */
int shard_answer(struct shard *shard, const struct request *request,
                 const void *payload, struct reply *reply, struct error *err);

/* The network and the placement of the open case; borrowed until the next is opened. */
const struct network *shard_network(const struct shard *shard);
const struct placement *shard_placement(const struct shard *shard);
const struct kernel_set *shard_kernels(const struct shard *shard);

/* The model of the open case; borrowed. */
const struct config_model *shard_model(const struct shard *shard);

/* What is in force in the open case; borrowed until that changes. */
const struct state *shard_state(const struct shard *shard);

/* Reads the model of a case as it is run, see case_fuse(). Fails with EXIT_INPUT or EXIT_CONFIG: also where a
 * loss of classes is asked for and there is one output. */
/* What the model fixes of its file. */
struct onnx_choices shard_choices(const struct config_model *model);
struct network *shard_read_network(const struct calibration_case *one,
                                   struct error *err);

#endif
