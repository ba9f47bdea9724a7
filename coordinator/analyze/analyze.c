#include "coordinator/analyze/analyze.h"

#include "coordinator/analyze/analyses.h"
#include "coordinator/analyze/analysis.h"
#include "coordinator/calibration.h"
#include "coordinator/case_turns.h"
#include "coordinator/run_folder.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/format/config_errors.h"
#include "core/format/config_fill.h"
#include "link/link.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Why per case, and not per analysis: a case is opened once, with its journal, which one team alone holds, and
 * all its analyses share what is found of its steps. */

struct run {
    const struct config *config;
    const struct cases *cases;
    struct team *team;
    FILE *log;                                     /* NULL: not the first team */
    struct progress progress;                      /* of the first team */
    struct model_facts *facts;                     /* [models] */
    const struct config_analysis_settings **asked; /* [asked_count] borrowed */
    int asked_count;
    struct config_analysis_settings defaults; /* where none is in the configuration */
    int *order;                               /* [waiting] cases that are looked at */
    int waiting;
};

/* ---- which ones --------------------------------------------------------------------------- */

int analyze_check_kind(const char *kind, struct error *err)
{
    enum { KINDS_MOST = 32 };
    const char *names[KINDS_MOST + 1], *nearest;
    size_t count = analysis_kinds.count;

    for (size_t i = 0; i < count; i++) {
        names[i] = config_word(&analysis_kinds, i);
        if (strcmp(names[i], kind) == 0)
            return 0;
    }
    names[count++] = "all";
    nearest = config_nearest(kind, names, count);
    return error_set(err, EXIT_USAGE, "there is no analysis \"%.64s\"; %s%s%s", kind,
                     nearest ? "did you mean " : "name one, or all of them: ",
                     nearest ? nearest : "calq analyze all CONFIG",
                     nearest ? "?" : "; `calq help analyze` lists them");
}

static void choose_analyses(struct run *run, const char *kind)
{
    const struct config *config = run->config;

    run->asked = memory_get((size_t)(config->analysis_count + 1) * sizeof *run->asked);
    for (int i = 0; i < config->analysis_count; i++)
        if (!kind || strcmp(config->analyses[i].analysis->name, kind) == 0)
            run->asked[run->asked_count++] = &config->analyses[i];
    if (run->asked_count > 0 || !kind)
        return;
    config_fill_named(&analyses_section, kind, &run->defaults);
    run->asked[run->asked_count++] = &run->defaults;
}

static bool looks_at(const struct config_analysis_settings *settings,
                     const struct calibration_case *one)
{
    return !settings->cases || fnmatch(settings->cases, one->id, 0) == 0;
}

/* A pattern that fits nothing is a slip of the pen. */
static int check_pattern(const struct run *run,
                         const struct config_analysis_settings *settings,
                         struct error *err)
{
    for (int i = 0; i < run->cases->count; i++)
        if (looks_at(settings, &run->cases->list[i]))
            return 0;
    return error_set(err, EXIT_CONFIG,
                     "analyses: `cases: %s` of %s fits no case; the first case is %s",
                     settings->cases, config_analysis_title(settings),
                     run->cases->list[0].id);
}

static void choose_cases(struct run *run)
{
    run->order = memory_get((size_t)run->cases->count * sizeof *run->order);
    for (int i = 0; i < run->cases->count; i++) {
        bool is_wanted = false;

        for (int j = 0; j < run->asked_count; j++)
            is_wanted = is_wanted || looks_at(run->asked[j], &run->cases->list[i]);
        if (is_wanted)
            run->order[run->waiting++] = i;
    }
}

static int choose(struct run *run, const char *kind, struct error *err)
{
    choose_analyses(run, kind);
    if (run->asked_count == 0)
        return error_set(err, EXIT_CONFIG,
                         "%s has no `analyses`; name a kind, as in `calq analyze "
                         "pscan %s`",
                         run->config->path, run->config->path);
    for (int i = 0; i < run->asked_count; i++)
        if (check_pattern(run, run->asked[i], err) < 0)
            return -1;
    choose_cases(run);
    return 0;
}

/* ---- one analysis ------------------------------------------------------------------------- */

static int write_findings(const struct run *run,
                          const struct config_analysis_settings *settings,
                          const struct findings *findings, struct result *result,
                          struct error *err)
{
    const struct findings_about about = {
        .settings = settings,
        .section = &analyses_section,
        .result = result,
        .metric = metric_table[result->model->metric].name,
    };
    char folder[PATH_MAX];

    if (run_folder_case_path(run->config, result->case_id, "/analyses", folder, err) <
        0)
        return -1;
    return findings_write(findings, &about, folder, err);
}

static void tell_done(struct run *run, const struct result *result,
                      const struct config_analysis_settings *settings)
{
    if (!run->log)
        return;
    progress_clear(&run->progress);
    fprintf(run->log, "%s: %s is done\n", result->case_id,
            config_analysis_title(settings));
}

/* What a case is known as before its method has run. */
static int find_point(const struct method_task *task, struct result *result,
                      struct error *err)
{
    if (method_run(task, result, err) < 0)
        return -1;
    return team_put_state(task->team, &result->result.state, err);
}

static int run_kind(struct analysis_task *task, struct findings *findings,
                    struct error *err)
{
    const struct analysis_kind *kind = analysis_of(task->settings);

    if (kind->needs_point && find_point(&task->method, task->result, err) < 0)
        return -1;
    return kind->run(task, findings, err);
}

static int do_analysis(struct run *run, struct analysis_task *task, struct error *err)
{
    const struct team *team = run->team;
    double seconds = team_seconds(team), cpu_seconds = team_cpu_seconds(team);
    long replayed = team_replayed(team);
    struct findings findings = {0};
    int status = run_kind(task, &findings, err);

    task->result->seconds = team_seconds(team) - seconds;
    task->result->cpu_seconds = team_cpu_seconds(team) - cpu_seconds;
    task->result->replayed = team_replayed(team) - replayed;
    if (status == 0)
        status = write_findings(run, task->settings, &findings, task->result, err);
    if (status == 0)
        tell_done(run, task->result, task->settings);
    findings_clear(&findings);
    return status;
}

/* ---- the analyses of a case --------------------------------------------------------------- */

/* Each begins with the case as it is opened: what one has put in force is not there for the next, nor what it warns
 * of. What both ask is in the journal. */
static int begin_and_do(struct run *run, const struct state *first,
                        struct analysis_task *task, struct error *err)
{
    struct result result = {0};
    int status;

    task->result = &result;
    calibration_describe(task->calibration, task->opened, &result);
    status = team_put_state(run->team, first, err);
    if (status == 0)
        status = do_analysis(run, task, err);
    result_clear(&result);
    return status < 0 ? error_prefix(err, "%s", config_analysis_title(task->settings))
                      : 0;
}

/* Of calibration_open(). */
static int do_analyses(void *context, const struct calibration *calibration,
                       const struct team_case *opened, struct result *result,
                       struct error *err)
{
    struct run *run = context;
    const struct calibration_case *one = &run->cases->list[calibration->index];
    struct state first = state_copy(team_state(run->team));
    int status = 0;

    (void)result;
    for (int i = 0; status == 0 && i < run->asked_count; i++) {
        struct analysis_task task = {
            .method = calibration_task(calibration, opened),
            .settings = run->asked[i],
            .calibration = calibration,
            .opened = opened,
        };

        if (looks_at(run->asked[i], one))
            status = begin_and_do(run, &first, &task, err);
    }
    state_clear(&first);
    return status;
}

/* A case without a result gets one: most analyses look around it, and a report shows only what has one. */
static bool wants_result(const struct run *run, const struct calibration_case *one)
{
    char path[PATH_MAX];
    struct error ignored;

    return run_folder_case_path(run->config, one->id, "/result.json", path, &ignored) ==
               0 &&
           access(path, F_OK) < 0;
}

static int look_at_case(struct run *run, const struct calibration *calibration,
                        struct error *err)
{
    const struct calibration_case *one = &run->cases->list[calibration->index];
    struct result result = {0};
    int status = 0;

    if (wants_result(run, one))
        status = calibration_run(calibration, &result, err);
    result_clear(&result);
    if (status == 0)
        status = calibration_open(calibration, do_analyses, run, &result, err);
    result_clear(&result);
    return status < 0 ? error_prefix(err, "case %s", one->id) : 0;
}

/* Of `turns`. */
static int settle(void *context, int turn, struct error *err)
{
    struct run *run = context;
    const struct calibration_case *one = &run->cases->list[run->order[turn]];
    struct model_facts *facts = &run->facts[one->model - run->config->models];
    char *identity = model_facts_identity(facts, run->config, one);
    const struct calibration calibration = {
        .config = run->config,
        .cases = run->cases,
        .index = run->order[turn],
        .identity = identity,
        .facts = facts,
        .team = run->team,
        .progress = run->log ? &run->progress : NULL,
        .log = run->log,
    };
    int status = look_at_case(run, &calibration, err);

    free(identity);
    return status;
}

/* ---- the run ------------------------------------------------------------------------------ */

static int compare_models(struct run *run, struct error *err)
{
    uint64_t hash = 0;

    for (int i = 0; i < run->config->model_count; i++) {
        const struct provenance *provenance = &run->facts[i].provenance;

        model_facts_hash(&run->facts[i], &run->config->models[i]);
        hash = hash_bytes(provenance->network_hash, HASH_TEXT_BYTES, hash);
        hash = hash_bytes(provenance->calibration_hash, HASH_TEXT_BYTES, hash);
        hash = hash_bytes(provenance->validation_hash, HASH_TEXT_BYTES, hash);
    }
    return case_turns_compare(hash, err);
}

static int write_config(const struct run *run, struct error *err)
{
    const struct cases_part whole = {1, 1};
    int status = 0;

    if (link_is_first())
        status = run_folder_compare_names(run->config, err) < 0
                     ? -1
                     : run_folder_write_config(run->config, whole, err);
    return link_agree_all_teams(status, err);
}

static int analyze_in_folder(struct run *run, struct error *err)
{
    const struct case_turns turns = {.waiting = run->waiting,
                                     .settle = settle,
                                     .context = run,
                                     .progress = run->log ? &run->progress : NULL};

    if (compare_models(run, err) < 0 || write_config(run, err) < 0)
        return -1;
    return case_turns_take(&turns, err);
}

static int analyze_chosen(struct run *run, FILE *out, struct error *err)
{
    const struct cases_part whole = {1, 1};
    struct run_folder_lock lock;
    int status = run_folder_open_for_all(run->config, whole, run->log, &lock, err);

    if (status == 0)
        status = analyze_in_folder(run, err);
    progress_clear(&run->progress);
    run_folder_close(&lock);
    if (status < 0 && err->code == EXIT_STOPPED) {
        struct error told = *err;

        return error_set(err, EXIT_STOPPED, "%s; run again to go on", told.text);
    }
    if (status == 0 && link_is_first())
        fprintf(out,
                "analyses: %s/cases/*/analyses/\nto see them: calq report %s -o "
                "report.html\n",
                run->config->out, run->config->out);
    return status;
}

int analyze(const struct config *config, const struct cases *cases, const char *kind,
            struct team *team, FILE *out, FILE *log, struct error *err)
{
    struct run run = {
        .config = config,
        .cases = cases,
        .team = team,
        .log = link_is_first() ? log : NULL,
        .facts = memory_zeroed((size_t)config->model_count, sizeof *run.facts),
    };
    int status;

    progress_init(&run.progress, log);
    if (config->run_seconds > 0)
        link_stop_at(clock_seconds() + config->run_seconds);
    status = choose(&run, kind, err);
    if (status == 0)
        status = analyze_chosen(&run, out, err);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&run.facts[i]);
    free(run.facts);
    free(run.asked);
    free(run.order);
    return status;
}
