#include "coordinator/calibration.h"

#include "coordinator/overhead_notes.h"
#include "coordinator/run_folder.h"
#include "coordinator/sample_note.h"
#include "core/base/memory.h"
#include "link/link.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct calibration_case *case_of(const struct calibration *calibration)
{
    return &calibration->cases->list[calibration->index];
}

/* ---- validation --------------------------------------------------------------------------- */

/* Start and result in one pass over the validation samples, where the same state is in force;
 * often they are the same. */
static int validate_both(struct team *team, struct result *result, struct error *err)
{
    int items = result->placement->count;
    size_t bytes = (size_t)items * sizeof(struct choice);
    int count =
        choices_are_same(result->start.choices, result->result.choices, items) ? 1 : 2;
    struct choice *choices = memory_get(2 * bytes);
    struct score scores[2];
    int status;

    memcpy(choices, result->start.choices, bytes);
    memcpy(choices + items, result->result.choices, bytes);
    status = team_validate(team, choices, count, scores, err);
    free(choices);
    if (status < 0)
        return -1;
    result->start.validation = scores[0];
    result->result.validation = scores[count - 1];
    return 0;
}

static int validate_point(struct team *team, struct result_point *point,
                          struct error *err)
{
    if (team_put_state(team, &point->state, err) < 0)
        return -1;
    return team_validate(team, point->choices, 1, &point->validation, err);
}

static int validate(const struct calibration *calibration, struct result *result,
                    struct error *err)
{
    struct team *team = calibration->team;
    int phase = method_begin_phase(team, result, "validation");
    int status;

    progress_show(calibration->progress, "%s: validation", result->case_id);
    if (state_is_equal(&result->start.state, &result->result.state))
        status = validate_both(team, result, err);
    else
        status = validate_point(team, &result->start, err) < 0
                     ? -1
                     : validate_point(team, &result->result, err);
    method_end_phase(team, result, phase, 0);
    return status;
}

/* ---- the result --------------------------------------------------------------------------- */

static void warn_of_overlap(struct result *result)
{
    if (result->provenance.overlapping > 0)
        result_warn(
            result,
            "%zu validation samples are calibration samples too (overlap: allow): "
            "the validation numbers are not held out",
            result->provenance.overlapping);
}

static void warn_of_few_samples(const struct team_case *opened, struct result *result)
{
    char text[SAMPLE_NOTE_BYTES];

    if (sample_note(result->model, opened, text))
        result_warn(result, "%s", text);
}

void calibration_describe(const struct calibration *calibration,
                          const struct team_case *opened, struct result *result)
{
    const struct calibration_case *one = case_of(calibration);
    const struct model_facts *facts = calibration->facts;
    struct team *team = calibration->team;

    result_init(result, one->id, team_placement(team)->count);
    result->model = one->model;
    result->target = one->target;
    result->bits = one->bits;
    result->method = one->method;
    result->network = team_network(team);
    result->placement = team_placement(team);
    result->float_calibration = facts->calibration;
    result->float_validation = facts->validation;
    result->provenance = facts->provenance;
    result->identity = memory_text(calibration->identity);
    result->ranks = link_ranks();
    warn_of_overlap(result);
    warn_of_few_samples(opened, result);
    if (facts->data.classes == 1)
        result_warn(result,
                    "the network has one output and so no classes: accuracies are "
                    "not told, and validation losses are distances from the "
                    "float network's output");
    if (facts->guess)
        result_warn(result, "%s", facts->guess);
}

/* What is evaluated as folded codes must be what the split layers would give. */
static int check_splits(struct team *team, struct result *result, struct error *err)
{
    int phase;
    int status;

    if (result->method->splitting.ratio == 0)
        return 0;
    phase = method_begin_phase(team, result, "check of splits");
    status = team_check_splits(team, result->result.choices, err);
    method_end_phase(team, result, phase, 0);
    return status;
}

struct method_task calibration_task(const struct calibration *calibration,
                                    const struct team_case *opened)
{
    return (struct method_task){
        .team = calibration->team,
        .one = case_of(calibration),
        .has_check = opened->check_samples > 0,
        .seed = calibration->config->seed,
        .folder = calibration->config->out,
        .max_evaluations = calibration->config->max_evaluations,
        .max_seconds = calibration->config->max_seconds,
        .progress = calibration->progress,
    };
}

static int find_result(const struct calibration *calibration,
                       const struct team_case *opened, struct result *result,
                       struct error *err)
{
    struct team *team = calibration->team;
    struct method_task task = calibration_task(calibration, opened);

    if (method_run(&task, result, err) < 0)
        return -1;
    overhead_notes(result);
    if (check_splits(team, result, err) < 0)
        return -1;
    if (opened->validation_samples > 0 && validate(calibration, result, err) < 0)
        return -1;
    if (result->result.calibration.not_finite > 0)
        result_warn(result, "%lld calibration samples have logits that are not finite",
                    (long long)result->result.calibration.not_finite);
    return 0;
}

static int write_result(const struct calibration *calibration, struct result *result,
                        struct error *err)
{
    char folder[PATH_MAX];

    result->cost =
        cost_model_of(result->network, result->placement, result->result.choices);
    result->seconds = team_seconds(calibration->team);
    result->cpu_seconds = team_cpu_seconds(calibration->team);
    result->work = team_scores(calibration->team);
    result->replayed = team_replayed(calibration->team);
    if (run_folder_case_path(calibration->config, result->case_id, "", folder, err) < 0)
        return -1;
    return result_write_state(result, folder, err) < 0
               ? -1
               : result_write_json(result, folder, err);
}

/* ---- the story ---------------------------------------------------------------------------- */

/* Once a model, as soon as it is known. */
static void tell_of_guess(const struct calibration *calibration)
{
    struct model_facts *facts = calibration->facts;

    if (!calibration->log || !facts->guess || facts->is_guess_told)
        return;
    progress_clear(calibration->progress);
    fprintf(calibration->log, "WARNING: model %s: %s\n",
            case_of(calibration)->model->name, facts->guess);
    facts->is_guess_told = true;
}

/* What is to be done with the open case. */
struct work {
    calibration_work_fn *run;
    void *context;
};

static int begin_and_work(const struct calibration *calibration, struct work work,
                          const struct team_case *opened, struct result *result,
                          struct error *err)
{
    struct team *team = calibration->team;

    if (model_facts_find(calibration->facts, calibration->config,
                         case_of(calibration)->model, team, opened,
                         calibration->progress, err) < 0)
        return -1;
    tell_of_guess(calibration);
    calibration_describe(calibration, opened, result);
    method_add_phase(result, "opening", team_seconds(team));
    return work.run(work.context, calibration, opened, result, err);
}

static void tell_of_journal(const struct calibration *calibration,
                            const struct journal *journal)
{
    FILE *log = calibration->log;

    if (!log || (journal_answers(journal) == 0 && journal_damage(journal) == 0))
        return;
    progress_clear(calibration->progress);
    fprintf(log, "%s: goes on from %zu answers of an earlier run",
            case_of(calibration)->id, journal_answers(journal));
    if (journal_damage(journal) > 0)
        fprintf(log, "; the journal's damaged end, %zu bytes, is cut off",
                journal_damage(journal));
    fputc('\n', log);
}

/* Once a model: when nothing was found out about it. */
static void tell_of_few_samples(const struct calibration *calibration,
                                const struct team_case *opened)
{
    char text[SAMPLE_NOTE_BYTES];

    if (!calibration->log || calibration->facts->has_scores ||
        !sample_note(case_of(calibration)->model, opened, text))
        return;
    progress_clear(calibration->progress);
    fprintf(calibration->log, "model %s: %s\n", case_of(calibration)->model->name,
            text);
}

static int with_journal(const struct calibration *calibration, struct work work,
                        const struct team_case *opened, struct result *result,
                        struct error *err)
{
    struct journal *journal = run_folder_open_journal(
        calibration->config, case_of(calibration)->id, calibration->identity, err);
    struct error ignored;
    int status;

    if (!journal)
        return -1;
    tell_of_journal(calibration, journal);
    team_use_journal(calibration->team, journal);
    status = begin_and_work(calibration, work, opened, result, err);
    team_use_journal(calibration->team, NULL);
    return journal_close(journal, status == 0 ? err : &ignored) < 0 ? -1 : status;
}

int calibration_open(const struct calibration *calibration, calibration_work_fn *run,
                     void *context, struct result *result, struct error *err)
{
    const struct model_facts *facts = calibration->facts;
    struct team_case opened;

    if (team_open(calibration->team, calibration->index, &opened, err) < 0)
        return -1;
    if (!facts->has_hashes)
        return error_set(err, facts->failed, "%s", facts->failure);
    tell_of_few_samples(calibration, &opened);
    return with_journal(calibration, (struct work){run, context}, &opened, result, err);
}

/* Start -> search -> validate -> result. */
static int calibrate(void *context, const struct calibration *calibration,
                     const struct team_case *opened, struct result *result,
                     struct error *err)
{
    (void)context;
    if (find_result(calibration, opened, result, err) < 0)
        return -1;
    return write_result(calibration, result, err);
}

int calibration_run(const struct calibration *calibration, struct result *result,
                    struct error *err)
{
    return calibration_open(calibration, calibrate, NULL, result, err);
}
