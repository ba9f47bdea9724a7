#include "commands/command.h"

#include "link/link.h"

#include <stdio.h>
#include <string.h>

/* The options that people try first. */
static const char *command_name(const char *argument)
{
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        return "help";
    if (strcmp(argument, "--version") == 0)
        return "version";
    return argument;
}

static void tell(int code, const struct error *err)
{
    if (code != EXIT_DONE && err->text[0])
        fprintf(stderr, "calq: %s\n", err->text);
}

/* The ranks, where there are several, end together. Returns the exit code. */
static int leave(int code, struct error *err)
{
    tell(code, err);
    if (!link_is_broken() && link_meet(err) < 0) {
        code = err->code;
        tell(code, err);
    }
    link_close();
    return code;
}

int main(int count, char **arguments)
{
    const char *name = count > 1 ? command_name(arguments[1]) : "help";
    const struct command *command = command_named(name);
    struct error err = {0};
    int code;

    if (!command) {
        fprintf(stderr, "calq: there is no command \"%s\"; see `calq help`\n", name);
        return EXIT_USAGE;
    }
    if (count > 2 && strcmp(command_name(arguments[2]), "help") == 0)
        code = help_command.run(1, &arguments[1], &err);
    else
        code = command->run(count > 2 ? count - 2 : 0, arguments + 2, &err);
    if (code == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
        error_set(&err, EXIT_MACHINE, "cannot write to the standard output");
        code = EXIT_MACHINE;
    }
    return leave(code, &err);
}
