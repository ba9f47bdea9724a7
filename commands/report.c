#include "commands/command.h"

#include "commands/opened_run.h"
#include "coordinator/run_folder.h"
#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MOST = 16 };

struct options {
    const char *runs[RUNS_MOST + 1]; /* ends with NULL */
    const char *output;
    bool all;
};

/* ---- a run ---------------------------------------------------------------------------------- */

/* What the page is told of a run, and what that is taken from. */
struct shown_run {
    struct opened_run opened;
    struct report_case *cases; /* owned */
    char (*folders)[PATH_MAX]; /* owned */
    char name[256];
};

static void show_case(struct shown_run *shown, int index)
{
    const struct opened_run *run = &shown->opened;
    const struct ledger_case *each = &run->ledger.each[index];
    struct error ignored;

    if (run_folder_case_path(run->config, run->cases.list[index].id, "",
                             shown->folders[index], &ignored) < 0)
        *shown->folders[index] = '\0';
    shown->cases[index] = (struct report_case){
        .id = run->cases.list[index].id,
        .folder = shown->folders[index],
        .state = ledger_state_name(each->state),
        .failure = each->state == LEDGER_FAILED ? each->failure : NULL,
        .result = each->state == LEDGER_DONE ? &each->result : NULL,
    };
}

/* Runs of one name are told apart by their paths. */
static void name_run(struct shown_run *shown, const char *path,
                     const struct report_run *before, int count)
{
    snprintf(shown->name, sizeof shown->name, "%.255s", shown->opened.config->name);
    for (int i = 0; i < count; i++)
        if (strcmp(before[i].name, shown->name) == 0)
            snprintf(shown->name, sizeof shown->name, "%.255s", path);
}

static int open_run(struct shown_run *shown, const char *path, struct error *err)
{
    int count;

    if (opened_run_open(&shown->opened, path, err) < 0)
        return -1;
    count = shown->opened.cases.count;
    ledger_look(&shown->opened.ledger);
    shown->cases = memory_zeroed((size_t)count, sizeof *shown->cases);
    shown->folders = memory_zeroed((size_t)count, sizeof *shown->folders);
    for (int i = 0; i < count; i++)
        show_case(shown, i);
    return 0;
}

static void close_run(struct shown_run *shown)
{
    opened_run_close(&shown->opened);
    free(shown->cases);
    free(shown->folders);
}

/* ---- the page ------------------------------------------------------------------------------- */

static int write_page(const struct report *report, const char *path, struct error *err)
{
    FILE *file = draft_open(path, err);
    int status;

    if (!file)
        return -1;
    status = report_write(report, file, err);
    if (status == 0 && ferror(file))
        status = error_set(err, EXIT_MACHINE, "cannot write %.500s: %s", path,
                           strerror(errno));
    return draft_close(file, path, status, err);
}

static int write_runs(const struct options *options, struct error *err)
{
    struct shown_run shown[RUNS_MOST] = {0};
    struct report_run runs[RUNS_MOST];
    int count = 0, status = 0;

    for (; status == 0 && options->runs[count]; count++) {
        const char *path = options->runs[count];

        status = open_run(&shown[count], path, err);
        if (status < 0)
            continue;
        name_run(&shown[count], path, runs, count);
        runs[count] =
            (struct report_run){shown[count].name, path, shown[count].opened.config,
                                shown[count].cases, shown[count].opened.cases.count};
    }
    if (status == 0)
        status = write_page(&(struct report){runs, count, options->all},
                            options->output, err);
    for (int i = 0; i < count; i++)
        close_run(&shown[i]);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const struct option rows[] = {
    {"-o", "FILE", offsetof(struct options, output),
     "the page; report.html if nothing is said", "a file", NULL},
    {"--all", NULL, offsetof(struct options, all),
     "details of every case, also of more than 40; otherwise of the best one for each "
     "model, target and number of bits",
     NULL, NULL},
};

static const struct option_table table = {"report", NULL, 0, rows,
                                          sizeof rows / sizeof *rows};

static int add_run(struct options *options, const char *path, struct error *err)
{
    int count = 0;

    while (options->runs[count])
        count++;
    if (count == RUNS_MOST)
        return error_set(err, EXIT_USAGE, "at most %d run directories in one report",
                         RUNS_MOST);
    options->runs[count] = path;
    return 0;
}

/* Unlike other commands this one has several arguments without a name. */
static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    int status = 0;

    for (int i = 0, used = 1; status == 0 && i < count; i += used) {
        used = strcmp(arguments[i], "-o") == 0 && i + 1 < count ? 2 : 1;
        status = arguments[i][0] == '-'
                     ? option_read_all(&table, used, arguments + i, options, err)
                     : add_run(options, arguments[i], err);
    }
    return status;
}

static int report(int count, char **arguments, struct error *err)
{
    struct options options = {.output = "report.html"};

    if (parse(count, arguments, &options, err) < 0)
        return (int)err->code;
    if (!options.runs[0]) {
        error_set(err, EXIT_USAGE,
                  "which run directory? e.g. calq report runs/glyphs -o report.html");
        return EXIT_USAGE;
    }
    if (write_runs(&options, err) < 0)
        return (int)err->code;
    printf("%s\n", options.output);
    return EXIT_DONE;
}

const struct command report_command = {
    "report",
    "DIR... [-o FILE]",
    "show the results of run directories as one page of HTML",
    &table,
    "The page is one file that needs no network: results by method and bits, how each "
    "search\n"
    "went, what it changed, what it cost, and how to repeat it. Several run "
    "directories stand\n"
    "beside each other. Safe while a run is going on.\n",
    report};
