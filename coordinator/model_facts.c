#include "coordinator/model_facts.h"

#include "core/base/memory.h"

#include <stdlib.h>

void model_facts_clear(struct model_facts *facts)
{
    free(facts->failure);
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
    if (hash_file(model->network, provenance->network_hash, err) < 0 ||
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

void model_facts_take(struct model_facts *facts, const struct result *result)
{
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

/* Of the samples put aside only this is asked. */
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

int model_facts_find(struct model_facts *facts, const struct config *config,
                     const struct config_model *model, struct team *team,
                     const struct team_case *opened, struct progress *progress,
                     struct error *err)
{
    if (facts->failure)
        return error_set(err, facts->failed, "%s", facts->failure);
    facts->provenance.kernel = team_kernels(team)->name;
    if (facts->has_scores &&
        (facts->provenance.overlapping == 0 || config->overlap == OVERLAP_ALLOW))
        return 0;
    if (check_overlap(facts, config, model, team, err) < 0 ||
        score_float(facts, model, team, opened, progress, err) < 0)
        return keep_failure(facts, err);
    facts->has_scores = true;
    return 0;
}
