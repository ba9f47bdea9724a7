#include "coordinator/model_facts.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/format/identity.h"
#include "core/onnx/onnx_external.h"

#include <stdlib.h>

void model_facts_clear(struct model_facts *facts)
{
    free(facts->failure);
    free(facts->guess);
    *facts = (struct model_facts){0};
}

/* Failures of the machine may be over when the next case is run. */
static int keep_failure(struct model_facts *facts, const struct error *err)
{
    if (err->code == EXIT_MACHINE || err->code == EXIT_STOPPED)
        return -1;
    facts->failed = err->code;
    facts->failure = memory_text(err->text);
    return -1;
}

static int hash_all(const struct config_model *model, struct provenance *provenance,
                    struct error *err)
{
    provenance->validation_hash[0] = '\0';
    if (onnx_external_hash(model->network, provenance->network_hash, err) < 0 ||
        hash_file(model->calibration.file, provenance->calibration_hash, err) < 0)
        return -1;
    if (!model->validation.file)
        return 0;
    return hash_file(model->validation.file, provenance->validation_hash, err);
}

void model_facts_hash(struct model_facts *facts, const struct config_model *model)
{
    struct error err;

    facts->has_hashes = hash_all(model, &facts->provenance, &err) == 0;
    if (!facts->has_hashes)
        keep_failure(facts, &err);
}

char *model_facts_identity(const struct model_facts *facts, const struct config *config,
                           const struct calibration_case *one)
{
    if (!facts->has_hashes)
        return NULL;
    return identity_text(&(struct identity_parts){
        .config = config,
        .model = one->model,
        .target = one->target,
        .bits = one->bits,
        .method = one->method,
        .network_hash = facts->provenance.network_hash,
        .calibration_hash = facts->provenance.calibration_hash,
        .validation_hash = facts->provenance.validation_hash,
    });
}

void model_facts_take(struct model_facts *facts, const struct result *result)
{
    if (score_lacks(&result->float_validation, result->model->metric))
        return;
    facts->has_scores = true;
    facts->provenance.overlapping = result->provenance.overlapping;
    facts->calibration = result->float_calibration;
    facts->validation = result->float_validation;
}

/* Honest numbers need validation samples that the search has not seen. */
static int check_overlap(struct model_facts *facts, const struct config *config,
                         const struct config_model *model, struct team *team,
                         struct error *err)
{
    size_t count, first;

    if (team_count_overlapping(team, &count, &first, err) < 0)
        return -1;
    facts->provenance.overlapping = count;
    if (count > 0 && config->overlap == OVERLAP_REFUSE)
        return error_set(
            err, EXIT_INPUT,
            "model %s: %zu validation samples are calibration samples too, "
            "first sample %zu of %s; choose other ranges, or say `overlap: "
            "allow` to have it on record",
            model->name, count, first, model->validation.file);
    return 0;
}

static int check_finite(const struct config_model *model, const struct score *score,
                        const char *samples, const char *file, struct error *err)
{
    if (score->not_finite == 0)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "model %s: the float network's own outputs are not finite for %lld "
        "of the %lld %s samples of %s: it overflows, or its weights are "
        "damaged; see whether the data are scaled as it was trained "
        "(scale, mean, std)",
        model->name, (long long)score->not_finite, (long long)score->samples, samples,
        file);
}

/* Of the held-out samples only this is asked. */
static int score_float_check(const struct config_model *model, struct team *team,
                             struct error *err)
{
    struct score score;

    if (team_check(team, NULL, 1, &score, err) < 0)
        return -1;
    return check_finite(model, &score, "calibration (check)", model->calibration.file,
                        err);
}

static int score_float(struct model_facts *facts, const struct config_model *model,
                       struct team *team, const struct team_case *opened,
                       struct progress *progress, struct error *err)
{
    progress_show(progress, "%s: the float network", model->name);
    if (team_score(team, NULL, 1, &facts->calibration, err) < 0 ||
        check_finite(model, &facts->calibration, "calibration", model->calibration.file,
                     err) < 0)
        return -1;
    if (opened->check_samples > 0 && score_float_check(model, team, err) < 0)
        return -1;
    if (opened->validation_samples == 0)
        return 0;
    if (team_validate(team, NULL, 1, &facts->validation, err) < 0)
        return -1;
    return check_finite(model, &facts->validation, "validation", model->validation.file,
                        err);
}

/* ---- guessing ----------------------------------------------------------------------------- */

/* Samples with labels, and what the float network makes of them. */
struct judged {
    const char *name;
    const struct score *score;
    const struct label_shares *labels;
    enum loss loss;
};

static struct judged judged_samples(const struct model_facts *facts,
                                    const struct config_model *model)
{
    if (facts->calibration.labelled > 0)
        return (struct judged){"calibration", &facts->calibration,
                               &facts->data.calibration, model->loss};
    return (struct judged){"validation", &facts->validation, &facts->data.validation,
                           loss_to_validate(model->loss, (size_t)facts->data.classes)};
}

/* What to look at comes before the settings, of which there may be many. */
static char *describe_guess(const struct judged *judged,
                            const struct effective_data *data)
{
    char loss[TEXT_OF_LOSS_BYTES], constant[TEXT_OF_LOSS_BYTES];
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    fprintf(file,
            "the float network is no better than guessing: it predicts %lld of %lld %s "
            "labels, and who always says %d predicts %zu",
            (long long)judged->score->metrics[METRIC_TOP1],
            (long long)judged->score->labelled, judged->name,
            judged->labels->most_frequent, judged->labels->most);
    if (loss_table[judged->loss].needs_labels)
        fprintf(file, " (%s %s, of the best constant guess %s)",
                loss_table[judged->loss].name,
                text_of_loss(score_loss(judged->score), loss),
                text_of_loss(judged->labels->entropy, constant));
    fprintf(
        file,
        "; look at scale, mean and std, at the order of colours (RGB or BGR) and of "
        "dimensions, and whether labels mean the network's classes (another order, "
        "counted from 1). It is given: %s",
        data->text);
    fclose(file);
    return text;
}

static int find_guess(struct model_facts *facts, const struct config_model *model,
                      struct team *team, struct error *err)
{
    struct judged judged;

    if (facts->has_data)
        return 0;
    if (team_effective_data(team, &facts->data, err) < 0)
        return -1;
    facts->has_data = true;
    judged = judged_samples(facts, model);
    /* Of two classes in groups, few are of one, and their order is what is learned. */
    if (!(model->groups && facts->data.classes == 2) &&
        guess_is_as_good(judged.score, judged.loss, judged.labels, facts->data.classes))
        facts->guess = describe_guess(&judged, &facts->data);
    return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

int model_facts_find(struct model_facts *facts, const struct config *config,
                     const struct config_model *model, struct team *team,
                     const struct team_case *opened, struct progress *progress,
                     struct error *err)
{
    if (facts->failure)
        return error_set(err, facts->failed, "%s", facts->failure);
    facts->provenance.kernel = team_kernels(team)->name;
    facts->provenance.cpu = team_cpus(team);
    if (facts->has_scores &&
        (facts->provenance.overlapping == 0 || config->overlap == OVERLAP_ALLOW))
        return find_guess(facts, model, team, err);
    if (check_overlap(facts, config, model, team, err) < 0 ||
        score_float(facts, model, team, opened, progress, err) < 0 ||
        find_guess(facts, model, team, err) < 0)
        return keep_failure(facts, err);
    facts->has_scores = true;
    return 0;
}

/* ---- for a plan --------------------------------------------------------------------------- */

int model_facts_preview(struct model_facts *facts, const struct config *config,
                        const struct config_model *model, struct team *team,
                        struct error *err)
{
    if (check_overlap(facts, config, model, team, err) < 0 ||
        team_score(team, NULL, 1, &facts->calibration, err) < 0 ||
        check_finite(model, &facts->calibration, "calibration", model->calibration.file,
                     err) < 0)
        return -1;
    return find_guess(facts, model, team, err);
}

/* Against the float network itself a loss says nothing. */
static void tell_scores(const struct score *score, enum loss loss, FILE *out)
{
    char text[TEXT_OF_LOSS_BYTES];

    if (!loss_table[loss].needs_float_logits)
        fprintf(out, "; the float network's calibration loss is %s",
                text_of_loss(score_loss(score), text));
    if (score->labelled > 0)
        fprintf(out, "; %.2f %% of its calibration predictions are right",
                100 * score_metric(score, METRIC_TOP1));
}

void model_facts_tell(const struct model_facts *facts, const struct config_model *model,
                      FILE *out)
{
    fprintf(out, "model %s: %s", model->name, facts->data.text);
    tell_scores(&facts->calibration, model->loss, out);
    fputc('\n', out);
    if (facts->provenance.overlapping > 0)
        fprintf(out,
                "WARNING: model %s: %zu validation samples are calibration samples too "
                "(overlap: allow)\n",
                model->name, facts->provenance.overlapping);
    if (facts->guess)
        fprintf(out, "WARNING: model %s: %s\n", model->name, facts->guess);
}
