#include "commands/command.h"

#include "commands/opened_run.h"
#include "core/base/memory.h"
#include "core/report/matrix.h"

#include <stdlib.h>

static int print_results(struct opened_run *run, const char *path, struct error *err)
{
    const struct result **done =
        memory_get((size_t)run->cases.count * sizeof(const struct result *));
    int count = 0;

    ledger_look(&run->ledger);
    for (int i = 0; i < run->cases.count; i++)
        if (run->ledger.each[i].state == LEDGER_DONE)
            done[count++] = &run->ledger.each[i].result;
    matrix_print(done, count, stdout);
    free(done);
    return count > 0 ? 0
                     : error_set(err, EXIT_USAGE,
                                 "no case is done in %.500s; see `calq status`", path);
}

static int table(int count, char **arguments, struct error *err)
{
    struct opened_run run;
    int status;

    if (count != 1 || arguments[0][0] == '-') {
        error_set(err, EXIT_USAGE, "which run directory? e.g. calq table runs/glyphs");
        return EXIT_USAGE;
    }
    status = opened_run_open(&run, arguments[0], err);
    if (status == 0)
        status = print_results(&run, arguments[0], err);
    opened_run_close(&run);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command table_command = {
    "table",
    "DIR",
    "print the results of a run directory, methods by bits",
    NULL,
    "For each network and target: calibration loss, validation metric, evaluations and "
    "CPU\n"
    "seconds of all cases that are done; a star marks the best of a column.\n",
    table};
