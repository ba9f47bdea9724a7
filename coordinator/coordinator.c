#include "coordinator/coordinator.h"

#include "coordinator/methods/method.h"
#include "coordinator/methods/point_state.h"
#include "coordinator/model_facts.h"
#include "coordinator/plan.h"
#include "coordinator/run_folder.h"
#include "coordinator/sweep.h"
#include "core/base/clock.h"
#include "core/base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct config *config;
    const struct cases *cases;
    struct team *team;
    FILE *out, *log;
    struct progress progress;
    struct model_facts *facts; /* [models] */
    struct sweep sweep;
};

/* ---- validation --------------------------------------------------------------------------- */

/* Start and result in one pass over the validation samples, where the same batch norms and biases are
 * in force; often they are the same. */
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
    if (point_put(run->team, point, err) < 0)
        return -1;
    return team_validate(run->team, point->steps, 1, &point->validation, err);
}

static int validate(struct run *run, struct result *result, struct error *err)
{
    struct result_phase *phase = method_begin_phase(run->team, result, "validation");
    int status;

    progress_show(&run->progress, "%s: validation", result->case_id);
    if (points_are_alike(&result->start, &result->result))
        status = validate_both(run, result, err);
    else
        status = validate_point(run, &result->start, err) < 0
                     ? -1
                     : validate_point(run, &result->result, err);
    method_end_phase(run->team, phase);
    return status;
}

/* ---- one case ----------------------------------------------------------------------------- */

static struct model_facts *facts_of(const struct run *run,
                                    const struct calibration_case *one)
{
    return &run->facts[one->model - run->config->models];
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

static void describe(const struct run *run, int index, struct result *result)
{
    const struct calibration_case *one = &run->cases->list[index];
    const struct model_facts *facts = facts_of(run, one);

    result_init(result, one->id, team_placement(run->team)->count);
    result->model = one->model;
    result->target = one->target;
    result->bits = one->bits;
    result->method = one->method;
    result->network = team_network(run->team);
    result->placement = team_placement(run->team);
    result->float_calibration = facts->calibration;
    result->float_validation = facts->validation;
    result->provenance = facts->provenance;
    result->identity = memory_text(run->sweep.each[index].identity);
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
                               .max_seconds = run->config->max_seconds,
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

static int write_result(const struct run *run, struct result *result, struct error *err)
{
    char inside[CASE_ID_BYTES + 8], folder[PATH_MAX];

    result->seconds = team_seconds(run->team);
    result->replayed = team_replayed(run->team);
    snprintf(inside, sizeof inside, "cases/%s", result->case_id);
    if (run_folder_path(run->config, inside, folder, err) < 0)
        return -1;
    return result_write_json(result, folder, err);
}

/* Measure -> start -> search -> validate -> result, with the journal at hand. */
static int calibrate(struct run *run, int index, const struct team_case *opened,
                     struct result *result, struct error *err)
{
    const struct calibration_case *one = &run->cases->list[index];

    if (model_facts_find(facts_of(run, one), run->config, one->model, run->team, opened,
                         &run->progress, err) < 0)
        return -1;
    describe(run, index, result);
    method_add_phase(run->team, result, "opening", team_seconds(run->team));
    if (find_result(run, one, opened, result, err) < 0)
        return -1;
    return write_result(run, result, err);
}

static void tell_of_journal(struct run *run, const char *case_id,
                            const struct journal *journal)
{
    if (journal_answers(journal) == 0 && journal_damage(journal) == 0)
        return;
    progress_clear(&run->progress);
    fprintf(run->log, "%s: goes on from %zu answers of an earlier run", case_id,
            journal_answers(journal));
    if (journal_damage(journal) > 0)
        fprintf(run->log, "; the journal's damaged end, %zu bytes, is cut off",
                journal_damage(journal));
    fputc('\n', run->log);
}

static int with_journal(struct run *run, int index, const struct team_case *opened,
                        struct result *result, struct error *err)
{
    const char *id = run->cases->list[index].id;
    struct journal *journal =
        run_folder_open_journal(run->config, id, run->sweep.each[index].identity, err);
    struct error ignored;
    int status;

    if (!journal)
        return -1;
    tell_of_journal(run, id, journal);
    team_use_journal(run->team, journal);
    status = calibrate(run, index, opened, result, err);
    team_use_journal(run->team, NULL);
    return journal_close(journal, status == 0 ? err : &ignored) < 0 ? -1 : status;
}

static int run_case(struct run *run, int index, struct result *result,
                    struct error *err)
{
    const struct calibration_case *one = &run->cases->list[index];
    const struct model_facts *facts = facts_of(run, one);
    struct team_case opened;

    if (team_open(run->team, index, &opened, err) < 0)
        return -1;
    if (!facts->has_hashes)
        return error_set(err, facts->failed, "%s", facts->failure);
    return with_journal(run, index, &opened, result, err);
}

/* ---- all cases ---------------------------------------------------------------------------- */

/* A case that fails stands alone, a machine that fails does not. */
static bool ends_the_run(const struct error *err)
{
    return err->code == EXIT_MACHINE || err->code == EXIT_STOPPED;
}

static int settle_case(struct run *run, int index, struct error *err)
{
    struct result result = {0};
    int status;

    run_folder_forget_failure(run->config, run->cases->list[index].id);
    status = run_case(run, index, &result, err);

    progress_clear(&run->progress);
    if (status == 0) {
        sweep_done(&run->sweep, index, &result);
        return 0;
    }
    result_clear(&result);
    if (ends_the_run(err))
        return error_prefix(err, "case %s", run->cases->list[index].id);
    sweep_failed(&run->sweep, index, err);
    return run_folder_write_failure(run->config, run->cases->list[index].id,
                                    run->sweep.each[index].failure, err);
}

/* Says what is done where the table does not show it yet. */
static void tell_of_case(struct run *run, int index)
{
    const struct sweep *sweep = &run->sweep;

    if (index >= sweep->shown)
        fprintf(run->log, "%s: %s; %d of %d cases are done\n",
                run->cases->list[index].id,
                sweep->each[index].state == SWEEP_DONE ? "done" : "failed",
                sweep_count(sweep, SWEEP_DONE), run->cases->count);
}

static int run_waiting(struct run *run, const int *order, struct error *err)
{
    for (int i = 0; i < run->cases->count; i++) {
        const struct sweep_case *each = &run->sweep.each[order[i]];

        if (each->is_others || each->state != SWEEP_WAITING)
            continue;
        if (settle_case(run, order[i], err) < 0)
            return -1;
        sweep_show(&run->sweep);
        tell_of_case(run, order[i]);
        if (run_folder_write_csv(run->config, &run->sweep, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- the run ------------------------------------------------------------------------------ */

static void hash_files(struct run *run)
{
    for (int i = 0; i < run->config->model_count; i++)
        model_facts_hash(&run->facts[i], &run->config->models[i]);
}

static void tell_of_part(const struct run *run)
{
    struct sweep_part part = run->sweep.part;

    if (part.count > 1)
        fprintf(run->log, "shard %d of %d: %d of the %d cases\n", part.number,
                part.count, sweep_own(&run->sweep), run->cases->count);
}

static void tell_of_earlier_runs(const struct run *run)
{
    int done = sweep_count(&run->sweep, SWEEP_DONE);

    if (done > 0)
        fprintf(run->log,
                "%d of %d cases are done already; to begin again, remove %s\n", done,
                run->cases->count, run->config->out);
}

static int run_longest_first(struct run *run, struct error *err)
{
    int *order, status;

    if (sweep_count_own(&run->sweep, SWEEP_WAITING) == 0)
        return 0;
    order = memory_get((size_t)run->cases->count * sizeof *order);
    plan_order(run->config, run->cases, order);
    status = run_waiting(run, order, err);
    free(order);
    return status;
}

static int tell_that_it_stopped(const struct run *run, struct error *err)
{
    struct error told = *err;

    return error_set(err, EXIT_STOPPED,
                     "%s: %d of %d cases are done; run again to go on", told.text,
                     sweep_count(&run->sweep, SWEEP_DONE), run->cases->count);
}

static int run_all(struct run *run, struct error *err)
{
    int status = run_longest_first(run, err);

    if (status < 0 && err->code == EXIT_STOPPED)
        return tell_that_it_stopped(run, err);
    if (status < 0)
        return -1;
    if (sweep_count(&run->sweep, SWEEP_DONE) > 0)
        fprintf(run->out, "\nresults: %s/results.csv, %s/cases/*/result.json\n",
                run->config->out, run->config->out);
    return sweep_tell_failures(&run->sweep, err);
}

static int run_in_folder(struct run *run, struct error *err)
{
    hash_files(run);
    if (run_folder_look_back(run->config, run->facts, &run->sweep, err) < 0 ||
        run_folder_write_config(run->config, run->sweep.part, err) < 0)
        return -1;
    tell_of_part(run);
    tell_of_earlier_runs(run);
    sweep_show(&run->sweep);
    if (run_folder_write_csv(run->config, &run->sweep, err) < 0)
        return -1;
    return run_all(run, err);
}

int coordinator_run(const struct config *config, const struct cases *cases,
                    struct sweep_part part, struct team *team, FILE *out, FILE *log,
                    struct error *err)
{
    struct run run = {
        .config = config,
        .cases = cases,
        .team = team,
        .out = out,
        .log = log,
        .facts = memory_zeroed((size_t)config->model_count, sizeof *run.facts),
    };
    struct run_folder_lock lock;
    int status;

    progress_init(&run.progress, log);
    sweep_init(&run.sweep, cases, part, out);
    if (config->run_seconds > 0)
        team_stop_at(team, clock_seconds() + config->run_seconds);
    status = run_folder_open(config, part, &lock, err);
    if (status == 1)
        fprintf(log, "%s: the file system knows no locks; start only one calq here\n",
                config->out);
    if (status >= 0)
        status = run_in_folder(&run, err);
    progress_clear(&run.progress);
    run_folder_close(&lock);
    sweep_clear(&run.sweep);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&run.facts[i]);
    free(run.facts);
    return status;
}
