#include "commands/command.h"

#include "core/format/config.h"

#include <stdio.h>
#include <string.h>

static int explain(const char *name, struct error *err)
{
    const struct command *command = command_named(name);

    if (strcmp(name, "settings") == 0) {
        config_help(stdout);
        return EXIT_DONE;
    }
    if (!command) {
        error_set(err, EXIT_USAGE, "there is no command \"%s\"; see `calq help`", name);
        return EXIT_USAGE;
    }
    printf("calq %s %s\n\n%s.\n", command->name, command->arguments, command->help);
    if (command->details)
        printf("\n%s", command->details);
    return EXIT_DONE;
}

int command_help(int count, char **arguments, struct error *err)
{
    if (count > 0)
        return explain(arguments[0], err);
    printf("calq finds the quantization step sizes that cost a trained network "
           "least.\n\n");
    for (const struct command *command = commands; command->name; command++) {
        char call[64];

        snprintf(call, sizeof call, "%s %s", command->name, command->arguments);
        printf("  calq %-28s %s\n", call, command->help);
    }
    printf(
        "\nExit codes: 0 done, 2 usage, 3 configuration, 4 model or data, 7 some cases "
        "failed,\n8 machine, 75 stopped (run again to go on).\n");
    return EXIT_DONE;
}
