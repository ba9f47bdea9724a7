/* case_state.h - the state of a case in force in its network, which takes more than putting
 * numbers in place: weights are equalised, and ratios are found. */
#ifndef CORE_CASE_CASE_STATE_H
#define CORE_CASE_CASE_STATE_H

#include "core/case/cases.h"
#include "core/network/state.h"
#include "core/quant/weight_rules.h"
#include "core/rewrite/equalisation.h"

/* Adds what treatments (enum treatment) do to the case's weights; ratios go with weights that
 * change. */
void case_treat(const struct calibration_case *one, unsigned treatments,
                struct state *state);

/* Puts a state that fits in force, in place of what was. Where the case wants ratios and the
 * state has none, they are found and added to it.
 *
 *   before  what the network had before it was equalised: empty at first, kept from call to call */
void case_put_state(const struct calibration_case *one, struct state *state,
                    struct network *network, struct placement *placement,
                    struct equalisation *before);

/* How codes are made of all weights under a state. */
struct weight_rules case_weight_rules(const struct state *state);

#endif
