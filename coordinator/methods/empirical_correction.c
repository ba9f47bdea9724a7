#include "coordinator/methods/empirical_correction.h"

#include "coordinator/methods/point_state.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#include <math.h>
#include <stdlib.h>

void float_outputs_clear(struct float_outputs *in_float)
{
    free(in_float->means);
    *in_float = (struct float_outputs){0};
}

static bool is_asked_for(const struct method_task *task)
{
    return task->one->method->bias_correction == BIAS_CORRECTION_EMPIRICAL;
}

long empirical_correction_evaluations(const struct method_task *task)
{
    return is_asked_for(task);
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* The mean outputs [out_channels] of a convolution before its clamp and residual, with the scale and
 * shift that are in force. */
static int mean_outputs(const struct method_task *task, int layer,
                        const struct choice *choices, double *means, struct error *err)
{
    const struct layer *of = &team_network(task->team)->layers[layer];
    const struct conv *conv = &of->conv;

    if (team_product_means(task->team, layer, choices, means, err) < 0)
        return -1;
    for (int channel = 0; channel < of->weights->outputs; channel++)
        means[channel] = means[channel] * conv->scale[channel] + conv->shift[channel];
    return 0;
}

/* The trained statistics are in force afterwards. */
static int measure_in_float(const struct method_task *task,
                            struct float_outputs *in_float, struct error *err)
{
    const struct network *network = team_network(task->team);
    struct bias_shifts all = bias_shifts_of(network);
    double *means = memory_zeroed(all.count, sizeof *means), *at = means;
    int status = team_restore_batchnorms(task->team, err);

    bias_shifts_clear(&all);
    for (int layer = 0; status == 0 && layer < network->layer_count; layer++) {
        if (network->layers[layer].kind != LAYER_CONV)
            continue;
        status = mean_outputs(task, layer, NULL, at, err);
        at += network->layers[layer].weights->outputs;
    }
    if (status == 0)
        in_float->means = means;
    else
        free(means);
    return status;
}

/* Of a channel of which nothing can be told nothing is corrected. */
static float lacking(double in_float, double mean)
{
    float shift = (float)(in_float - mean);

    return isfinite(shift) ? shift : 0;
}

/* One layer after the other, each behind the corrections of those before it. */
static int measure_shifts(const struct method_task *task,
                          const struct float_outputs *in_float,
                          const struct choice *choices,
                          const struct bias_shifts *shifts, struct error *err)
{
    const struct network *network = team_network(task->team);
    double *means = memory_get((shifts->count + 1) * sizeof *means);
    size_t at = 0;
    int status = 0;

    for (int layer = 0; status == 0 && layer < network->layer_count; layer++) {
        size_t channels;

        if (network->layers[layer].kind != LAYER_CONV)
            continue;
        channels = (size_t)network->layers[layer].weights->outputs;
        status = mean_outputs(task, layer, choices, means, err);
        for (size_t i = 0; status == 0 && i < channels; i++)
            shifts->values[at + i] = lacking(in_float->means[at + i], means[i]);
        if (status == 0)
            status = team_put_bias_shift(task->team, layer, shifts->values + at, err);
        at += channels;
    }
    free(means);
    return status;
}

/* ---- keeping -------------------------------------------------------------------------------- */

static double judged_loss(const struct result_point *point)
{
    return score_loss(point->check.samples > 0 ? &point->check : &point->calibration);
}

/* What replaces an earlier correction has to be better in any case. */
static bool is_kept(const struct method_task *task, const struct result_point *trial,
                    const struct result_point *point)
{
    bool is_judged =
        task->one->method->bias_correction_accept == ACCEPT_IF_LOSS_DROPS ||
        point->bias_shifts.count > 0;

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
                when, text_of_loss(judged_loss(point), before),
                text_of_loss(judged_loss(trial), after));
}

/* The trial's bias shifts are in force; they change hands, or are freed. */
static int keep_or_forget(const struct method_task *task, const char *when,
                          struct result_point *trial, struct result_point *point,
                          struct result *result, struct error *err)
{
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    if (is_kept(task, trial, point)) {
        if (method_is_better(point, trial))
            warn_of_rise(when, trial, point, result);
        bias_shifts_clear(&point->bias_shifts);
        point->bias_shifts = trial->bias_shifts;
        point->calibration = trial->calibration;
        point->check = trial->check;
        return 0;
    }
    bias_shifts_clear(&trial->bias_shifts);
    result_warn(result,
                "measuring biases %s does not lower the loss (%s, with them %s): "
                "they stay as they are",
                when, text_of_loss(judged_loss(point), before),
                text_of_loss(judged_loss(trial), after));
    return point_put(task->team, point, err);
}

static int correct(const struct method_task *task, const char *when,
                   struct float_outputs *in_float, struct result_point *point,
                   struct result *result, struct error *err)
{
    struct result_point trial = {.choices = point->choices,
                                 .batchnorms = point->batchnorms};

    if (!in_float->means && measure_in_float(task, in_float, err) < 0)
        return -1;
    trial.bias_shifts = bias_shifts_of(team_network(task->team));
    if (point_put_statistics(task->team, point, err) < 0 ||
        measure_shifts(task, in_float, point->choices, &trial.bias_shifts, err) < 0 ||
        method_score(task, &trial, err) < 0) {
        bias_shifts_clear(&trial.bias_shifts);
        return -1;
    }
    return keep_or_forget(task, when, &trial, point, result, err);
}

int empirical_correction(const struct method_task *task, const char *when,
                         struct float_outputs *in_float, struct result_point *point,
                         struct result *result, struct error *err)
{
    struct result_phase *phase;
    int status;

    if (!is_asked_for(task))
        return 0;
    phase = method_begin_phase(task->team, result, "biases");
    progress_show(task->progress, "%s: biases", task->one->id);
    status = correct(task, when, in_float, point, result, err);
    phase->evaluations = 1;
    method_end_phase(task->team, phase);
    return status;
}
