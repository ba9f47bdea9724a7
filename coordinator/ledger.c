#include "coordinator/ledger.h"

#include "coordinator/run_folder.h"
#include "core/base/draft.h"
#include "core/base/lock.h"
#include "core/base/memory.h"
#include "core/format/identity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct journal_summary no_progress = {.best_loss = NAN, .rate = NAN};

void ledger_init(struct ledger *ledger, const struct config *config,
                 const struct cases *cases, struct cases_part part)
{
    *ledger = (struct ledger){
        .config = config,
        .cases = cases,
        .part = part,
        .each = memory_zeroed((size_t)cases->count, sizeof *ledger->each),
    };
    for (int i = 0; i < cases->count; i++) {
        ledger->each[i].state = LEDGER_WAITING;
        ledger->each[i].progress = no_progress;
        ledger->each[i].is_others = !cases_part_has(part, i);
    }
}

/* What was known of a case but its identity. */
static void forget(struct ledger_case *each)
{
    if (each->has_result)
        result_clear(&each->result);
    each->has_result = false;
    free(each->failure);
    each->failure = NULL;
    each->progress = no_progress;
    each->state = LEDGER_WAITING;
}

void ledger_clear(struct ledger *ledger)
{
    for (int i = 0; i < ledger->cases->count; i++) {
        forget(&ledger->each[i]);
        free(ledger->each[i].identity);
    }
    free(ledger->each);
    *ledger = (struct ledger){0};
}

/* ---- what this run has done ------------------------------------------------------------------ */

static void take_result(struct ledger *ledger, int index, const struct result *result)
{
    const struct calibration_case *one = &ledger->cases->list[index];
    struct ledger_case *each = &ledger->each[index];

    each->has_result = true;
    each->result = *result;
    each->result.model = one->model;
    each->result.target = one->target;
    each->result.bits = one->bits;
    each->result.method = one->method;
    each->result.network = NULL; /* they go when the next case is opened */
    each->result.placement = NULL;
}

static struct journal_summary progress_of(const struct result *result)
{
    long evaluations = result_evaluations(result);

    return (struct journal_summary){
        .evaluations = evaluations,
        .best_loss = score_loss(&result->result.calibration),
        .seconds = result->seconds,
        .rate = result->seconds > 0 ? (double)evaluations / result->seconds : NAN,
    };
}

void ledger_done(struct ledger *ledger, int index, const struct result *result)
{
    struct ledger_case *each = &ledger->each[index];

    forget(each);
    take_result(ledger, index, result);
    each->progress = progress_of(result);
    each->state = LEDGER_DONE;
}

void ledger_failed(struct ledger *ledger, int index, enum exit_code code,
                   const char *sentence)
{
    struct ledger_case *each = &ledger->each[index];

    forget(each);
    each->state = LEDGER_FAILED;
    each->failed = code;
    each->failure = memory_text(sentence);
}

void ledger_retry(struct ledger *ledger, int index)
{
    run_folder_forget_failure(ledger->config, ledger->cases->list[index].id);
    forget(&ledger->each[index]);
}

/* ---- what the files say ---------------------------------------------------------------------- */

/* Whether the case would be run, and its search end where it ended, with the settings of now. */
static bool stands(const struct config *config, const struct result *result)
{
    const struct result_budget *budget = &result->budget;

    if (result->provenance.overlapping > 0 && config->overlap == OVERLAP_REFUSE)
        return false; /* running it will tell */
    if (score_lacks(&result->float_validation, result->model->metric))
        return false; /* another metric was asked for */
    if (budget->evaluations == config->max_evaluations &&
        budget->seconds == config->max_seconds)
        return true;
    if (budget->is_spent ||
        (config->max_seconds > 0 && result->seconds > config->max_seconds))
        return false;
    return config->max_evaluations == 0 ||
           result_evaluations(result) <= config->max_evaluations;
}

/* Whether the state that it was written with is there, which results of earlier versions of
 * calq have not and stay done. */
static bool is_whole(const struct result *result, const char *folder)
{
    return !*result->state_checksum || result_has_state(result, folder);
}

static int compare_result(const struct ledger *ledger, int index,
                          const struct result *result, struct error *err)
{
    char path[PATH_MAX];

    if (!ledger->compares)
        return 0;
    if (!ledger->each[index].identity)
        return error_set(err, EXIT_INPUT, "what the case would be is not known");
    if (run_folder_case_path(ledger->config, ledger->cases->list[index].id,
                             "/result.json", path, err) < 0)
        return -1;
    return identity_compare(path, result->identity ? result->identity : "",
                            ledger->each[index].identity, err);
}

/* Takes the result of a case where there is one; fails where it is that of another case. */
static int look_at_result(struct ledger *ledger, int index, struct error *err)
{
    struct ledger_case *each = &ledger->each[index];
    char folder[PATH_MAX];
    struct result result;

    if (run_folder_case_path(ledger->config, ledger->cases->list[index].id, "", folder,
                             err) < 0)
        return -1;
    if (!result_read_json(&result, folder))
        return 0;
    if (compare_result(ledger, index, &result, err) < 0) {
        result_clear(&result);
        return -1;
    }
    take_result(ledger, index, &result);
    if (is_whole(&each->result, folder) &&
        (each->is_others || stands(ledger->config, &each->result)))
        each->state = LEDGER_DONE;
    return 0;
}

/* Where a case without a result stands. */
static void look_at_work(struct ledger *ledger, int index)
{
    const char *id = ledger->cases->list[index].id;
    struct ledger_case *each = &ledger->each[index];
    char journal[PATH_MAX];
    struct error ignored;

    if (run_folder_case_path(ledger->config, id, "/journal", journal, &ignored) < 0)
        return;
    each->failure = run_folder_read_failure(ledger->config, id, &each->failed);
    if (lock_is_held(journal))
        each->state = LEDGER_RUNNING;
    else if (each->failure)
        each->state = LEDGER_FAILED;
    if (journal_summarize(journal, &each->progress) && each->state == LEDGER_WAITING)
        each->state = LEDGER_INTERRUPTED;
}

static int look_at_case(struct ledger *ledger, int index, struct error *err)
{
    struct ledger_case *each = &ledger->each[index];
    int status;

    forget(each);
    status = look_at_result(ledger, index, err);
    if (each->state == LEDGER_DONE)
        each->progress = progress_of(&each->result);
    else
        look_at_work(ledger, index);
    return status;
}

static int compare_journal(struct ledger *ledger, int index, struct error *err)
{
    char path[PATH_MAX];

    if (run_folder_case_path(ledger->config, ledger->cases->list[index].id, "/journal",
                             path, err) < 0)
        return -1;
    return journal_compare(path, ledger->each[index].identity, err);
}

int ledger_compare(struct ledger *ledger, struct error *err)
{
    ledger->compares = true;
    for (int i = 0; i < ledger->cases->count; i++)
        if (ledger->each[i].identity &&
            (compare_journal(ledger, i, err) < 0 || look_at_case(ledger, i, err) < 0))
            return -1;
    return 0;
}

bool ledger_is_settled(const struct ledger_case *each)
{
    return each->state == LEDGER_DONE || each->state == LEDGER_FAILED;
}

void ledger_look(struct ledger *ledger)
{
    struct error ignored;

    for (int i = 0; i < ledger->cases->count; i++) {
        struct ledger_case *each = &ledger->each[i];

        if (each->is_others || !ledger_is_settled(each))
            look_at_case(ledger, i, &ignored);
    }
}

/* ---- counts ---------------------------------------------------------------------------------- */

const char *ledger_state_name(enum ledger_state state)
{
    static const char *const names[LEDGER_STATES] = {
        [LEDGER_DONE] = "done",       [LEDGER_RUNNING] = "running",
        [LEDGER_FAILED] = "failed",   [LEDGER_INTERRUPTED] = "interrupted",
        [LEDGER_WAITING] = "waiting",
    };

    return names[state];
}

static bool is_in(const struct ledger_case *each, enum ledger_state state)
{
    return state == LEDGER_STATES || each->state == state;
}

int ledger_count(const struct ledger *ledger, enum ledger_state state)
{
    int count = 0;

    for (int i = 0; i < ledger->cases->count; i++)
        count += is_in(&ledger->each[i], state);
    return count;
}

int ledger_count_own(const struct ledger *ledger, enum ledger_state state)
{
    int count = 0;

    for (int i = 0; i < ledger->cases->count; i++)
        count += !ledger->each[i].is_others && is_in(&ledger->each[i], state);
    return count;
}

int ledger_count_open(const struct ledger *ledger)
{
    return ledger_count_own(ledger, LEDGER_STATES) -
           ledger_count_own(ledger, LEDGER_DONE) -
           ledger_count_own(ledger, LEDGER_FAILED);
}

/* ---- results.csv ------------------------------------------------------------------------------ */

static int write_csv(const struct ledger *ledger, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    if (ledger_count(ledger, LEDGER_DONE) == 0)
        return 0;
    if (run_folder_path(ledger->config, "results.csv", path, err) < 0)
        return -1;
    file = draft_open(path, err);
    if (!file)
        return -1;
    result_write_csv_head(file);
    for (int i = 0; i < ledger->cases->count; i++)
        if (ledger->each[i].state == LEDGER_DONE)
            result_write_csv_line(&ledger->each[i].result, file);
    return draft_close(file, path, 0, err);
}

int ledger_write_csv(struct ledger *ledger, struct error *err)
{
    int lock, status = run_folder_lock_files(ledger->config, ledger->part, &lock, err);

    if (status >= 0) {
        ledger_look(ledger);
        status = write_csv(ledger, err);
    }
    lock_release(lock);
    return status;
}

/* ---- failures --------------------------------------------------------------------------------- */

static bool has_failed(const struct ledger_case *each)
{
    return !each->is_others && each->state == LEDGER_FAILED;
}

static bool fails_alike(const struct ledger *ledger, int a, int b)
{
    return has_failed(&ledger->each[b]) &&
           strcmp(ledger->each[a].failure, ledger->each[b].failure) == 0;
}

/* The first case that fails like this one. */
static int first_alike(const struct ledger *ledger, int index)
{
    int first = 0;

    while (!fails_alike(ledger, index, first))
        first++;
    return first;
}

static int count_alike(const struct ledger *ledger, int index)
{
    int count = 0;

    for (int i = 0; i < ledger->cases->count; i++)
        count += fails_alike(ledger, index, i);
    return count;
}

static int first_failed(const struct ledger *ledger)
{
    int index = 0;

    while (!has_failed(&ledger->each[index]))
        index++;
    return index;
}

/* A line a sentence, with the cases that it is about. */
static void list_failures(const struct ledger *ledger, FILE *text)
{
    for (int i = first_failed(ledger); i < ledger->cases->count; i++) {
        int more;

        if (!has_failed(&ledger->each[i]) || first_alike(ledger, i) < i)
            continue;
        more = count_alike(ledger, i) - 1;
        fprintf(text, "\n  %s", ledger->cases->list[i].id);
        if (more > 0)
            fprintf(text, " and %d more", more);
        fprintf(text, ": %s", ledger->each[i].failure);
    }
}

int ledger_report_failures(const struct ledger *ledger, struct error *err)
{
    int failed = ledger_count_own(ledger, LEDGER_FAILED), first;
    int own = ledger_count_own(ledger, LEDGER_STATES);
    char *text;
    size_t bytes;
    FILE *file;

    if (failed == 0)
        return 0;
    first = first_failed(ledger);
    if (count_alike(ledger, first) == own)
        return error_set(err, ledger->each[first].failed, "%s",
                         ledger->each[first].failure);
    file = open_memstream(&text, &bytes);
    list_failures(ledger, file);
    fclose(file);
    error_set(err, EXIT_SOME_FAILED,
              "%d of %d cases failed; run again to try these once more:%s", failed, own,
              text);
    free(text);
    return -1;
}
