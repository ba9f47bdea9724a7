#include "coordinator/outlook.h"

#include "coordinator/plan.h"
#include "core/base/memory.h"
#include "core/base/progress.h"
#include "core/base/text.h"

#include <math.h>
#include <stdlib.h>

void outlook_init(struct outlook *outlook, struct ledger *ledger)
{
    size_t count = (size_t)ledger->cases->count;

    *outlook = (struct outlook){
        .ledger = ledger,
        .seconds_of = memory_zeroed(count, sizeof *outlook->seconds_of),
        .seconds = NAN,
    };
}

void outlook_clear(struct outlook *outlook)
{
    free(outlook->costs);
    free(outlook->seconds_of);
    *outlook = (struct outlook){0};
}

/* ---- what is left ---------------------------------------------------------------------------- */

/* The share of its work that a case has done. One that is under way is never quite done. */
static double share_done(const struct ledger_case *each, const struct plan_cost *cost)
{
    const double most = 0.98;
    double share;

    if (each->state == LEDGER_DONE)
        return 1;
    if (cost->evaluations == 0)
        return 0;
    share = (double)each->progress.evaluations / (double)cost->evaluations;
    return share < most ? share : most;
}

/* Evaluations before which their rate says little: those of a p grid find nearly all that they need in memory. */
enum { EVALUATIONS_LEAST = 30 };

/* What the work so far would take at the rate of the last evaluations: what comes before them, such as measuring
 * tensors, comes once. Zero of a case under way with few evaluations. */
static double seconds_at_rate(const struct ledger_case *each)
{
    const struct journal_summary *progress = &each->progress;

    if (each->state == LEDGER_DONE)
        return progress->seconds;
    return progress->evaluations >= EVALUATIONS_LEAST && progress->rate > 0
               ? (double)progress->evaluations / progress->rate
               : 0;
}

/* Seconds of a multiply-add that was planned, on average; NaN: nothing is known yet. */
static double pace_of(const struct outlook *outlook)
{
    const struct ledger *ledger = outlook->ledger;
    double seconds = 0, work = 0;

    for (int i = 0; i < ledger->cases->count; i++) {
        double own = seconds_at_rate(&ledger->each[i]);

        seconds += own;
        if (own > 0)
            work += outlook->costs[i].multiply_adds *
                    share_done(&ledger->each[i], &outlook->costs[i]);
    }
    return work > 0 ? seconds / work : NAN;
}

void outlook_estimate(struct outlook *outlook)
{
    const struct ledger *ledger = outlook->ledger;
    double pace = pace_of(outlook), left = 0, longest = 0;
    int running = ledger_count(ledger, LEDGER_RUNNING);

    for (int i = 0; i < ledger->cases->count; i++) {
        const struct ledger_case *each = &ledger->each[i];
        const struct plan_cost *cost = &outlook->costs[i];

        outlook->seconds_of[i] = NAN;
        if (ledger_is_settled(each) || cost->multiply_adds == 0)
            continue;
        outlook->seconds_of[i] =
            pace * cost->multiply_adds * (1 - share_done(each, cost));
        left += outlook->seconds_of[i];
        longest = fmax(longest, outlook->seconds_of[i]);
    }
    outlook->seconds =
        running > 0 && !isnan(pace) ? fmax(left / running, longest) : NAN;
}

void outlook_look(struct outlook *outlook)
{
    const struct ledger *ledger = outlook->ledger;

    ledger_look(outlook->ledger);
    if (!outlook->costs) {
        outlook->costs =
            memory_get((size_t)ledger->cases->count * sizeof *outlook->costs);
        plan_costs(ledger->config, ledger->cases, outlook->costs);
    }
    outlook_estimate(outlook);
}

/* ---- in words -------------------------------------------------------------------------------- */

void outlook_time(double seconds, char text[OUTLOOK_TIME_BYTES])
{
    if (seconds < 100)
        snprintf(text, OUTLOOK_TIME_BYTES, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        snprintf(text, OUTLOOK_TIME_BYTES, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(text, OUTLOOK_TIME_BYTES, "%.1f h", seconds / 3600);
    else
        snprintf(text, OUTLOOK_TIME_BYTES, "%.1f days", seconds / (24 * 3600));
}

/* Evaluations a second of all cases together. */
static double rate_of(const struct ledger *ledger)
{
    double rate = 0;

    for (int i = 0; i < ledger->cases->count; i++)
        if (ledger->each[i].state == LEDGER_RUNNING &&
            ledger->each[i].progress.rate > 0)
            rate += ledger->each[i].progress.rate;
    return rate;
}

void outlook_line(void *context, char *text, size_t bytes)
{
    struct outlook *outlook = context;
    const struct ledger *ledger = outlook->ledger;
    char left[OUTLOOK_TIME_BYTES];
    int length;

    outlook_look(outlook);
    length = snprintf(text, bytes,
                      "%d of %d cases are done, %d running, %.1f evaluations a second",
                      ledger_count(ledger, LEDGER_DONE), ledger->cases->count,
                      ledger_count(ledger, LEDGER_RUNNING), rate_of(ledger));
    if (isnan(outlook->seconds) || length < 0 || (size_t)length >= bytes)
        return;
    outlook_time(outlook->seconds, left);
    snprintf(text + length, bytes - (size_t)length, "; about %s are left", left);
}

/* ---- bars ------------------------------------------------------------------------------------- */

/* The share of the planned work that is done. */
static double share_of_run(const struct outlook *outlook)
{
    double done = 0, all = 0;

    for (int i = 0; i < outlook->ledger->cases->count; i++) {
        const struct plan_cost *cost = &outlook->costs[i];
        double work = cost->multiply_adds > 0 ? cost->multiply_adds : 1;

        done += work * (outlook->ledger->each[i].state == LEDGER_FAILED
                            ? 1
                            : share_done(&outlook->ledger->each[i], cost));
        all += work;
    }
    return done / all;
}

/* -1: no case is under way. */
static int case_under_way(const struct outlook *outlook)
{
    int found = -1;

    for (int i = 0; i < outlook->ledger->cases->count; i++)
        if (outlook->ledger->each[i].state == LEDGER_RUNNING &&
            (found < 0 || outlook->seconds_of[i] > outlook->seconds_of[found]))
            found = i;
    return found;
}

static size_t write_left(double seconds, char *text, size_t bytes)
{
    char left[OUTLOOK_TIME_BYTES];

    if (isnan(seconds))
        return 0;
    outlook_time(seconds, left);
    return (size_t)snprintf(text, bytes, ", about %s left", left);
}

/* What tells most stands first: a terminal may be narrow. */
static void write_case(const struct outlook *outlook, int index, char *text,
                       size_t bytes)
{
    const struct ledger_case *each = &outlook->ledger->each[index];
    long evaluations = each->progress.evaluations;
    char bar[PROGRESS_BAR_BYTES], loss[TEXT_OF_LOSS_BYTES];
    size_t at =
        (size_t)snprintf(text, bytes, "\ncase %s ",
                         progress_bar(share_done(each, &outlook->costs[index]), bar));

    if (!isnan(each->progress.best_loss))
        at += (size_t)snprintf(text + at, bytes - at, "loss %s, ",
                               text_of_loss(each->progress.best_loss, loss));
    at += (size_t)snprintf(text + at, bytes - at, "%ld evaluation%s", evaluations,
                           evaluations == 1 ? "" : "s");
    if (each->progress.rate > 0)
        at += (size_t)snprintf(text + at, bytes - at, ", %.1f a second",
                               each->progress.rate);
    at += write_left(outlook->seconds_of[index], text + at, bytes - at);
    snprintf(text + at, bytes - at, ": %.100s", outlook->ledger->cases->list[index].id);
}

void outlook_bars(void *context, char *text, size_t bytes)
{
    struct outlook *outlook = context;
    const struct ledger *ledger = outlook->ledger;
    char bar[PROGRESS_BAR_BYTES];
    size_t at;
    int index;

    outlook_look(outlook);
    index = case_under_way(outlook);
    at = (size_t)snprintf(text, bytes, "run  %s %d of %d cases",
                          progress_bar(share_of_run(outlook), bar),
                          ledger_count(ledger, LEDGER_DONE), ledger->cases->count);
    at += write_left(outlook->seconds, text + at, bytes - at);
    if (index >= 0)
        write_case(outlook, index, text + at, bytes - at);
}
