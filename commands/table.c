#include "commands/command.h"

#include "commands/opened_run.h"
#include "core/base/memory.h"
#include "core/report/matrix.h"

#include <stdlib.h>

struct options {
    const char *run;
    bool is_markdown;
};

static const struct option rows[] = {
    {"--markdown", NULL, offsetof(struct options, is_markdown),
     "as tables of Markdown, for a page or a paper", NULL, NULL},
};

static const struct option_table table_options = {"table", "run directory",
                                                  offsetof(struct options, run), rows,
                                                  sizeof rows / sizeof *rows};

static int print_results(struct opened_run *run, const struct options *options,
                         struct error *err)
{
    const struct result **done =
        memory_get((size_t)run->cases.count * sizeof(const struct result *));
    int count = 0;

    ledger_look(&run->ledger);
    for (int i = 0; i < run->cases.count; i++)
        if (run->ledger.each[i].state == LEDGER_DONE)
            done[count++] = &run->ledger.each[i].result;
    matrix_print(done, count, options->is_markdown ? MATRIX_MARKDOWN : MATRIX_TEXT,
                 stdout);
    free(done);
    return count > 0 ? 0
                     : error_set(err, EXIT_USAGE,
                                 "no case is done in %.500s; see `calq status`",
                                 options->run);
}

static int table(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    struct opened_run run;
    int status;

    if (option_read_all(&table_options, count, arguments, &options, err) < 0)
        return (int)err->code;
    if (!options.run) {
        error_set(err, EXIT_USAGE, "which run directory? e.g. calq table runs/glyphs");
        return EXIT_USAGE;
    }
    status = opened_run_open(&run, options.run, err);
    if (status == 0)
        status = print_results(&run, &options, err);
    opened_run_close(&run);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command table_command = {
    "table",
    "DIR",
    "print the results of a run directory, methods by bits",
    &table_options,
    "For each network and target: calibration loss, validation metric and what it "
    "differs from\n"
    "that of float, with the standard error of the difference, evaluations, CPU "
    "seconds,\n"
    "average bits, kilobytes of weights and bit operations of all cases that are done. "
    "A star marks the best of a column; of a validation metric "
    "only where\n"
    "the next is further away than the standard error of the difference. Standard "
    "errors are as of\n"
    "samples that have nothing in common: at most, for all cases see the same "
    "samples.\n",
    table};
