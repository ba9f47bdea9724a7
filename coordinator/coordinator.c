#include "coordinator/coordinator.h"

#include "coordinator/calibration.h"
#include "coordinator/case_turns.h"
#include "coordinator/ledger.h"
#include "coordinator/outlook.h"
#include "coordinator/plan.h"
#include "coordinator/run_folder.h"
#include "coordinator/run_table.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "link/link.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Why teams need no messages for results: a case is a folder whose files tell where it stands, to
 * other teams, later runs and other parts alike. The first team decides the order and speaks for
 * all; every team draws its next case from a shared counter, longest first. All agree at the few
 * points where a team that failed would leave the others waiting. */

/* Files that a team on another host has written are seen here after this time at the latest. */
enum { FILES_SECONDS = 60 };

struct run {
    const struct config *config;
    const struct cases *cases;
    struct team *team;
    bool is_first; /* of the teams: it speaks for all */
    FILE *out;
    FILE *log; /* NULL: not the first team */
    struct progress progress;
    struct model_facts *facts; /* [models] */
    struct ledger ledger;
    struct run_table table;
    bool *is_reported; /* [cases] that a case is settled */
    int *order;        /* [waiting] cases that are to be run, as teams take them */
    int waiting;
};

/* ---- what is told ------------------------------------------------------------------------- */

static void tell_of_part(const struct run *run)
{
    struct cases_part part = run->ledger.part;

    if (part.count > 1)
        fprintf(run->log, "part %d of %d: %d of the %d cases\n", part.number,
                part.count, ledger_count_own(&run->ledger, LEDGER_STATES),
                run->cases->count);
}

static void tell_of_earlier_runs(const struct run *run)
{
    int done = ledger_count(&run->ledger, LEDGER_DONE);

    if (done > 0)
        fprintf(run->log,
                "%d of %d cases are done already; to begin again, remove %s\n", done,
                run->cases->count, run->config->out);
}

/* A case that the table does not show yet has a line of its own. */
static void tell_of_cases(struct run *run)
{
    for (int i = 0; i < run->cases->count; i++) {
        const struct ledger_case *each = &run->ledger.each[i];

        if (each->is_others || run->is_reported[i] || !ledger_is_settled(each))
            continue;
        run->is_reported[i] = true;
        if (i >= run->table.shown)
            fprintf(run->log, "%s: %s; %d of %d cases are done\n",
                    run->cases->list[i].id, ledger_state_name(each->state),
                    ledger_count(&run->ledger, LEDGER_DONE), run->cases->count);
    }
}

/* What is done by now, by all teams: table, log, and results.csv. */
static int tell_what_is_done(struct run *run, struct error *err)
{
    int status;

    if (!run->is_first)
        return 0;
    progress_clear(&run->progress);
    status = ledger_write_csv(&run->ledger, err);
    run_table_show(&run->table, &run->ledger);
    tell_of_cases(run);
    return status;
}

/* ---- one case after the other --------------------------------------------------------------- */

/* A case that fails stands alone, a machine that fails does not. */
static bool ends_the_run(const struct error *err)
{
    return err->code == EXIT_MACHINE || err->code == EXIT_STOPPED;
}

static int settle_case(struct run *run, int index, struct error *err)
{
    const struct calibration_case *one = &run->cases->list[index];
    struct calibration calibration = {
        .config = run->config,
        .cases = run->cases,
        .index = index,
        .identity = run->ledger.each[index].identity,
        .facts = &run->facts[one->model - run->config->models],
        .team = run->team,
        .progress = run->is_first ? &run->progress : NULL,
        .log = run->log,
    };
    struct result result = {0};

    if (calibration_run(&calibration, &result, err) == 0) {
        ledger_done(&run->ledger, index, &result);
        return 0;
    }
    result_clear(&result);
    if (ends_the_run(err))
        return error_prefix(err, "case %s", one->id);
    ledger_failed(&run->ledger, index, err->code, err->text);
    return run_folder_write_failure(run->config, one->id,
                                    run->ledger.each[index].failed,
                                    run->ledger.each[index].failure, err);
}

/* Of `turns`. */
static int take_turn(void *context, int turn, struct error *err)
{
    struct run *run = context;

    return settle_case(run, run->order[turn], err) < 0 ? -1
                                                       : tell_what_is_done(run, err);
}

/* ---- before ------------------------------------------------------------------------------- */

static void hash_files(struct run *run)
{
    for (int i = 0; i < run->config->model_count; i++)
        model_facts_hash(&run->facts[i], &run->config->models[i]);
}

/* All that decides digits must be the same for all teams. */
static int compare_identities(const struct run *run, struct error *err)
{
    uint64_t hash = 0;

    for (int i = 0; i < run->cases->count; i++) {
        const char *identity = run->ledger.each[i].identity;

        hash =
            hash_bytes(identity ? identity : "", identity ? strlen(identity) : 0, hash);
    }
    return case_turns_compare(hash, err);
}

/* Where the cases stand, and what their results say of the models. */
static int read_earlier_runs(struct run *run, struct error *err)
{
    if (run_folder_compare_names(run->config, err) < 0)
        return -1;
    for (int i = 0; i < run->cases->count; i++)
        run->ledger.each[i].identity = model_facts_identity(
            &run->facts[run->cases->list[i].model - run->config->models], run->config,
            &run->cases->list[i]);
    if (ledger_compare(&run->ledger, err) < 0)
        return -1;
    for (int i = 0; i < run->cases->count; i++)
        if (run->ledger.each[i].has_result)
            model_facts_take(
                &run->facts[run->cases->list[i].model - run->config->models],
                &run->ledger.each[i].result);
    return 0;
}

static int look_back(struct run *run, struct error *err)
{
    int status;

    hash_files(run);
    status = read_earlier_runs(run, err);
    if (status == 0 && run->is_first)
        status = run_folder_write_config(run->config, run->ledger.part, err);
    return link_agree_all_teams(status, err);
}

/* The longest first, so that no team has a long one when the others are done. */
static void choose_order(struct run *run)
{
    int *order = memory_get((size_t)run->cases->count * sizeof *order);

    plan_order(run->config, run->cases, order);
    for (int i = 0; i < run->cases->count; i++) {
        const struct ledger_case *each = &run->ledger.each[order[i]];

        if (each->is_others || each->state == LEDGER_DONE)
            continue;
        ledger_retry(&run->ledger, order[i]);
        run->order[run->waiting++] = order[i];
    }
    free(order);
}

static bool has_work(const struct ledger *ledger)
{
    return ledger_count_own(ledger, LEDGER_DONE) <
           ledger_count_own(ledger, LEDGER_STATES);
}

/* Teams may see files at different moments, so the first one decides what there is to do. */
static int share_order(struct run *run, struct error *err)
{
    size_t bytes = (size_t)run->cases->count * sizeof *run->order;

    run->order = memory_zeroed(1, bytes);
    if (run->is_first && has_work(&run->ledger))
        choose_order(run);
    if (link_share(&run->waiting, sizeof run->waiting, err) < 0)
        return -1;
    return link_share(run->order, bytes, err);
}

static void tell_of_teams(const struct run *run)
{
    int teams = link_teams();

    if (teams > 1 && run->waiting > 0 && run->waiting < teams)
        fprintf(
            run->log,
            "%d teams for %d cases: some have nothing to do; a larger ranks_per_case "
            "would use them\n",
            teams, run->waiting);
}

static int prepare(struct run *run, struct error *err)
{
    if (look_back(run, err) < 0 || compare_identities(run, err) < 0 ||
        share_order(run, err) < 0)
        return -1;
    if (!run->is_first)
        return 0;
    tell_of_part(run);
    tell_of_earlier_runs(run);
    tell_of_teams(run);
    for (int i = 0; i < run->cases->count; i++)
        run->is_reported[i] = run->ledger.each[i].state == LEDGER_DONE;
    return 0;
}

/* ---- after -------------------------------------------------------------------------------- */

/* Hosts see each other's files late where they share them by a network. */
static int find_all_results(struct run *run, struct error *err)
{
    int left = 0;

    for (int seconds = 0; seconds <= FILES_SECONDS; seconds++) {
        if (tell_what_is_done(run, err) < 0)
            return -1;
        left = ledger_count_open(&run->ledger);
        if (left == 0 || seconds == FILES_SECONDS)
            break;
        sleep(1);
    }
    return left == 0 ? 0
                     : error_set(err, EXIT_MACHINE,
                                 "%s: %d results of other teams cannot be seen from "
                                 "here; all hosts must share this folder",
                                 run->config->out, left);
}

static int tell_that_it_stopped(const struct run *run, struct error *err)
{
    struct error told = *err;

    return error_set(err, EXIT_STOPPED,
                     "%s: %d of %d cases are done; run again to go on", told.text,
                     ledger_count(&run->ledger, LEDGER_DONE), run->cases->count);
}

static int tell_end(struct run *run, int status, struct error *err)
{
    struct error ignored;

    if (status < 0)
        tell_what_is_done(run, &ignored);
    if (status < 0 && err->code == EXIT_STOPPED)
        return tell_that_it_stopped(run, err);
    if (status < 0 || find_all_results(run, err) < 0)
        return -1;
    if (ledger_count(&run->ledger, LEDGER_DONE) > 0)
        fprintf(run->out, "\nresults: %s/results.csv, %s/cases/*/result.json\n",
                run->config->out, run->config->out);
    return ledger_report_failures(&run->ledger, err);
}

/* ---- the run ------------------------------------------------------------------------------ */

static int run_in_folder(struct run *run, struct error *err)
{
    struct case_turns turns = {.settle = take_turn, .context = run};
    int status = prepare(run, err);

    if (status < 0)
        return -1;
    turns.waiting = run->waiting;
    turns.progress = run->is_first ? &run->progress : NULL;
    if (tell_what_is_done(run, err) < 0)
        status = -1;
    status = link_agree_all_teams(status, err);
    if (status == 0)
        status = case_turns_take(&turns, err);
    return run->is_first ? tell_end(run, status, err) : status;
}

int coordinator_run(const struct config *config, const struct cases *cases,
                    struct cases_part part, struct team *team, FILE *out, FILE *log,
                    struct error *err)
{
    struct run run = {
        .config = config,
        .cases = cases,
        .team = team,
        .is_first = link_is_first(),
        .out = out,
        .log = link_is_first() ? log : NULL,
        .facts = memory_zeroed((size_t)config->model_count, sizeof *run.facts),
        .table = {.out = out},
        .is_reported = memory_zeroed((size_t)cases->count, sizeof *run.is_reported),
    };
    struct run_folder_lock lock;
    struct outlook outlook;
    int status;

    progress_init(&run.progress, log);
    ledger_init(&run.ledger, config, cases, part);
    outlook_init(&outlook, &run.ledger);
    if (run.is_first && run.progress.is_terminal)
        progress_describe(&run.progress, outlook_bars, &outlook);
    else if (run.is_first && link_teams() > 1)
        progress_describe(&run.progress, outlook_line, &outlook);
    if (config->run_seconds > 0)
        link_stop_at(clock_seconds() + config->run_seconds);
    status = run_folder_open_for_all(config, part, run.log, &lock, err);
    if (status == 0)
        status = run_in_folder(&run, err);
    progress_clear(&run.progress);
    run_folder_close(&lock);
    outlook_clear(&outlook);
    ledger_clear(&run.ledger);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&run.facts[i]);
    free(run.facts);
    free(run.is_reported);
    free(run.order);
    return status;
}
