#include "core/case/case_state.h"

#include "core/layer/weight_ratios.h"

void case_treat(const struct calibration_case *one, unsigned treatments,
                struct state *state)
{
    bool means_only = one->method->bias_correction == BIAS_CORRECTION_MEAN;

    if ((treatments & TREAT_EQUALIZE) && !state_has(state, STATE_EQUALIZED)) {
        state_set(state, STATE_EQUALIZED, 0, NULL, 0);
        state_drop(state, STATE_RATIOS);
    }
    if (treatments & TREAT_CORRECT)
        state_set(state, STATE_MEAN_CORRECTED, 0, NULL, 0);
    if ((treatments & TREAT_CORRECT) && !means_only)
        state_set(state, STATE_VARIANCE_CORRECTED, 0, NULL, 0);
}

static void equalize(struct network *network, const struct placement *placement,
                     struct equalisation *before)
{
    struct equalisation_pairs pairs = equalisation_find_pairs(network, placement);

    network_equalize(network, &pairs, before);
    equalisation_pairs_clear(&pairs);
}

/* Equalises, or undoes it, with nothing else in force. */
static void change_equalisation(struct network *network,
                                const struct placement *placement,
                                struct equalisation *before)
{
    state_restore(network);
    if (before->before)
        network_undo_equalisation(network, before);
    else
        equalize(network, placement, before);
}

static void find_ratios(const struct calibration_case *one, struct state *state,
                        const struct network *network, struct placement *placement)
{
    placement_find_ratios(placement, network,
                          one->method->method->has_ratios_of_minmax ? RATIO_OF_MINMAX
                                                                    : RATIO_OF_MMSE);
    for (int i = 0; i < placement->count; i++) {
        const struct quantized_tensor *item = &placement->items[i];

        if (item->ratios)
            state_set_floats(state, STATE_RATIOS, i, item->ratios,
                             placement_step_count(network, item));
    }
}

void case_put_state(const struct calibration_case *one, struct state *state,
                    struct network *network, struct placement *placement,
                    struct equalisation *before)
{
    if (state_has(state, STATE_EQUALIZED) != (before->before != NULL))
        change_equalisation(network, placement, before);
    if (!state_has(state, STATE_RATIOS))
        find_ratios(one, state, network, placement);
    state_put(state, network, placement);
}

struct weight_rules case_weight_rules(const struct state *state)
{
    return (struct weight_rules){
        .corrects_mean = state_has(state, STATE_MEAN_CORRECTED),
        .corrects_variance = state_has(state, STATE_VARIANCE_CORRECTED),
    };
}
