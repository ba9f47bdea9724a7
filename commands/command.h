/* command.h - what calq can be asked to do: one row a command. */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "core/base/error.h"

struct command {
    const char *name;
    const char *arguments; /* after the name, for the usage line */
    const char *help;      /* one line */
    const char *details;   /* options and remarks, for `calq help NAME`; or NULL */
    /* Runs with the arguments after the name. Returns the exit code; where it is not 0, `err`
     * holds a sentence for the user. On several ranks only rank 0 tells. */
    int (*run)(int count, char **arguments, struct error *err);
};

/* Ends with a row without a name. */
extern const struct command commands[];

/* The command of that name, or NULL. */
const struct command *command_named(const char *name);

int command_run(int count, char **arguments, struct error *err);
int command_status(int count, char **arguments, struct error *err);
int command_table(int count, char **arguments, struct error *err);
int command_export(int count, char **arguments, struct error *err);
int command_inspect(int count, char **arguments, struct error *err);
int command_bench(int count, char **arguments, struct error *err);
int command_help(int count, char **arguments, struct error *err);
int command_verify(int count, char **arguments, struct error *err);
int command_version(int count, char **arguments, struct error *err);

#endif
