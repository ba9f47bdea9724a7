#include "coordinator/methods/activation_splitting.h"

#include "core/base/memory.h"

#include <stdlib.h>

static int add_split(struct team *team, int item, struct state *state,
                     struct error *err)
{
    int tensor = team_placement(team)->items[item].index;
    size_t channels = (size_t)team_network(team)->tensors[tensor].channels;
    float *maxima = memory_get((channels + 1) * sizeof *maxima);
    int status = team_channel_maxima(team, item, maxima, err);

    if (status == 0)
        state_set_floats(state, STATE_SPLIT, item, maxima, channels + 1);
    free(maxima);
    return status;
}

static int split_all(struct team *team, struct error *err)
{
    const struct placement *placement = team_placement(team);
    struct state state = state_copy(team_state(team));
    int status = 0;

    for (int item = 0; status == 0 && item < placement->count; item++)
        if (placement->items[item].split.added > 0)
            status = add_split(team, item, &state, err);
    if (status == 0)
        status = team_put_state(team, &state, err);
    state_clear(&state);
    return status;
}

int activation_splitting(const struct method_task *task, struct result *result,
                         struct error *err)
{
    const struct config_activation_splitting *settings =
        &task->one->method->activation_splitting;
    int phase;
    int status;

    if (settings->ratio == 0)
        return 0;
    phase = method_begin_phase(task->team, result, "split activations");
    status = split_all(task->team, err);
    method_end_phase(task->team, result, phase, 0);
    result_warn(result,
                "an experiment: channels of activations are split by %s, and evaluated "
                "in floats",
                settings->channels == SPLIT_CHANNELS_ORACLE
                    ? "what they hold in each block of samples (oracle)"
                    : "calibrated maxima (static)");
    return status;
}
