#include "coordinator/methods/rounding.h"

#include "coordinator/methods/float_measures.h"
#include "coordinator/methods/rounding_layer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/evaluate/layer_gram.h"

#include <stdlib.h>
#include <string.h>

static const struct config_rounding *settings_of(const struct method_task *task)
{
    return &task->one->method->rounding;
}

static bool is_gram(const struct method_task *task)
{
    return settings_of(task)->name == ROUNDING_GRAM;
}

static bool is_asked_for(const struct method_task *task, enum config_rounding_when when)
{
    enum config_rounding_when asked = settings_of(task)->when;

    return is_gram(task) && (asked == when || asked == ROUNDING_BOTH);
}

/* ---- layers --------------------------------------------------------------------------------- */

/* The item of a layer's weights, if they are quantized at all; else -1. */
static int item_of(const struct method_task *task, int layer,
                   const struct choice *choices)
{
    int item = placement_of_weights(team_placement(task->team), layer, 0);

    return item >= 0 && choices[item].step > 0 ? item : -1;
}

static bool suits(const struct method_task *task, int layer, int item)
{
    const struct network *network = team_network(task->team);
    const struct layer *of = &network->layers[layer];
    const struct wide_rules *wide = &team_placement(task->team)->items[item].wide;

    return layer_gram_suits(network, of) && !of->weights->steps && wide->added == 0 &&
           wide->second_above == 0;
}

/* ---- grids of floats ------------------------------------------------------------------------ */

/* Steps of what layers see, where that is floats, and of their products. */
struct grids {
    float *input_steps, *target_steps; /* [layers] owned */
};

static void clear_grids(struct grids *grids)
{
    free(grids->input_steps);
    free(grids->target_steps);
}

static int find_grids(const struct method_task *task, const struct choice *choices,
                      struct grids *grids, struct error *err)
{
    int layers = team_network(task->team)->layer_count, status;
    struct float_measures all = {0};

    grids->input_steps = memory_zeroed((size_t)layers, sizeof(float));
    grids->target_steps = memory_zeroed((size_t)layers, sizeof(float));
    for (int layer = 0; layer < layers; layer++) {
        int item = item_of(task, layer, choices);

        if (item < 0 || !suits(task, layer, item))
            continue;
        float_measures_add(
            &all, (struct measure){.kind = MEASURE_LARGEST_INPUT, .subject = layer},
            sizeof(double));
        float_measures_add(
            &all, (struct measure){.kind = MEASURE_LARGEST_PRODUCT, .subject = layer},
            sizeof(double));
    }
    status = float_measures_take(&all, task->team, err);
    for (int i = 0; status == 0 && i < all.count; i++) {
        const struct measure *measure = &all.measures[i];

        (measure->kind == MEASURE_LARGEST_INPUT
             ? grids->input_steps
             : grids->target_steps)[measure->subject] =
            layer_gram_step(*(double *)all.answers[i]);
    }
    float_measures_clear(&all);
    return status;
}

/* ---- each alone, at several widths ---------------------------------------------------------- */

static int round_at_widths(const struct method_task *task, int layer, int item,
                           const struct grids *grids,
                           const struct rounding_widths *widths, struct state *found,
                           struct error *err)
{
    size_t items = (size_t)team_placement(task->team)->count;
    struct choice *choices = memory_copy(widths->base, items * sizeof *choices);
    struct gram_answer answer = {0};
    int status = 0;

    for (int i = 0; status == 0 && i < widths->count; i++) {
        struct rounding_layer of;

        choices[item] = widths->at[(size_t)i * items + (size_t)item];
        if (choices[item].step == 0 || choices[item].bits >= BITS_MOST)
            continue;
        of = rounding_layer_begin(task, layer, item, choices, grids->input_steps[layer],
                                  grids->target_steps[layer]);
        rounding_layer_stand_alone(&of);
        status = rounding_layer_find(&of, &answer, err);
        if (status == 0)
            rounding_layer_put_at_width(&of, found);
        rounding_layer_end(&of);
    }
    free(answer.numbers);
    free(choices);
    return status;
}

int rounding_at_widths(const struct method_task *task,
                       const struct rounding_widths *widths, struct state *found,
                       struct error *err)
{
    const struct network *network = team_network(task->team);
    struct grids grids = {0};
    int status = is_gram(task) ? find_grids(task, widths->at, &grids, err) : 0;

    for (int layer = 0; status == 0 && is_gram(task) && layer < network->layer_count;
         layer++) {
        int item = item_of(task, layer, widths->at);

        if (item >= 0 && suits(task, layer, item) &&
            network->layers[layer].kind == LAYER_CONV)
            status = round_at_widths(task, layer, item, &grids, widths, found, err);
    }
    clear_grids(&grids);
    return status;
}

/* ---- all layers ----------------------------------------------------------------------------- */

/* What is rounded, and what is told of it: layers that are left, those whose codes do not lower the loss, scores
 * that were taken, and what the form took most, of which layer. */
struct pass {
    const struct method_task *task;
    struct result_point *trial; /* its choices are the pass' own */
    struct grids grids;
    int left, refused;
    long evaluations;
    double ridge;
    const char *worst;
};

static int score(struct pass *pass, struct error *err)
{
    pass->evaluations++;
    return method_score(pass->task, pass->trial, err);
}

static void tell_ridge(struct pass *pass, const struct rounding_layer *of)
{
    if (rounding_layer_ridge(of) <= pass->ridge)
        return;
    pass->ridge = rounding_layer_ridge(of);
    pass->worst = of->layer->name;
}

static int put_layer(struct pass *pass, const struct rounding_layer *of,
                     struct error *err)
{
    rounding_layer_put(of, pass->trial->choices, &pass->trial->state);
    return team_put_state(pass->task->team, &pass->trial->state, err);
}

/* Takes the layer's codes away again where the loss does not drop. */
static int put_if_loss_drops(struct pass *pass, const struct rounding_layer *of,
                             struct error *err)
{
    struct result_point before = *pass->trial;
    struct choice choice = pass->trial->choices[of->item];
    int status;

    before.state = state_copy(&pass->trial->state);
    status = put_layer(pass, of, err);
    if (status == 0)
        status = score(pass, err);
    if (status == 0 && !method_is_better(pass->trial, &before)) {
        pass->refused++;
        pass->trial->calibration = before.calibration;
        pass->trial->check = before.check;
        pass->trial->choices[of->item] = choice;
        state_swap(&pass->trial->state, &before.state);
        status = team_put_state(pass->task->team, &pass->trial->state, err);
    }
    state_clear(&before.state);
    return status;
}

static int round_layer(struct pass *pass, int layer, int item, struct error *err)
{
    struct rounding_layer of = rounding_layer_begin(
        pass->task, layer, item, pass->trial->choices, pass->grids.input_steps[layer],
        pass->grids.target_steps[layer]);
    struct gram_answer answer = {0};
    int status = rounding_layer_find(&of, &answer, err);

    if (status == 0) {
        tell_ridge(pass, &of);
        status = (settings_of(pass->task)->accept == ROUNDING_BY_LAYER
                      ? put_if_loss_drops
                      : put_layer)(pass, &of, err);
    }
    free(answer.numbers);
    rounding_layer_end(&of);
    return status;
}

/* One layer after the other, each behind those that are rounded. */
static int round_layers(struct pass *pass, struct error *err)
{
    const struct network *network = team_network(pass->task->team);
    int status =
        settings_of(pass->task)->accept == ROUNDING_BY_LAYER ? score(pass, err) : 0;

    for (int layer = 0; status == 0 && layer < network->layer_count; layer++) {
        int item = item_of(pass->task, layer, pass->trial->choices);

        if (item < 0)
            continue;
        if (suits(pass->task, layer, item))
            status = round_layer(pass, layer, item, err);
        else
            pass->left++;
    }
    return status;
}

static void warn_of(const struct pass *pass, struct result *result)
{
    if (pass->left > 0)
        result_warn(
            result,
            "the weights of %d layers keep the nearest codes (tables, GRUs "
            "that reset before the product, split weights, more than %d weights "
            "an output)",
            pass->left, LAYER_GRAM_INPUTS_MOST);
    if (pass->refused > 0)
        result_warn(result,
                    "rounding by what weights do does not lower the loss in %d layers, "
                    "which keep the nearest codes (rounding: accept: by_layer)",
                    pass->refused);
    if (pass->ridge > 0.011)
        result_warn(result,
                    "layer %s sees too little to round its weights by: they are held "
                    "where they were by %g of the mean square of its inputs",
                    pass->worst, pass->ridge);
}

/* ---- keeping -------------------------------------------------------------------------------- */

static int keep_or_forget(const struct method_task *task, struct result_point *trial,
                          struct result_point *point, struct result *result,
                          struct error *err)
{
    bool is_judged = settings_of(task)->accept != ROUNDING_ALWAYS;
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    text_of_loss(method_judged_loss(point), before);
    text_of_loss(method_judged_loss(trial), after);
    if (is_judged && !method_is_better(trial, point)) {
        result_warn(result,
                    "rounding by what weights do does not lower the loss (%s, with it "
                    "%s): the codes of before stay",
                    before, after);
        return team_put_state(task->team, &point->state, err);
    }
    if (method_is_better(point, trial))
        result_warn(result,
                    "rounding by what weights do: the loss rose from %s to %s; it is "
                    "kept (rounding: accept: always), if_loss_drops would leave it out",
                    before, after);
    memcpy(point->choices, trial->choices,
           (size_t)team_placement(task->team)->count * sizeof *point->choices);
    state_swap(&point->state, &trial->state);
    point->calibration = trial->calibration;
    point->check = trial->check;
    return 0;
}

/* Nothing is in force that was measured with other codes. */
static void forget_codes(struct state *state)
{
    state_drop(state, STATE_CODE_RATIOS);
    state_drop(state, STATE_CODES);
    state_drop(state, STATE_STATISTICS);
    state_drop(state, STATE_BIAS_SHIFT);
}

/* Rounds all layers of the trial, and scores it. */
static int run_pass(struct pass *pass, struct error *err)
{
    int status = find_grids(pass->task, pass->trial->choices, &pass->grids, err);

    forget_codes(&pass->trial->state);
    if (status == 0)
        status = team_put_state(pass->task->team, &pass->trial->state, err);
    if (status == 0)
        status = round_layers(pass, err);
    if (status == 0)
        status = score(pass, err);
    clear_grids(&pass->grids);
    return status;
}

int rounding_try(const struct method_task *task, struct result_point *point,
                 struct error *err)
{
    struct pass pass = {.task = task, .trial = point};

    if (team_put_state(task->team, &point->state, err) < 0)
        return -1;
    return is_gram(task) ? run_pass(&pass, err) : method_score(task, point, err);
}

static int round_point(const struct method_task *task, struct result_point *point,
                       struct result *result, long *evaluations, struct error *err)
{
    size_t bytes = (size_t)team_placement(task->team)->count * sizeof *point->choices;
    struct result_point trial = {.choices = memory_copy(point->choices, bytes),
                                 .state = state_copy(&point->state)};
    struct pass pass = {.task = task, .trial = &trial};
    int status = run_pass(&pass, err);

    if (status == 0) {
        warn_of(&pass, result);
        status = keep_or_forget(task, &trial, point, result, err);
    }
    *evaluations = pass.evaluations;
    state_clear(&trial.state);
    free(trial.choices);
    return status;
}

int rounding(const struct method_task *task, enum config_rounding_when when,
             struct result_point *point, struct result *result, struct error *err)
{
    long evaluations = 0;
    int phase, status;

    if (!is_asked_for(task, when))
        return 0;
    phase = method_begin_phase(task->team, result,
                               when == ROUNDING_BEFORE ? "rounding of the start"
                                                       : "rounding");
    progress_show(task->progress, "%s: rounding", task->one->id);
    status = round_point(task, point, result, &evaluations, err);
    method_end_phase(task->team, result, phase, evaluations);
    return status;
}

/* One at the end, and with `by_layer` one before the first layer and behind each. */
long rounding_evaluations(const struct method_task *task,
                          enum config_rounding_when when)
{
    const struct placement *placement = team_placement(task->team);
    long evaluations = 1;

    if (!is_asked_for(task, when))
        return 0;
    if (settings_of(task)->accept != ROUNDING_BY_LAYER)
        return 1;
    for (int item = 0; item < placement->count; item++)
        evaluations += placement->items[item].is_weight;
    return evaluations + 1;
}
