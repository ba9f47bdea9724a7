#include "coordinator/coordinator.h"

#include "coordinator/calibration.h"
#include "coordinator/plan.h"
#include "coordinator/run_folder.h"
#include "coordinator/standing.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Between two looks at what other teams have done, for who has nothing else to do. */
#define LOOK_SECONDS 1.

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
    struct sweep sweep;
    int *order; /* [waiting] cases that are to be run, as teams take them */
    int waiting;
};

/* ---- what is told ------------------------------------------------------------------------- */

static void tell_of_part(const struct run *run)
{
    struct cases_part part = run->sweep.part;

    if (part.count > 1)
        fprintf(run->log, "part %d of %d: %d of the %d cases\n", part.number,
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

/* A case that the table does not show yet has a line of its own. */
static void tell_of_cases(struct run *run)
{
    for (int i = 0; i < run->cases->count; i++) {
        struct sweep_case *each = &run->sweep.each[i];

        if (each->is_others || each->is_told || each->state == SWEEP_WAITING)
            continue;
        each->is_told = true;
        if (i >= run->sweep.shown)
            fprintf(run->log, "%s: %s; %d of %d cases are done\n",
                    run->cases->list[i].id,
                    each->state == SWEEP_DONE ? "done" : "failed",
                    sweep_count(&run->sweep, SWEEP_DONE), run->cases->count);
    }
}

/* What is done by now, by all teams: table, log, and results.csv. */
static int tell_what_is_done(struct run *run, struct error *err)
{
    int status;

    if (!run->is_first)
        return 0;
    progress_clear(&run->progress);
    status = run_folder_write_csv(run->config, &run->sweep, err);
    sweep_show(&run->sweep);
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
        .identity = run->sweep.each[index].identity,
        .facts = &run->facts[one->model - run->config->models],
        .team = run->team,
        .progress = run->is_first ? &run->progress : NULL,
        .log = run->log,
    };
    struct result result = {0};

    if (calibration_run(&calibration, &result, err) == 0) {
        sweep_done(&run->sweep, index, &result);
        return 0;
    }
    result_clear(&result);
    if (ends_the_run(err))
        return error_prefix(err, "case %s", one->id);
    sweep_failed(&run->sweep, index, err->code, err->text);
    return run_folder_write_failure(run->config, one->id, &run->sweep.each[index], err);
}

static int run_in_turn(struct run *run, struct error *err)
{
    for (;;) {
        long turn;

        if (team_take_turn(run->team, &turn, err) < 0)
            return -1;
        if (turn >= run->waiting)
            return 0;
        if (settle_case(run, run->order[turn], err) < 0 ||
            tell_what_is_done(run, err) < 0)
            return -1;
    }
}

/* ---- before ------------------------------------------------------------------------------- */

static void hash_files(struct run *run)
{
    for (int i = 0; i < run->config->model_count; i++)
        model_facts_hash(&run->facts[i], &run->config->models[i]);
}

/* All that decides digits must be the same for all teams. */
static int compare_identities(struct run *run, struct error *err)
{
    uint64_t own = 0, first;

    for (int i = 0; i < run->cases->count; i++) {
        const char *identity = run->sweep.each[i].identity;

        own =
            hash_bytes(identity ? identity : "", identity ? strlen(identity) : 0, own);
    }
    first = own;
    if (team_share(run->team, &first, sizeof first, err) < 0)
        return -1;
    return own == first
               ? 0
               : error_set(err, EXIT_INPUT,
                           "networks, data or OpenBLAS's kind of processor are not the "
                           "same here as for the first team");
}

static int look_back(struct run *run, struct error *err)
{
    int status;

    hash_files(run);
    status = run_folder_look_back(run->config, run->facts, &run->sweep, err);
    if (status == 0 && run->is_first)
        status = run_folder_write_config(run->config, run->sweep.part, err);
    return team_agree_all(run->team, status, err);
}

/* The longest first, so that no team has a long one when the others are done. */
static void choose_order(struct run *run)
{
    int *order = memory_get((size_t)run->cases->count * sizeof *order);

    plan_order(run->config, run->cases, order);
    for (int i = 0; i < run->cases->count; i++) {
        const struct sweep_case *each = &run->sweep.each[order[i]];

        if (each->is_others || each->state != SWEEP_WAITING)
            continue;
        run_folder_forget_failure(run->config, run->cases->list[order[i]].id);
        run->order[run->waiting++] = order[i];
    }
    free(order);
}

/* Teams may see files at different moments, so the first one decides what there is to do. */
static int share_order(struct run *run, struct error *err)
{
    size_t bytes = (size_t)run->cases->count * sizeof *run->order;

    run->order = memory_zeroed(1, bytes);
    if (run->is_first && sweep_count_own(&run->sweep, SWEEP_WAITING) > 0)
        choose_order(run);
    if (team_share(run->team, &run->waiting, sizeof run->waiting, err) < 0)
        return -1;
    return team_share(run->team, run->order, bytes, err);
}

static void tell_of_teams(const struct run *run)
{
    int teams = team_count(run->team);

    if (teams > 1 && run->waiting > 0 && run->waiting < teams)
        fprintf(
            run->log,
            "%d teams for %d cases: some have nothing to do; a larger ranks_per_case "
            "would use them\n",
            teams, run->waiting);
}

static int prepare(struct run *run, struct error *err)
{
    if (look_back(run, err) < 0 ||
        team_agree_all(run->team, compare_identities(run, err), err) < 0 ||
        share_order(run, err) < 0)
        return -1;
    if (!run->is_first)
        return 0;
    tell_of_part(run);
    tell_of_earlier_runs(run);
    tell_of_teams(run);
    for (int i = 0; i < run->cases->count; i++)
        run->sweep.each[i].is_told = run->sweep.each[i].state == SWEEP_DONE;
    return 0;
}

/* ---- after -------------------------------------------------------------------------------- */

/* Other teams may still be at work. */
static int await_teams(struct run *run, struct error *err)
{
    double seconds = run->is_first ? LOOK_SECONDS : INFINITY;
    int status;

    while ((status = team_await_all(run->team, seconds, err)) == 0)
        progress_show(&run->progress, "waiting for the other teams");
    return status < 0 ? -1 : 0;
}

/* A team ends when it is stopped or its machine fails, while others go on. */
static int run_with_others(struct run *run, struct error *err)
{
    struct error broken;
    int status = run_in_turn(run, err);

    if (await_teams(run, &broken) < 0) {
        *err = broken;
        return -1;
    }
    return team_agree_all(run->team, status, err);
}

/* Hosts see each other's files late where they share them by a network. */
static int find_all_results(struct run *run, struct error *err)
{
    int left = 0;

    for (int seconds = 0; seconds <= FILES_SECONDS; seconds++) {
        if (tell_what_is_done(run, err) < 0)
            return -1;
        left = sweep_count_own(&run->sweep, SWEEP_WAITING);
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
                     sweep_count(&run->sweep, SWEEP_DONE), run->cases->count);
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
    if (sweep_count(&run->sweep, SWEEP_DONE) > 0)
        fprintf(run->out, "\nresults: %s/results.csv, %s/cases/*/result.json\n",
                run->config->out, run->config->out);
    return sweep_tell_failures(&run->sweep, err);
}

/* ---- the run ------------------------------------------------------------------------------ */

static int run_in_folder(struct run *run, struct error *err)
{
    int status = prepare(run, err);

    if (status < 0)
        return -1;
    if (tell_what_is_done(run, err) < 0)
        status = -1;
    status = team_agree_all(run->team, status, err);
    if (status == 0)
        status = run_with_others(run, err);
    return run->is_first ? tell_end(run, status, err) : status;
}

/* The first team holds the directory for all. */
static int open_folder(struct run *run, struct run_folder_lock *lock, struct error *err)
{
    int status = 0;

    *lock = (struct run_folder_lock){-1, -1};
    if (run->is_first)
        status = run_folder_open(run->config, run->sweep.part, lock, err);
    if (status == 1)
        fprintf(run->log,
                "%s: the file system knows no locks; start only one calq here\n",
                run->config->out);
    return team_agree_all(run->team, status < 0 ? -1 : 0, err);
}

int coordinator_run(const struct config *config, const struct cases *cases,
                    struct cases_part part, struct team *team, FILE *out, FILE *log,
                    struct error *err)
{
    struct run run = {
        .config = config,
        .cases = cases,
        .team = team,
        .is_first = team_is_first(team),
        .out = out,
        .log = team_is_first(team) ? log : NULL,
        .facts = memory_zeroed((size_t)config->model_count, sizeof *run.facts),
    };
    struct run_folder_lock lock;
    struct standing standing;
    int status;

    progress_init(&run.progress, log);
    sweep_init(&run.sweep, cases, part, out);
    standing_init(&standing, config, cases);
    if (run.is_first && team_count(team) > 1)
        progress_describe(&run.progress, standing_line, &standing);
    if (config->run_seconds > 0)
        team_stop_at(team, clock_seconds() + config->run_seconds);
    status = open_folder(&run, &lock, err);
    if (status == 0)
        status = run_in_folder(&run, err);
    progress_clear(&run.progress);
    run_folder_close(&lock);
    standing_clear(&standing);
    sweep_clear(&run.sweep);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&run.facts[i]);
    free(run.facts);
    free(run.order);
    return status;
}
