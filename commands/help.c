#include "commands/command.h"
#include "commands/completion.h"
#include "commands/manual.h"

#include "coordinator/named_settings.h"
#include "core/format/config.h"
#include "core/format/result_fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int explain(const char *name, struct error *err)
{
    const struct command *command = command_named(name);

    if (strcmp(name, "settings") == 0) {
        config_help(&named_settings, stdout);
        return EXIT_DONE;
    }
    if (strcmp(name, "results") == 0) {
        result_fields_help(stdout);
        return EXIT_DONE;
    }
    if (!command) {
        error_set(err, EXIT_USAGE, "there is no command \"%s\"; see `calq help`", name);
        return EXIT_USAGE;
    }
    printf("calq %s %s\n\n%s.\n", command->name, command->arguments, command->help);
    if (command->options) {
        putchar('\n');
        option_help(command->options);
    }
    if (command->details)
        printf("\n%s", command->details);
    return EXIT_DONE;
}

static void print_exit_codes(void)
{
    printf("\nExit codes:\n\n");
    for (int code = 0; code < EXIT_CODES_MOST; code++) {
        const char *meaning = exit_code_meaning(code);

        if (meaning)
            printf("  %3d  %s\n", code, meaning);
    }
}

static void print_commands(void)
{
    printf("calq finds the quantization step sizes that cost a trained network "
           "least.\n\n");
    for (const struct command *const *command = commands; *command; command++) {
        char call[64];

        snprintf(call, sizeof call, "%s %s", (*command)->name, (*command)->arguments);
        printf("  calq %-28s %s\n", call, (*command)->help);
    }
    print_exit_codes();
}

struct options {
    const char *topic, *shell;
    bool writes_manual;
};

/* For who packs calq. */
static const struct option rows[] = {
    {"--man", NULL, offsetof(struct options, writes_manual), NULL, NULL, NULL},
    {"--completion", "SHELL", offsetof(struct options, shell), NULL,
     "a shell: bash, zsh or fish", NULL},
};

static const struct option_table help_options = {
    "help", "topic", offsetof(struct options, topic), rows, sizeof rows / sizeof *rows};

static int help(int count, char **arguments, struct error *err)
{
    struct options options = {0};

    if (option_read_all(&help_options, count, arguments, &options, err) < 0)
        return (int)err->code;
    if (options.topic)
        return explain(options.topic, err);
    if (options.shell)
        return completion_write(options.shell, stdout, err) < 0 ? (int)err->code
                                                                : EXIT_DONE;
    if (options.writes_manual)
        manual_write(stdout);
    else
        print_commands();
    return EXIT_DONE;
}

const struct command help_command = {
    "help",
    "[COMMAND | settings | results]",
    "explain a command, the settings, or the fields of result.json",
    &help_options,
    NULL,
    help};
