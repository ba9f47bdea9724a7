#include "coordinator/coordinator.h"

#include "coordinator/methods/batchnorm_matching.h"
#include "coordinator/methods/method.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/format/draft.h"
#include "core/format/table.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a model whatever the case: it is found out once. */
struct float_scores {
    const struct config_model *model; /* NULL: nothing yet */
    struct score calibration, validation;
    struct provenance provenance;
};

struct run {
    const struct config *config;
    const struct cases *cases;
    struct team *team;
    FILE *out;
    struct progress progress;
    struct float_scores known;
    struct result *results; /* [done] */
    int done;
};

/* ---- before the first case of a model --------------------------------------------------- */

static int hash_inputs(const struct config_model *model, struct provenance *provenance,
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

/* Honest numbers need validation samples that the search has not seen. */
static int check_overlap(struct run *run, const struct config_model *model,
                         struct provenance *provenance, struct error *err)
{
    size_t count, first;

    if (team_count_overlapping(run->team, &count, &first, err) < 0)
        return -1;
    provenance->overlapping = count;
    if (count > 0 && run->config->overlap == OVERLAP_REFUSE)
        return error_set(
            err, EXIT_INPUT,
            "model %s: %zu validation samples are calibration samples too, "
            "first sample %zu of %s; choose other ranges, or say `overlap: "
            "allow` to have it on record",
            model->name, count, first, model->validation.file);
    return 0;
}

static int score_float(struct run *run, const struct team_case *opened,
                       struct float_scores *known, struct error *err)
{
    progress_show(&run->progress, "%s: the float network", known->model->name);
    if (team_score(run->team, NULL, 1, &known->calibration, err) < 0)
        return -1;
    if (opened->validation_samples == 0)
        return 0;
    return team_validate(run->team, NULL, 1, &known->validation, err);
}

static int know_model(struct run *run, const struct calibration_case *one,
                      const struct team_case *opened, struct error *err)
{
    struct float_scores known = {.model = one->model};

    if (run->known.model == one->model)
        return 0;
    if (hash_inputs(one->model, &known.provenance, err) < 0 ||
        check_overlap(run, one->model, &known.provenance, err) < 0 ||
        score_float(run, opened, &known, err) < 0)
        return -1;
    known.provenance.kernel = team_kernels(run->team)->name;
    run->known = known;
    return 0;
}

/* ---- one case ------------------------------------------------------------------------------ */

/* Start and result in one pass over the validation samples, where the same batch norms are in
 * force; often they are the same. */
static int validate_both(struct run *run, struct result *result, struct error *err)
{
    size_t items = (size_t)result->placement->count;
    size_t bytes = items * sizeof(float);
    int count = memcmp(result->start.steps, result->result.steps, bytes) == 0 ? 1 : 2;
    float *steps = memory_get(2 * bytes);
    struct score scores[2];
    int status;

    memcpy(steps, result->start.steps, bytes);
    memcpy(steps + items, result->result.steps, bytes);
    status = team_validate(run->team, steps, count, scores, err);
    free(steps);
    if (status < 0)
        return -1;
    result->start.validation = scores[0];
    result->result.validation = scores[count - 1];
    return 0;
}

static int validate_point(struct run *run, struct result_point *point,
                          struct error *err)
{
    if (batchnorm_matching_put(run->team, &point->batchnorms, err) < 0)
        return -1;
    return team_validate(run->team, point->steps, 1, &point->validation, err);
}

static int validate(struct run *run, struct result *result, struct error *err)
{
    struct result_phase *phase = method_begin_phase(result, "validation");
    int status;

    progress_show(&run->progress, "%s: validation", result->case_id);
    if (batchnorm_statistics_are_same(&result->start.batchnorms,
                                      &result->result.batchnorms))
        status = validate_both(run, result, err);
    else
        status = validate_point(run, &result->start, err) < 0
                     ? -1
                     : validate_point(run, &result->result, err);
    method_end_phase(phase);
    return status;
}

static void warn_of_overlap(struct result *result)
{
    if (result->provenance.overlapping > 0)
        result_warn(
            result,
            "%zu validation samples are calibration samples too (overlap: allow): "
            "the validation numbers are not held out",
            result->provenance.overlapping);
}

static void describe(const struct run *run, const struct calibration_case *one,
                     struct result *result)
{
    result_init(result, one->id, team_placement(run->team)->count);
    result->model = one->model;
    result->target = one->target;
    result->bits = one->bits;
    result->method = one->method;
    result->network = team_network(run->team);
    result->placement = team_placement(run->team);
    result->float_calibration = run->known.calibration;
    result->float_validation = run->known.validation;
    result->provenance = run->known.provenance;
    result->ranks = team_ranks(run->team);
    warn_of_overlap(result);
}

static int find_result(struct run *run, const struct calibration_case *one,
                       const struct team_case *opened, struct result *result,
                       struct error *err)
{
    struct method_task task = {.team = run->team,
                               .one = one,
                               .has_check = opened->check_samples > 0,
                               .max_evaluations = run->config->max_evaluations,
                               .progress = &run->progress};

    struct executor_counters before, after;

    if (team_work(run->team, &before, err) < 0 || method_run(&task, result, err) < 0 ||
        team_work(run->team, &after, err) < 0)
        return -1;
    result->work = executor_counters_since(after, before);
    if (opened->validation_samples > 0 && validate(run, result, err) < 0)
        return -1;
    if (result->result.calibration.not_finite > 0)
        result_warn(result, "%lld calibration samples have logits that are not finite",
                    (long long)result->result.calibration.not_finite);
    return 0;
}

static int write_result(const struct run *run, const struct result *result,
                        struct error *err)
{
    char folder[PATH_MAX];

    if (snprintf(folder, sizeof folder, "%s/cases/%s", run->config->out,
                 result->case_id) >= (int)sizeof folder)
        return error_set(err, EXIT_MACHINE, "the path of %s is too long",
                         result->case_id);
    if (draft_make_folder(folder, err) < 0)
        return -1;
    return result_write_json(result, folder, err);
}

/* Measure -> start -> search -> validate -> result. */
static int run_case(struct run *run, int index, struct error *err)
{
    const struct calibration_case *one = &run->cases->list[index];
    struct result *result = &run->results[run->done];
    double began = clock_seconds();
    struct team_case opened;

    if (team_open(run->team, index, &opened, err) < 0 ||
        know_model(run, one, &opened, err) < 0)
        return -1;
    describe(run, one, result);
    run->done++;
    method_add_phase(result, "opening", clock_seconds() - began);
    if (find_result(run, one, &opened, result, err) < 0)
        return error_prefix(err, "case %s", one->id);
    result->seconds = clock_seconds() - began;
    if (write_result(run, result, err) < 0)
        return -1;
    result->network = NULL; /* they go when the next case is opened */
    result->placement = NULL;
    return 0;
}

/* ---- the run ------------------------------------------------------------------------------- */

static int write_config(const struct run *run, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    if (draft_make_folder(run->config->out, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/config.yaml", run->config->out);
    file = draft_open(path, err);
    if (!file)
        return -1;
    return draft_close(file, path, config_write(run->config, file, err), err);
}

static int write_csv(const struct run *run, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/results.csv", run->config->out);
    file = draft_open(path, err);
    if (!file)
        return -1;
    result_write_csv_head(file);
    for (int i = 0; i < run->done; i++)
        result_write_csv_line(&run->results[i], file);
    return draft_close(file, path, 0, err);
}

static int run_all(struct run *run, struct error *err)
{
    if (write_config(run, err) < 0)
        return -1;
    for (int index = 0; index < run->cases->count; index++) {
        if (run_case(run, index, err) < 0)
            return -1;
        progress_clear(&run->progress);
        if (index == 0)
            table_print_head(run->out);
        table_print_result(run->out, &run->results[index],
                           index > 0 ? run->results[index - 1].model : NULL);
        if (write_csv(run, err) < 0)
            return -1;
    }
    fprintf(run->out, "\nresults: %s/results.csv, %s/cases/*/result.json\n",
            run->config->out, run->config->out);
    return 0;
}

int coordinator_run(const struct config *config, const struct cases *cases,
                    struct team *team, FILE *out, FILE *log, struct error *err)
{
    struct run run = {
        .config = config,
        .cases = cases,
        .team = team,
        .out = out,
        .results = memory_zeroed((size_t)cases->count, sizeof *run.results),
    };
    int status;

    progress_init(&run.progress, log);
    status = run_all(&run, err);
    progress_clear(&run.progress);
    for (int i = 0; i < run.done; i++)
        result_clear(&run.results[i]);
    free(run.results);
    return status;
}
