#include "coordinator/standing.h"

#include "coordinator/plan.h"
#include "coordinator/run_folder.h"
#include "core/base/memory.h"
#include "core/format/journal_summary.h"
#include "core/format/lock.h"
#include "core/format/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one case ----------------------------------------------------------------------------- */

/* The sentence in the file; NULL: there is no such file. */
static char *read_failure(const char *path)
{
    char text[ERROR_TEXT_BYTES];
    FILE *file = fopen(path, "r");
    size_t bytes;

    if (!file)
        return NULL;
    bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    while (bytes > 0 && text[bytes - 1] == '\n')
        bytes--;
    text[bytes] = '\0';
    return memory_text(text);
}

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

static void look_at_case(struct standing_case *each, const char *folder)
{
    char journal[PATH_MAX + 16], failed[PATH_MAX + 16];

    snprintf(journal, sizeof journal, "%s/journal", folder);
    snprintf(failed, sizeof failed, "%s/failed", folder);
    *each = (struct standing_case){.best_loss = NAN, .rate = NAN, .left = NAN};
    if (lock_is_held(journal)) {
        each->state = STANDING_RUNNING;
        look_at_journal(each, journal);
    } else if ((each->failure = read_failure(failed))) {
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

static void estimate(struct standing *standing, const struct plan_cost *costs)
{
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

void standing_look(struct standing *standing, const struct config *config,
                   const struct cases *cases)
{
    size_t count = (size_t)cases->count;
    struct plan_cost *costs = memory_get(count * sizeof *costs);
    char inside[CASE_ID_BYTES + 8], folder[PATH_MAX];
    struct error ignored;

    *standing = (struct standing){.each = memory_zeroed(count, sizeof *standing->each),
                                  .case_count = cases->count};
    for (int i = 0; i < cases->count; i++) {
        snprintf(inside, sizeof inside, "cases/%s", cases->list[i].id);
        if (run_folder_path(config, inside, folder, &ignored) < 0)
            *folder = '\0';
        look_at_case(&standing->each[i], folder);
        standing->count[standing->each[i].state]++;
    }
    plan_costs(config, cases, costs);
    estimate(standing, costs);
    free(costs);
}

void standing_clear(struct standing *standing)
{
    for (int i = 0; i < standing->case_count; i++)
        free(standing->each[i].failure);
    free(standing->each);
    *standing = (struct standing){0};
}
