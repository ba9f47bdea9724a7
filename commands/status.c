#include "commands/command.h"

#include "commands/opened_run.h"
#include "coordinator/outlook.h"
#include "core/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers ------------------------------------------------------------------------------ */

static void print_number(double value, const char *format)
{
    if (isnan(value))
        printf(" %12s", "-");
    else
        printf(format, value);
}

/* ---- the table ---------------------------------------------------------------------------- */

static void print_case(const struct outlook *outlook, int index)
{
    const struct ledger_case *each = &outlook->ledger->each[index];
    const struct journal_summary *progress = &each->progress;
    char left[OUTLOOK_TIME_BYTES] = "", loss[TEXT_OF_LOSS_BYTES];

    if (!isnan(outlook->seconds_of[index]))
        outlook_time(outlook->seconds_of[index], left);
    printf("%-40s %-11s", outlook->ledger->cases->list[index].id,
           ledger_state_name(each->state));
    printf(" %12s",
           isnan(progress->best_loss) ? "-" : text_of_loss(progress->best_loss, loss));
    printf(" %12ld", progress->evaluations);
    print_number(each->state == LEDGER_RUNNING ? progress->rate : NAN, " %12.1f");
    printf(" %10s\n", left);
    if (each->state == LEDGER_FAILED)
        printf("  %s\n", each->failure);
}

static void print_summary(const struct outlook *outlook)
{
    const struct ledger *ledger = outlook->ledger;
    char left[OUTLOOK_TIME_BYTES];

    printf("%s: %d of %d cases are done", ledger->config->out,
           ledger_count(ledger, LEDGER_DONE), ledger->cases->count);
    for (enum ledger_state state = LEDGER_DONE + 1; state < LEDGER_STATES; state++)
        if (ledger_count(ledger, state) > 0)
            printf(", %d %s", ledger_count(ledger, state), ledger_state_name(state));
    if (!isnan(outlook->seconds)) {
        outlook_time(outlook->seconds, left);
        printf("; about %s are left", left);
    }
    printf("\n\n%-40s %-11s %12s %12s %12s %10s\n", "case", "", "best loss",
           "evaluations", "a second", "work left");
}

/* All cases of a run directory, or the one that is named. */
static void print_run(struct opened_run *run)
{
    const char *id = run->folder.id;
    struct outlook outlook;

    outlook_init(&outlook, &run->ledger);
    outlook_look(&outlook);
    print_summary(&outlook);
    for (int i = 0; i < run->cases.count; i++)
        if (!*id || strcmp(run->cases.list[i].id, id) == 0)
            print_case(&outlook, i);
    outlook_clear(&outlook);
}

/* ---- the command -------------------------------------------------------------------------- */

static int status(int count, char **arguments, struct error *err)
{
    struct opened_run run;
    int opened;

    if (count != 1 || arguments[0][0] == '-') {
        error_set(err, EXIT_USAGE, "which run directory? e.g. calq status runs/glyphs");
        return EXIT_USAGE;
    }
    opened = opened_run_open(&run, arguments[0], err);
    if (opened == 0)
        print_run(&run);
    opened_run_close(&run);
    return opened == 0 ? EXIT_DONE : (int)err->code;
}

const struct command status_command = {
    "status",
    "DIR | CASE",
    "tell where the cases of a run directory stand",
    NULL,
    "DIR is a run directory, CASE the folder of one case in it.\n"
    "\n"
    "Safe while the run is going on, also from another machine. For each case: done, "
    "running,\n"
    "failed (with its sentence), interrupted or waiting, the best calibration loss so "
    "far, "
    "evaluations and\n"
    "how many of them a second, and the work that is left, as far as it can be told "
    "from what\n"
    "the other cases took.\n",
    status};
