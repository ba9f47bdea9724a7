#include "core/case/shard.h"

#include "core/case/shard_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"

#include <stdlib.h>

struct share share_of(size_t blocks, int rank, int ranks)
{
    return (struct share){
        .first_block = blocks * (size_t)rank / (size_t)ranks,
        .end_block = blocks * ((size_t)rank + 1) / (size_t)ranks,
    };
}

struct shard *shard_create(const struct config *config, const struct cases *cases,
                           int rank, int ranks)
{
    struct shard *shard = memory_zeroed(1, sizeof *shard);

    shard->config = config;
    shard->cases = cases;
    shard->rank = rank;
    shard->ranks = ranks;
    return shard;
}

void shard_cut_when(struct shard *shard, bool (*must_cut)(void))
{
    shard->must_cut = must_cut;
}

bool shard_is_cut(void *context)
{
    struct shard *shard = context;

    shard->was_cut = shard->was_cut || (shard->must_cut && shard->must_cut());
    return shard->was_cut;
}

void shard_time_blocks(struct shard *shard)
{
    shard->times = true;
}

struct shard_times shard_take_times(struct shard *shard)
{
    size_t layers = (size_t)shard->network->layer_count;
    const double *seconds = evaluator_layer_seconds(shard->evaluator);
    struct shard_times times = {
        .layers = memory_copy(seconds, layers * sizeof *seconds),
        .blocks = evaluator_block_times(shard->evaluator),
    };

    evaluator_forget_times(shard->evaluator);
    return times;
}

struct sample_set shard_validation_set(const struct shard *shard)
{
    return (struct sample_set){0, shard->validation ? data_file_count(shard->validation)
                                                    : 0};
}

struct sample_set shard_own_part(const struct shard *shard, struct sample_set all,
                                 size_t block)
{
    struct share share =
        share_of((all.count + block - 1) / block, shard->rank, shard->ranks);
    size_t first = share.first_block * block, end = share.end_block * block;

    end = end < all.count ? end : all.count;
    first = first < end ? first : end;
    return (struct sample_set){all.first + first, end - first};
}

/* Samples that are parted from each other neither by a rank nor by a piece. */
static size_t validation_unit(const struct shard *shard)
{
    size_t block = (size_t)shard->config->block;

    return shard->validation ? data_file_unit(shard->validation, block) : block;
}

struct sample_set shard_own_validation(const struct shard *shard)
{
    return shard_own_part(shard, shard_validation_set(shard), validation_unit(shard));
}

size_t shard_validated_at_once(const struct shard *shard)
{
    size_t unit = validation_unit(shard);

    return (shard_samples_at_once(shard) + unit - 1) / unit * unit;
}

size_t shard_samples_at_once(const struct shard *shard)
{
    enum { BLOCKS = 16 };

    return (size_t)shard->config->block * BLOCKS;
}

void shard_destroy(struct shard *shard)
{
    if (!shard)
        return;
    shard_close_case(shard);
    free(shard);
}

int shard_answer(struct shard *shard, const struct request *request,
                 const void *payload, struct reply *reply, struct error *err)
{
    static shard_answer_fn *const answers[] = {
        [REQUEST_OPEN] = shard_answer_open,
        [REQUEST_OVERLAP] = shard_answer_overlap,
        [REQUEST_SCORE] = shard_answer_score,
        [REQUEST_CONTEST] = shard_answer_contest,
        [REQUEST_CHECK] = shard_answer_check,
        [REQUEST_VALIDATE] = shard_answer_validate,
        [REQUEST_MEASURE] = shard_answer_measure,
        [REQUEST_STATE] = shard_answer_state,
        [REQUEST_CHECK_SPLITS] = shard_answer_check_splits,
    };
    double began = clock_cpu_seconds();
    int status;

    shard->was_cut = false;
    status = answers[request->kind](shard, request, payload, reply, err);
    reply_work(reply)->cpu_nanoseconds = (int64_t)(1e9 * (clock_cpu_seconds() - began));
    if (status == 0 && shard->was_cut)
        return error_set(err, EXIT_STOPPED, "there was no time for an answer");
    return status;
}

const struct network *shard_network(const struct shard *shard)
{
    return shard->network;
}

const struct placement *shard_placement(const struct shard *shard)
{
    return &shard->placement;
}

const struct kernel_set *shard_kernels(const struct shard *shard)
{
    return shard->kernels;
}

const struct config_model *shard_model(const struct shard *shard)
{
    return shard->open->model;
}

const struct state *shard_state(const struct shard *shard)
{
    return &shard->state;
}
