#include "core/case/case_beside_file.h"

#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/case/case_samples.h"
#include "core/case/shard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the networks ------------------------------------------------------------------------- */

struct both {
    const struct finished_case *finished;
    struct network
        *in_float; /* as the file has it; owned, or NULL: the loss needs none */
    struct evaluator *measures; /* of `in_float` */
    struct evaluator *ours, *theirs;
    size_t outputs;
    struct beside_file *beside;
};

/* The network before it was equalised and corrected. */
static int open_float(struct both *both, struct error *err)
{
    const struct config_model *model = both->finished->one->model;

    if (!loss_table[model->loss].needs_float_logits)
        return 0;
    both->in_float = shard_read_network(both->finished->one, err);
    if (!both->in_float)
        return -1;
    both->measures = case_evaluator(both->finished, both->in_float, err);
    return both->measures ? 0 : -1;
}

static int open_both(struct both *both, const struct network *file, struct error *err)
{
    const struct finished_case *finished = both->finished;

    both->ours = case_evaluator(finished, finished->network, err);
    if (!both->ours)
        return -1;
    both->theirs = case_evaluator(finished, file, err);
    return both->theirs ? open_float(both, err) : -1;
}

static void close_both(struct both *both)
{
    evaluator_destroy(both->ours);
    evaluator_destroy(both->theirs);
    evaluator_destroy(both->measures);
    network_destroy(both->in_float);
}

/* ---- samples ------------------------------------------------------------------------------ */

static int score_both(void *context, struct samples samples, struct error *err)
{
    struct both *both = context;
    float *logits = NULL;

    (void)err;
    if (both->measures) {
        logits = memory_get(samples.count * both->outputs * sizeof *logits);
        evaluator_logits(both->measures, NULL, samples, logits);
        samples.float_logits = logits;
    }
    evaluator_score_others(both->ours, both->finished->choices, 1, samples,
                           &both->beside->ours);
    evaluator_score_others(both->theirs, both->finished->choices, 1, samples,
                           &both->beside->theirs);
    free(logits);
    return 0;
}

static void compare_logits(const struct both *both, const float *ours,
                           const float *theirs, size_t count)
{
    struct beside_file *beside = both->beside;
    enum loss loss = both->finished->one->model->loss;
    size_t outputs = output_shape_of(both->finished->network).outputs;

    for (size_t i = 0; i < count; i++)
        beside->largest_difference =
            fmax(beside->largest_difference, fabs((double)ours[i] - (double)theirs[i]));
    if (loss_classes(loss, outputs) == 1)
        return;
    for (size_t i = 0; i < count; i += outputs)
        beside->other_predictions +=
            loss_prediction(ours + i, outputs) != loss_prediction(theirs + i, outputs);
}

static int predict_both(void *context, struct samples samples, struct error *err)
{
    struct both *both = context;
    size_t count = samples.count * both->outputs;
    float *ours = memory_get(count * sizeof *ours);
    float *theirs = memory_get(count * sizeof *theirs);

    (void)err;
    evaluator_logits(both->ours, both->finished->choices, samples, ours);
    evaluator_logits(both->theirs, both->finished->choices, samples, theirs);
    compare_logits(both, ours, theirs, count);
    both->beside->samples += samples.count;
    free(ours);
    free(theirs);
    return 0;
}

int case_beside_file(const struct finished_case *finished, const struct network *file,
                     struct beside_file *beside, struct error *err)
{
    const struct network *network = finished->network;
    struct both both = {
        .finished = finished,
        .outputs = network->tensors[network->output].count,
        .beside = beside,
    };
    int status;

    *beside = (struct beside_file){0};
    status = open_both(&both, file, err);
    if (status == 0)
        status = case_samples_of_search(finished, score_both, &both, err);
    if (status == 0)
        status = case_samples_to_judge(finished, predict_both, &both, err);
    close_both(&both);
    return status;
}

bool beside_file_is_same(const struct beside_file *beside)
{
    return score_is_equal(&beside->ours, &beside->theirs) &&
           beside->other_predictions == 0 && beside->largest_difference == 0;
}

/* ---- the result --------------------------------------------------------------------------- */

bool case_has_our_digits(const struct finished_case *finished)
{
    char line[32];

    snprintf(line, sizeof line, "digits: %d\n", VERSION_DIGITS);
    return strncmp(finished->result.identity, line, strlen(line)) == 0;
}

enum loss_found case_loss_found(const struct finished_case *finished,
                                const struct score *score)
{
    const struct score *calibration = &finished->result.result.calibration;
    const double nearly = 0.01;
    double loss = score_loss(score), found = score_loss(calibration);

    if (score_is_equal(score, calibration))
        return LOSS_FOUND_AGAIN;
    if (case_has_our_digits(finished))
        return LOSS_FOUND_ANOTHER;
    return fabs(loss - found) <= nearly * fmax(fabs(loss), fabs(found))
               ? LOSS_FOUND_NEARLY
               : LOSS_FOUND_ANOTHER;
}
