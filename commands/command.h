/* command.h - what calq can be asked to do: one row a command, at the end of its file. */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "commands/option.h"
#include "core/base/error.h"

struct command {
    const char *name;
    const char *arguments;              /* after the name, for the usage line */
    const char *help;                   /* one line */
    const struct option_table *options; /* NULL: it has none */
    const char *details;                /* remarks, for `calq help NAME`; or NULL */
    /* Runs with the arguments after the name. Returns the exit code; where it is not 0, `err`
     * holds a sentence for the user. On several ranks only rank 0 prints. */
    int (*run)(int count, char **arguments, struct error *err);
};

extern const struct command run_command, analyze_command, status_command,
    compare_command, crate_command, table_command, data_command, init_command,
    report_command, inspect_command, export_command, verify_command, bench_command,
    doctor_command, help_command, version_command;

/* In the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* The command of that name, or NULL. */
const struct command *command_named(const char *name);

#endif
