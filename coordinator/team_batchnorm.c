#include "coordinator/team_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/evaluate/moments.h"

#include <stdlib.h>
#include <string.h>

static const struct batchnorm *batchnorm_of(const struct team *team, int layer)
{
    return team_network(team)->layers[layer].batchnorm;
}

/* What a question about a layer's batch norm or about all of them (-1) depends on. */
static struct hash128 key_of_moments(const struct team *team, int layer,
                                     const struct choice *choices)
{
    struct hash128 key = {{0}};

    hash128_add(&key, &layer, sizeof layer);
    if (choices)
        hash128_add(&key, choices, team_choice_bytes(team, choices));
    return key;
}

static int ask_moments(struct team *team, int layer, const struct choice *choices,
                       float *mean, float *variance, struct error *err)
{
    struct request request = {
        .kind = REQUEST_MOMENTS,
        .subject = layer,
        .candidate_count = choices ? 1 : 0,
        .payload_bytes = team_choice_bytes(team, choices),
        .moment_count = moments_count(batchnorm_of(team, layer)->channels),
    };
    struct reply reply;
    int status = team_ask(team, &request, choices, &reply, err);

    if (status == 0)
        moments_statistics(batchnorm_of(team, layer), reply.sums, mean, variance);
    reply_clear(&reply);
    return status;
}

int team_moments(struct team *team, int layer, const struct choice *choices,
                 float *mean, float *variance, struct error *err)
{
    struct hash128 key = key_of_moments(team, layer, choices);
    size_t channels = (size_t)batchnorm_of(team, layer)->channels;
    float *both = memory_get(2 * channels * sizeof *both);
    double seconds = -clock_seconds();
    int status = 0;

    if (!team_recall(team, JOURNAL_MOMENTS, key, both, 2 * channels * sizeof *both)) {
        status = ask_moments(team, layer, choices, both, both + channels, err);
        seconds += clock_seconds();
        if (status == 0)
            status = team_keep(team, JOURNAL_MOMENTS, key, both,
                               2 * channels * sizeof *both, seconds, err);
    }
    if (status == 0) {
        memcpy(mean, both, channels * sizeof *mean);
        memcpy(variance, both + channels, channels * sizeof *variance);
    }
    free(both);
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

static int ask_float_moments(struct team *team, float *statistics, struct error *err)
{
    struct request request = {.kind = REQUEST_FLOAT_MOMENTS,
                              .moment_count = count_moments(team_network(team))};
    struct reply reply;
    int status = team_ask(team, &request, NULL, &reply, err);

    if (status == 0)
        statistics_of_all(team, reply.sums, statistics);
    reply_clear(&reply);
    return status;
}

static size_t count_statistics(const struct network *network)
{
    size_t count = 0;

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            count += 2 * (size_t)network->layers[layer].batchnorm->channels;
    return count;
}

static void add_statistics(const struct team *team, const float *statistics,
                           struct state *found)
{
    for (int layer = 0; layer < team_network(team)->layer_count; layer++) {
        const struct batchnorm *batchnorm = batchnorm_of(team, layer);
        size_t count = batchnorm ? 2 * (size_t)batchnorm->channels : 0;

        if (batchnorm)
            state_set_floats(found, STATE_STATISTICS, layer, statistics, count);
        statistics += count;
    }
}

/* Those of all layers, in the order of execution, from the journal or the ranks. */
static int find_float_moments(struct team *team, float *statistics, size_t bytes,
                              struct error *err)
{
    struct hash128 key = key_of_moments(team, -1, NULL);
    double seconds = -clock_seconds();

    if (team_recall(team, JOURNAL_FLOAT_MOMENTS, key, statistics, bytes))
        return 0;
    if (ask_float_moments(team, statistics, err) < 0)
        return -1;
    seconds += clock_seconds();
    return team_keep(team, JOURNAL_FLOAT_MOMENTS, key, statistics, bytes, seconds, err);
}

int team_float_moments(struct team *team, struct state *found, struct error *err)
{
    size_t bytes = count_statistics(team_network(team)) * sizeof(float);
    float *statistics = memory_get(bytes);
    int status = find_float_moments(team, statistics, bytes, err);

    if (status == 0)
        add_statistics(team, statistics, found);
    free(statistics);
    return status;
}
