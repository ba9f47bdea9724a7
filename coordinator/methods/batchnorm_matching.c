#include "coordinator/methods/batchnorm_matching.h"

#include "coordinator/methods/float_measures.h"
#include "core/base/memory.h"
#include "core/network/batchnorm.h"

#include <math.h>
#include <stdlib.h>

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

/* Channels of which too little is known keep what was trained; adds their number to `kept`.
 *
 *   in_float  means [channels], variances [channels]
 *   found     the same; in: as measured, out: matched */
static void match_float(const struct batchnorm *batchnorm, const double *in_float,
                        float *found, int *kept)
{
    int channels = batchnorm->channels;
    float *mean = found, *variance = found + channels;

    for (int i = 0; i < channels; i++) {
        match_channel(batchnorm, i, (float)in_float[i], (float)in_float[channels + i],
                      &mean[i], &variance[i]);
        if (are_usable(batchnorm, mean[i], variance[i]))
            continue;
        mean[i] = batchnorm->mean[i];
        variance[i] = batchnorm->variance[i];
        ++*kept;
    }
}

/* Measures one layer behind those that were matched, and matches it, too. */
static int match_layer(struct team *team, int layer, const struct choice *choices,
                       const struct state *in_float, struct state *found, int *kept,
                       struct error *err)
{
    const struct batchnorm *batchnorm = team_network(team)->layers[layer].batchnorm;
    size_t channels = (size_t)batchnorm->channels;
    float *statistics = memory_get(2 * channels * sizeof *statistics);
    const struct measure moments = {.kind = MEASURE_MOMENTS, .subject = layer};
    int status = team_measure(team, &moments, 1, choices, (void *[]){statistics}, err);

    if (status == 0) {
        match_float(batchnorm, state_numbers(in_float, STATE_STATISTICS, layer),
                    statistics, kept);
        state_set_floats(found, STATE_STATISTICS, layer, statistics, 2 * channels);
        status = team_put_state(team, found, err);
    }
    free(statistics);
    return status;
}

int batchnorm_matching_of_float(struct team *team, struct state *in_float,
                                struct error *err)
{
    const struct layer *layers = team_network(team)->layers;
    struct float_measures all = {0};
    int status = team_restore(team, err);

    for (int layer = 0; layer < team_network(team)->layer_count; layer++)
        if (layers[layer].batchnorm)
            float_measures_add(
                &all, (struct measure){.kind = MEASURE_MOMENTS, .subject = layer},
                2 * (size_t)layers[layer].batchnorm->channels * sizeof(float));
    if (status == 0)
        status = float_measures_take(&all, team, err);
    for (int i = 0; status == 0 && i < all.count; i++) {
        int layer = all.measures[i].subject;

        state_set_floats(in_float, STATE_STATISTICS, layer, all.answers[i],
                         2 * (size_t)layers[layer].batchnorm->channels);
    }
    float_measures_clear(&all);
    return status;
}

int batchnorm_matching_measure(struct team *team, const struct choice *choices,
                               const struct state *in_float, struct state *found,
                               int *kept, struct error *err)
{
    const struct network *network = team_network(team);
    int status = team_restore(team, err);

    *kept = 0;
    *found = state_copy(team_state(team));
    for (int layer = 0; status == 0 && layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            status = match_layer(team, layer, choices, in_float, found, kept, err);
    return status;
}
