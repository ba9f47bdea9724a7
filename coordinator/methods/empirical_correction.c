#include "coordinator/methods/empirical_correction.h"

#include "coordinator/methods/float_measures.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#include <math.h>
#include <stdlib.h>

static bool is_asked_for(const struct method_task *task)
{
    return task->one->method->bias_correction == BIAS_CORRECTION_EMPIRICAL;
}

long empirical_correction_evaluations(const struct method_task *task)
{
    return is_asked_for(task);
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* Turns means of products [outputs] into those of a convolution's outputs before its clamp and
 * residual, with the scale and shift that are in force. */
static void scale_means(const struct layer *layer, double *means)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        means[channel] =
            means[channel] * layer->conv.scale[channel] + layer->conv.shift[channel];
}

/* The trained statistics are in force afterwards. */
static int measure_in_float(const struct method_task *task, struct state *in_float,
                            struct error *err)
{
    const struct network *network = team_network(task->team);
    struct float_measures all = {0};
    int status = team_restore(task->team, err);

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].kind == LAYER_CONV)
            float_measures_add(
                &all, (struct measure){.kind = MEASURE_PRODUCT_MEANS, .subject = layer},
                (size_t)network->layers[layer].weights->outputs * sizeof(double));
    if (status == 0)
        status = float_measures_take(&all, task->team, err);
    for (int i = 0; status == 0 && i < all.count; i++) {
        const struct layer *layer = &network->layers[all.measures[i].subject];

        scale_means(layer, all.answers[i]);
        state_set(in_float, STATE_MEAN_OUTPUTS, all.measures[i].subject, all.answers[i],
                  (size_t)layer->weights->outputs);
    }
    float_measures_clear(&all);
    return status;
}

/* Of a channel of which nothing can be told nothing is corrected. */
static float lacking(double in_float, double mean)
{
    float shift = (float)(in_float - mean);

    return isfinite(shift) ? shift : 0;
}

/* Puts in force what a convolution's outputs lack of those in float. */
static int shift_layer(const struct method_task *task, int layer,
                       const struct choice *choices, const struct state *in_float,
                       struct state *found, struct error *err)
{
    const double *wanted = state_numbers(in_float, STATE_MEAN_OUTPUTS, layer);
    const struct layer *of = &team_network(task->team)->layers[layer];
    const struct measure product_means = {.kind = MEASURE_PRODUCT_MEANS,
                                          .subject = layer};
    size_t channels = (size_t)of->weights->outputs;
    double *means = memory_get(channels * sizeof *means);
    int status =
        team_measure(task->team, &product_means, 1, choices, (void *[]){means}, err);

    if (status == 0) {
        scale_means(of, means);
        for (size_t i = 0; i < channels; i++)
            means[i] = lacking(wanted[i], means[i]);
        state_set(found, STATE_BIAS_SHIFT, layer, means, channels);
        status = team_put_state(task->team, found, err);
    }
    free(means);
    return status;
}

/* One layer after the other, each behind the corrections of those before it. */
static int measure_shifts(const struct method_task *task, const struct state *in_float,
                          struct result_point *trial, struct error *err)
{
    const struct network *network = team_network(task->team);
    int status;

    state_drop(&trial->state, STATE_BIAS_SHIFT);
    status = team_put_state(task->team, &trial->state, err);
    for (int layer = 0; status == 0 && layer < network->layer_count; layer++)
        if (network->layers[layer].kind == LAYER_CONV)
            status =
                shift_layer(task, layer, trial->choices, in_float, &trial->state, err);
    return status;
}

/* ---- keeping -------------------------------------------------------------------------------- */

/* What replaces an earlier correction has to be better in any case. */
static bool is_kept(const struct method_task *task, const struct result_point *trial,
                    const struct result_point *point)
{
    bool is_judged =
        task->one->method->bias_correction_accept == ACCEPT_IF_LOSS_DROPS ||
        state_has(&point->state, STATE_BIAS_SHIFT);

    return !is_judged || method_is_better(trial, point);
}

/* What is kept whatever it costs. */
static void warn_of_rise(const char *when, const struct result_point *trial,
                         const struct result_point *point, struct result *result)
{
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    result_warn(result,
                "measuring biases %s: the loss rose from %s to %s; they are kept "
                "(bias_correction_accept: always), if_loss_drops would leave them out",
                when, text_of_loss(method_judged_loss(point), before),
                text_of_loss(method_judged_loss(trial), after));
}

/* The trial's state is in force; it changes hands, or is left. */
static int keep_or_forget(const struct method_task *task, const char *when,
                          struct result_point *trial, struct result_point *point,
                          struct result *result, struct error *err)
{
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    if (is_kept(task, trial, point)) {
        if (method_is_better(point, trial))
            warn_of_rise(when, trial, point, result);
        state_swap(&point->state, &trial->state);
        point->calibration = trial->calibration;
        point->check = trial->check;
        return 0;
    }
    result_warn(result,
                "measuring biases %s does not lower the loss (%s, with them %s): "
                "they stay as they are",
                when, text_of_loss(method_judged_loss(point), before),
                text_of_loss(method_judged_loss(trial), after));
    return team_put_state(task->team, &point->state, err);
}

static int correct(const struct method_task *task, const char *when,
                   struct state *in_float, struct result_point *point,
                   struct result *result, struct error *err)
{
    struct result_point trial = {.choices = point->choices,
                                 .state = state_copy(&point->state)};
    int status = 0;

    if (!state_has(in_float, STATE_MEAN_OUTPUTS))
        status = measure_in_float(task, in_float, err);
    if (status == 0)
        status = measure_shifts(task, in_float, &trial, err);
    if (status == 0)
        status = method_score(task, &trial, err);
    if (status == 0)
        status = keep_or_forget(task, when, &trial, point, result, err);
    state_clear(&trial.state);
    return status;
}

int empirical_correction(const struct method_task *task, const char *when,
                         struct state *in_float, struct result_point *point,
                         struct result *result, struct error *err)
{
    int phase;
    int status;

    if (!is_asked_for(task))
        return 0;
    phase = method_begin_phase(task->team, result, "biases");
    progress_show(task->progress, "%s: biases", task->one->id);
    status = correct(task, when, in_float, point, result, err);
    method_end_phase(task->team, result, phase, 1);
    return status;
}
