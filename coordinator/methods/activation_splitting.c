#include "coordinator/methods/activation_splitting.h"

#include "coordinator/methods/float_measures.h"

static size_t maxima_of(struct team *team, int item)
{
    int tensor = team_placement(team)->items[item].index;

    return (size_t)team_network(team)->tensors[tensor].channels + 1;
}

static int measure_all(struct team *team, struct float_measures *all, struct error *err)
{
    const struct placement *placement = team_placement(team);

    for (int item = 0; item < placement->count; item++)
        if (placement->items[item].split.added > 0)
            float_measures_add(
                all, (struct measure){.kind = MEASURE_CHANNEL_MAXIMA, .subject = item},
                maxima_of(team, item) * sizeof(float));
    return float_measures_take(all, team, err);
}

static int split_all(struct team *team, struct error *err)
{
    struct state state = state_copy(team_state(team));
    struct float_measures all = {0};
    int status = measure_all(team, &all, err);

    for (int i = 0; status == 0 && i < all.count; i++) {
        int item = all.measures[i].subject;

        state_set_floats(&state, STATE_SPLIT, item, all.answers[i],
                         maxima_of(team, item));
    }
    if (status == 0)
        status = team_put_state(team, &state, err);
    float_measures_clear(&all);
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
