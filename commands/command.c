#include "commands/command.h"

#include <stddef.h>
#include <string.h>

const struct command *const commands[] = {
    &run_command,
    &analyze_command,
    &status_command,
    &compare_command,
    &crate_command,
    &table_command,
    &report_command,
    &inspect_command,
    &init_command,
    &export_command,
    &verify_command,
    &data_command,
    &doctor_command,
    &bench_command,
    &help_command,
    &version_command,
    NULL,
};

const struct command *command_named(const char *name)
{
    for (const struct command *const *command = commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}
