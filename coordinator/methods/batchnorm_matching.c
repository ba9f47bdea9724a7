#include "coordinator/methods/batchnorm_matching.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static struct batchnorm_statistics make_room(const struct network *network)
{
    struct batchnorm_statistics room = {0};

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            room.count += 2 * (size_t)network->layers[layer].batchnorm->channels;
    room.values = memory_zeroed(room.count, sizeof *room.values);
    return room;
}

/* A layer with a batch norm, and where its values stand. */
struct part {
    int layer;
    const struct batchnorm *batchnorm;
    size_t at;
};

static const struct part before_first = {.layer = -1};

/* Moves on to the next layer with a batch norm; false behind the last. */
static bool next_part(const struct network *network, struct part *part)
{
    if (part->batchnorm)
        part->at += 2 * (size_t)part->batchnorm->channels;
    while (++part->layer < network->layer_count) {
        part->batchnorm = network->layers[part->layer].batchnorm;
        if (part->batchnorm)
            return true;
    }
    return false;
}

static float *means(const struct batchnorm_statistics *statistics,
                    const struct part *part)
{
    return statistics->values + part->at;
}

static float *variances(const struct batchnorm_statistics *statistics,
                        const struct part *part)
{
    return means(statistics, part) + part->batchnorm->channels;
}

static int put_part(struct team *team, const struct part *part,
                    const struct batchnorm_statistics *statistics, struct error *err)
{
    return team_put_batchnorm(team, part->layer, means(statistics, part),
                              variances(statistics, part), err);
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* Turns what was measured on the quantized network into statistics that make of its input what the
 * trained ones make of the float network's: with deviations that contain epsilon,
 *
 *   deviation = trained deviation * measured deviation / deviation in float
 *   (measured mean - mean) / deviation = (mean in float - trained mean) / trained deviation
 */
static void match_channel(const struct batchnorm *batchnorm, int channel,
                          float float_mean, float float_variance, float *mean,
                          float *variance)
{
    double epsilon = batchnorm->epsilon;
    double grown = (*variance + epsilon) / (float_variance + epsilon);
    double off = (double)float_mean - batchnorm->mean[channel];

    *mean = (float)(*mean - off * sqrt(grown));
    *variance =
        (float)fmax((batchnorm->variance[channel] + epsilon) * grown - epsilon, 0);
}

/* Whether a batch norm can work with them; NaN cannot. */
static bool are_usable(const struct batchnorm *batchnorm, float mean, float variance)
{
    return isfinite(mean) && isfinite(variance) && variance + batchnorm->epsilon > 0;
}

/* Channels of which too little is known keep what was trained; adds their number to `kept`. */
static void match_float(const struct part *part,
                        const struct batchnorm_statistics *in_float,
                        const struct batchnorm_statistics *room, int *kept)
{
    const struct batchnorm *batchnorm = part->batchnorm;
    float *mean = means(room, part), *variance = variances(room, part);

    for (int i = 0; i < batchnorm->channels; i++) {
        match_channel(batchnorm, i, means(in_float, part)[i],
                      variances(in_float, part)[i], &mean[i], &variance[i]);
        if (are_usable(batchnorm, mean[i], variance[i]))
            continue;
        mean[i] = batchnorm->mean[i];
        variance[i] = batchnorm->variance[i];
        ++*kept;
    }
}

static int measure(struct team *team, const struct choice *choices,
                   const struct batchnorm_statistics *in_float,
                   const struct batchnorm_statistics *room, int *kept,
                   struct error *err)
{
    struct part part = before_first;

    assert(in_float->count == room->count);
    *kept = 0;
    while (next_part(team_network(team), &part)) {
        if (team_moments(team, part.layer, choices, means(room, &part),
                         variances(room, &part), err) < 0)
            return -1;
        match_float(&part, in_float, room, kept);
        if (put_part(team, &part, room, err) < 0)
            return -1;
    }
    return 0;
}

/* Hands over what was measured, or forgets it. */
static int finish(int status, struct batchnorm_statistics *room,
                  struct batchnorm_statistics *found)
{
    if (status < 0) {
        batchnorm_statistics_clear(room);
        return -1;
    }
    batchnorm_statistics_clear(found);
    *found = *room;
    return 0;
}

int batchnorm_matching_of_float(struct team *team, struct batchnorm_statistics *found,
                                struct error *err)
{
    struct batchnorm_statistics room = make_room(team_network(team));
    int status = team_restore_batchnorms(team, err);

    if (status == 0)
        status = team_float_moments(team, room.values, err);
    return finish(status, &room, found);
}

int batchnorm_matching_measure(struct team *team, const struct choice *choices,
                               const struct batchnorm_statistics *in_float,
                               struct batchnorm_statistics *found, int *kept,
                               struct error *err)
{
    struct batchnorm_statistics room = make_room(team_network(team));
    struct error ignored; /* the first one is told */
    int status = measure(team, choices, in_float, &room, kept, err);

    if (status < 0)
        team_restore_batchnorms(team, &ignored);
    return finish(status, &room, found);
}

int batchnorm_matching_put(struct team *team,
                           const struct batchnorm_statistics *statistics,
                           struct error *err)
{
    struct part part = before_first;

    if (statistics->count == 0)
        return team_restore_batchnorms(team, err);
    while (next_part(team_network(team), &part))
        if (put_part(team, &part, statistics, err) < 0)
            return -1;
    return 0;
}
