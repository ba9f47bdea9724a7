#include "coordinator/methods/point_state.h"

#include "coordinator/methods/batchnorm_matching.h"

int point_put_statistics(struct team *team, const struct result_point *point,
                         struct error *err)
{
    if (team_restore_batchnorms(team, err) < 0)
        return -1;
    return point->batchnorms.count > 0
               ? batchnorm_matching_put(team, &point->batchnorms, err)
               : 0;
}

int point_put(struct team *team, const struct result_point *point, struct error *err)
{
    const struct network *network = team_network(team);
    const float *values = point->bias_shifts.values;

    if (point_put_statistics(team, point, err) < 0)
        return -1;
    for (int layer = 0; values && layer < network->layer_count; layer++) {
        if (network->layers[layer].kind != LAYER_CONV)
            continue;
        if (team_put_bias_shift(team, layer, values, err) < 0)
            return -1;
        values += network->layers[layer].weights->outputs;
    }
    return 0;
}

bool points_are_alike(const struct result_point *left, const struct result_point *right)
{
    return batchnorm_statistics_are_same(&left->batchnorms, &right->batchnorms) &&
           bias_shifts_are_same(&left->bias_shifts, &right->bias_shifts);
}
