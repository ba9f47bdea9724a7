#include "coordinator/standing.h"

#include "coordinator/plan.h"
#include "coordinator/run_folder.h"
#include "core/base/lock.h"
#include "core/base/memory.h"
#include "core/format/journal_summary.h"
#include "core/format/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one case ----------------------------------------------------------------------------- */

static bool look_at_result(struct standing_case *each, const char *folder)
{
    struct result result;

    if (!result_read_json(&result, folder))
        return false;
    each->best_loss = score_loss(&result.result.calibration);
    each->evaluations = result_evaluations(&result);
    each->seconds = result.seconds;
    each->rate = each->seconds > 0 ? (double)each->evaluations / each->seconds : NAN;
    result_clear(&result);
    return true;
}

static void look_at_journal(struct standing_case *each, const char *path)
{
    struct journal_summary summary;

    if (!journal_summarize(path, &summary))
        return;
    each->best_loss = summary.best_loss;
    each->evaluations = summary.evaluations;
    each->seconds = summary.seconds;
    each->rate = summary.rate;
}

static void look_at_case(const struct config *config, const char *id,
                         struct standing_case *each)
{
    char folder[PATH_MAX], journal[PATH_MAX];
    enum exit_code code;
    struct error ignored;

    if (run_folder_case_path(config, id, "", folder, &ignored) < 0)
        *folder = '\0';
    if (run_folder_case_path(config, id, "/journal", journal, &ignored) < 0)
        *journal = '\0';
    free(each->failure);
    *each = (struct standing_case){.best_loss = NAN, .rate = NAN, .left = NAN};
    if (lock_is_held(journal)) {
        each->state = STANDING_RUNNING;
        look_at_journal(each, journal);
    } else if ((each->failure = run_folder_read_failure(config, id, &code))) {
        each->state = STANDING_FAILED;
        look_at_journal(each, journal);
    } else if (look_at_result(each, folder)) {
        each->state = STANDING_DONE;
    } else {
        each->state = STANDING_WAITING;
        look_at_journal(each, journal);
    }
}

/* ---- what is left ------------------------------------------------------------------------- */

/* The share of its work that a case has done. One that is under way is never quite done. */
static double share_done(const struct standing_case *each, const struct plan_cost *cost)
{
    const double most = 0.98;
    double share;

    if (each->state == STANDING_DONE)
        return 1;
    if (cost->evaluations == 0)
        return 0;
    share = (double)each->evaluations / (double)cost->evaluations;
    return share < most ? share : most;
}

/* Seconds of a multiply-add that was planned, on average; NaN: nothing is done yet. */
static double pace_of(const struct standing *standing, const struct plan_cost *costs)
{
    double seconds = 0, work = 0;

    for (int i = 0; i < standing->case_count; i++) {
        seconds += standing->each[i].seconds;
        work += costs[i].multiply_adds * share_done(&standing->each[i], &costs[i]);
    }
    return work > 0 ? seconds / work : NAN;
}

static bool is_open(const struct standing_case *each)
{
    return each->state == STANDING_RUNNING || each->state == STANDING_WAITING;
}

static void estimate(struct standing *standing)
{
    const struct plan_cost *costs = standing->costs;
    double pace = pace_of(standing, costs), left = 0, longest = 0;
    int running = standing->count[STANDING_RUNNING];

    for (int i = 0; i < standing->case_count; i++) {
        struct standing_case *each = &standing->each[i];

        if (!is_open(each) || costs[i].multiply_adds == 0)
            continue;
        each->left = pace * costs[i].multiply_adds * (1 - share_done(each, &costs[i]));
        left += each->left;
        longest = fmax(longest, each->left);
    }
    standing->left = running > 0 ? fmax(left / running, longest) : NAN;
}

/* ---- all ---------------------------------------------------------------------------------- */

void standing_init(struct standing *standing, const struct config *config,
                   const struct cases *cases)
{
    *standing = (struct standing){
        .config = config,
        .cases = cases,
        .each = memory_zeroed((size_t)cases->count, sizeof *standing->each),
        .case_count = cases->count,
    };
}

void standing_look(struct standing *standing)
{
    memset(standing->count, 0, sizeof standing->count);
    for (int i = 0; i < standing->case_count; i++) {
        look_at_case(standing->config, standing->cases->list[i].id, &standing->each[i]);
        standing->count[standing->each[i].state]++;
    }
    if (!standing->costs) {
        standing->costs =
            memory_get((size_t)standing->case_count * sizeof *standing->costs);
        plan_costs(standing->config, standing->cases, standing->costs);
    }
    estimate(standing);
}

void standing_clear(struct standing *standing)
{
    for (int i = 0; i < standing->case_count; i++)
        free(standing->each[i].failure);
    free(standing->each);
    free(standing->costs);
    *standing = (struct standing){0};
}

/* ---- in words ------------------------------------------------------------------------------ */

void standing_time(double seconds, char text[STANDING_TIME_BYTES])
{
    if (seconds < 100)
        snprintf(text, STANDING_TIME_BYTES, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        snprintf(text, STANDING_TIME_BYTES, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(text, STANDING_TIME_BYTES, "%.1f h", seconds / 3600);
    else
        snprintf(text, STANDING_TIME_BYTES, "%.1f days", seconds / (24 * 3600));
}

void standing_line(void *context, char *text, size_t bytes)
{
    struct standing *standing = context;
    char left[STANDING_TIME_BYTES];
    double rate = 0;
    int length;

    standing_look(standing);
    for (int i = 0; i < standing->case_count; i++)
        if (standing->each[i].state == STANDING_RUNNING && standing->each[i].rate > 0)
            rate += standing->each[i].rate;
    length = snprintf(text, bytes,
                      "%d of %d cases are done, %d running, %.1f evaluations a second",
                      standing->count[STANDING_DONE], standing->case_count,
                      standing->count[STANDING_RUNNING], rate);
    if (isnan(standing->left) || length < 0 || (size_t)length >= bytes)
        return;
    standing_time(standing->left, left);
    snprintf(text + length, bytes - (size_t)length, "; about %s are left", left);
}
