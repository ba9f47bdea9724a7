#include "coordinator/team.h"

#include "core/base/memory.h"
#include "core/network/moments.h"
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

struct team {
    struct shard *shard;
};

struct team *team_create(const struct config *config, const struct cases *cases)
{
    struct team *team = memory_zeroed(1, sizeof *team);

    team->shard = shard_create(config, cases, link_rank(), link_ranks());
    return team;
}

void team_destroy(struct team *team)
{
    if (!team)
        return;
    link_send(&(struct request){.kind = REQUEST_STOP}, NULL);
    shard_destroy(team->shard);
    free(team);
}

int team_ranks(const struct team *team)
{
    (void)team;
    return link_ranks();
}

/* Asks all ranks, answers for this one, and merges. `reply` is made here; clear it afterwards
 * whether or not this fails. */
static int ask(struct team *team, const struct request *request, const float *steps,
               struct reply *reply, struct error *err)
{
    reply_init(reply, request);
    link_send(request, steps);
    return link_merge(shard_answer(team->shard, request, steps, reply, err), reply,
                      err);
}

static int step_count(const struct team *team)
{
    return shard_placement(team->shard)->count;
}

int team_open(struct team *team, int index, struct team_case *opened, struct error *err)
{
    struct request request = {.kind = REQUEST_OPEN, .subject = index};
    struct reply reply;
    int status = ask(team, &request, NULL, &reply, err);

    if (status == 0 && reply.maxima[REPLY_HASH] != -reply.maxima[REPLY_MINUS_HASH])
        status = error_set(err, EXIT_INPUT,
                           "%s is not the same file on all ranks, or its data are not",
                           shard_network(team->shard)->path);
    if (status == 0) {
        opened->calibration_samples = (size_t)reply.sums[REPLY_CALIBRATION_SAMPLES];
        opened->check_samples = (size_t)reply.sums[REPLY_CHECK_SAMPLES];
        opened->validation_samples = (size_t)reply.sums[REPLY_VALIDATION_SAMPLES];
    }
    reply_clear(&reply);
    return status;
}

int team_count_overlapping(struct team *team, size_t *count, size_t *first,
                           struct error *err)
{
    struct request request = {.kind = REQUEST_OVERLAP};
    struct reply reply;
    int status = ask(team, &request, NULL, &reply, err);

    if (status == 0 &&
        reply.maxima[REPLY_SAMPLES_HASH] != -reply.maxima[REPLY_MINUS_SAMPLES_HASH])
        status =
            error_set(err, EXIT_INPUT,
                      "the calibration samples of %s are not the same on all ranks",
                      shard_network(team->shard)->path);
    if (status == 0) {
        *count = (size_t)reply.sums[REPLY_OVERLAPPING];
        *first = *count ? (size_t)-reply.maxima[REPLY_MINUS_FIRST_OVERLAPPING] : 0;
    }
    reply_clear(&reply);
    return status;
}

static int ask_scores(struct team *team, enum request_kind kind, const float *steps,
                      int count, struct score *scores, struct error *err)
{
    struct request request = {.kind = kind,
                              .candidate_count = steps ? count : 0,
                              .step_count = step_count(team)};
    struct reply reply;
    int status = ask(team, &request, steps, &reply, err);

    if (status == 0)
        memcpy(scores, reply_scores(&reply), (size_t)count * sizeof *scores);
    reply_clear(&reply);
    return status;
}

int team_score(struct team *team, const float *steps, int count, struct score *scores,
               struct error *err)
{
    return ask_scores(team, REQUEST_SCORE, steps, count, scores, err);
}

int team_check(struct team *team, const float *steps, int count, struct score *scores,
               struct error *err)
{
    return ask_scores(team, REQUEST_CHECK, steps, count, scores, err);
}

int team_validate(struct team *team, const float *steps, int count,
                  struct score *scores, struct error *err)
{
    return ask_scores(team, REQUEST_VALIDATE, steps, count, scores, err);
}

int team_range(struct team *team, int item, const float *steps, struct range *range,
               struct error *err)
{
    struct request request = {.kind = REQUEST_RANGE,
                              .subject = item,
                              .candidate_count = 1,
                              .step_count = step_count(team)};
    struct reply reply;
    int status = ask(team, &request, steps, &reply, err);

    if (status == 0) {
        range->low = (float)-reply.maxima[REPLY_MINUS_LOW];
        range->high = (float)reply.maxima[REPLY_HIGH];
    }
    reply_clear(&reply);
    return status;
}

int team_histogram(struct team *team, int item, const float *steps, struct range range,
                   struct histogram *histogram, struct error *err)
{
    struct request request = {.kind = REQUEST_HISTOGRAM,
                              .subject = item,
                              .candidate_count = 1,
                              .step_count = step_count(team),
                              .range = range};
    struct reply reply;
    int status = ask(team, &request, steps, &reply, err);

    if (status == 0) {
        histogram->range = range;
        histogram->zeros = reply.sums[0];
        memcpy(histogram->counts, reply.sums + 1, sizeof histogram->counts);
    }
    reply_clear(&reply);
    return status;
}

static const struct batchnorm *batchnorm_of(const struct team *team, int layer)
{
    return team_network(team)->layers[layer].batchnorm;
}

int team_moments(struct team *team, int layer, const float *steps, float *mean,
                 float *variance, struct error *err)
{
    struct request request = {
        .kind = REQUEST_MOMENTS,
        .subject = layer,
        .candidate_count = steps ? 1 : 0,
        .step_count = step_count(team),
        .moment_count = moments_count(batchnorm_of(team, layer)->channels),
    };
    struct reply reply;
    int status = ask(team, &request, steps, &reply, err);

    if (status == 0)
        moments_statistics(batchnorm_of(team, layer), reply.sums, mean, variance);
    reply_clear(&reply);
    return status;
}

static size_t count_moments(const struct network *network)
{
    size_t count = 0;

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            count += moments_count(network->layers[layer].batchnorm->channels);
    return count;
}

static void statistics_of_all(const struct team *team, const int64_t *sums,
                              float *statistics)
{
    for (int layer = 0; layer < team_network(team)->layer_count; layer++) {
        const struct batchnorm *batchnorm = batchnorm_of(team, layer);

        if (!batchnorm)
            continue;
        moments_statistics(batchnorm, sums, statistics,
                           statistics + batchnorm->channels);
        sums += moments_count(batchnorm->channels);
        statistics += 2 * batchnorm->channels;
    }
}

int team_float_moments(struct team *team, float *statistics, struct error *err)
{
    struct request request = {.kind = REQUEST_FLOAT_MOMENTS,
                              .moment_count = count_moments(team_network(team))};
    struct reply reply;
    int status = ask(team, &request, NULL, &reply, err);

    if (status == 0)
        statistics_of_all(team, reply.sums, statistics);
    reply_clear(&reply);
    return status;
}

int team_put_batchnorm(struct team *team, int layer, const float *mean,
                       const float *variance, struct error *err)
{
    size_t channels = (size_t)batchnorm_of(team, layer)->channels;
    struct request request = {.kind = REQUEST_PUT_BATCHNORM,
                              .subject = layer,
                              .candidate_count = 2,
                              .step_count = (int)channels};
    float *statistics = memory_get(2 * channels * sizeof *statistics);
    struct reply reply;
    int status;

    memcpy(statistics, mean, channels * sizeof *mean);
    memcpy(statistics + channels, variance, channels * sizeof *variance);
    status = ask(team, &request, statistics, &reply, err);
    reply_clear(&reply);
    free(statistics);
    return status;
}

int team_restore_batchnorms(struct team *team, struct error *err)
{
    struct request request = {.kind = REQUEST_RESTORE_BATCHNORMS};
    struct reply reply;
    int status = ask(team, &request, NULL, &reply, err);

    reply_clear(&reply);
    return status;
}

int team_work(struct team *team, struct executor_counters *work, struct error *err)
{
    struct request request = {.kind = REQUEST_WORK};
    struct reply reply;
    int status = ask(team, &request, NULL, &reply, err);

    if (status == 0)
        memcpy(work, reply.sums, sizeof *work);
    reply_clear(&reply);
    return status;
}

const struct network *team_network(const struct team *team)
{
    return shard_network(team->shard);
}

const struct placement *team_placement(const struct team *team)
{
    return shard_placement(team->shard);
}

const struct kernel_set *team_kernels(const struct team *team)
{
    return shard_kernels(team->shard);
}
