#include "commands/completion.h"

#include "commands/command.h"
#include "coordinator/named_settings.h"
#include "core/format/config_settings.h"

#include <stdbool.h>
#include <string.h>

/* ---- what is offered ----------------------------------------------------------------------- */

/* What the arguments of help are, besides commands. */
#define TOPICS "settings results"

static bool is_help(const struct command *command)
{
    return command == &help_command;
}

static bool takes_setting(const struct option *option)
{
    return option->argument && strcmp(option->argument, "KEY=VALUE") == 0;
}

/* Of an option or a command: FILE, CASE, ... are files and folders. */
static bool takes_path(const char *arguments)
{
    static const char *const paths[] = {"FILE",   "DIR",   "CASE",
                                        "CONFIG", "MODEL", "RUN"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (arguments && strstr(arguments, paths[i]))
            return true;
    return false;
}

static const char *separator(bool *is_first)
{
    const char *text = *is_first ? "" : " ";

    *is_first = false;
    return text;
}

static void write_command_names(FILE *out)
{
    bool is_first = true;

    for (const struct command *const *command = commands; *command; command++)
        fprintf(out, "%s%s", separator(&is_first), (*command)->name);
}

/* Options that are explained; of these those that `fits`, or all. */
static void write_options(FILE *out, const struct option_table *table,
                          bool (*fits)(const struct option *option))
{
    bool is_first = true;

    for (int i = 0; table && i < table->count; i++)
        if (table->rows[i].help && (!fits || fits(&table->rows[i])))
            fprintf(out, "%s%s", separator(&is_first), table->rows[i].name);
}

static void write_setting(void *context, const struct config_setting *setting)
{
    if (!setting->field->section && setting->field->kind != KIND_METHOD)
        fprintf(context, " %s=", setting->path);
}

/* ---- bash ---------------------------------------------------------------------------------- */

static bool takes_file(const struct option *option)
{
    return takes_path(option->argument);
}

static bool takes_other(const struct option *option)
{
    return option->argument && !takes_file(option) && !takes_setting(option);
}

static void write_bash_command(FILE *out, const struct command *command)
{
    fprintf(out, "    %s)\n        options='", command->name);
    write_options(out, command->options, NULL);
    fputs("' files=' ", out);
    write_options(out, command->options, takes_file);
    fputs(" ' others=' ", out);
    write_options(out, command->options, takes_other);
    fprintf(out, " ' paths=%s words='", takes_path(command->arguments) ? "yes" : "");
    if (is_help(command)) {
        write_command_names(out);
        fputs(" " TOPICS, out);
    }
    fputs("'\n        ;;\n", out);
}

static void write_bash(FILE *out)
{
    fputs("# bash completion for calq, made by `calq help --completion bash`\n"
          "_calq() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} "
          "previous=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local options= files= others= paths= words= settings='",
          out);
    config_settings_each(&named_settings, write_setting, out);
    fputs("'\n    COMPREPLY=()\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W '",
          out);
    write_command_names(out);
    fputs("' -- \"$current\"))\n        return\n    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
          out);
    for (const struct command *const *command = commands; *command; command++)
        write_bash_command(out, *command);
    fputs("    esac\n"
          "    if [ \"$previous\" = --set ]; then\n"
          "        compopt -o nospace\n"
          "        COMPREPLY=($(compgen -W \"$settings\" -- \"$current\"))\n"
          "    elif [[ $files == *\" $previous \"* ]]; then\n"
          "        compopt -o filenames\n"
          "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
          "    elif [[ $others == *\" $previous \"* ]]; then\n"
          "        return\n"
          "    elif [[ $current == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
          "    elif [ -n \"$paths\" ]; then\n"
          "        compopt -o filenames\n"
          "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "    fi\n"
          "}\n"
          "complete -F _calq calq\n",
          out);
}

/* ---- zsh ----------------------------------------------------------------------------------- */

/* Within '' and [], where some characters mean something. */
static void write_zsh_text(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\`$", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
}

static void write_zsh_option(FILE *out, const struct option *option)
{
    fprintf(out, " \\\n            '%s%s[", takes_setting(option) ? "*" : "",
            option->name);
    write_zsh_text(out, option->help);
    fputc(']', out);
    if (option->argument) {
        fputc(':', out);
        write_zsh_text(out, option->argument);
        fputs(takes_setting(option) ? ":_calq_settings"
              : takes_file(option)  ? ":_files"
                                    : ": ",
              out);
    }
    fputc('\'', out);
}

static void write_zsh_command(FILE *out, const struct command *command)
{
    const struct option_table *table = command->options;

    fprintf(out, "    %s)\n        _arguments", command->name);
    for (int i = 0; table && i < table->count; i++)
        if (table->rows[i].help)
            write_zsh_option(out, &table->rows[i]);
    if (is_help(command)) {
        fputs(" \\\n            '*:topic:(", out);
        write_command_names(out);
        fputs(" " TOPICS ")'", out);
    } else if (takes_path(command->arguments)) {
        fputs(" \\\n            '*:file:_files'", out);
    }
    fputs("\n        ;;\n", out);
}

static void write_zsh(FILE *out)
{
    fputs("#compdef calq\n"
          "# zsh completion for calq, made by `calq help --completion zsh`\n"
          "_calq_settings() {\n    compadd -S '' --",
          out);
    config_settings_each(&named_settings, write_setting, out);
    fputs("\n}\n\n_calq() {\n    local -a commands\n    commands=(\n", out);
    for (const struct command *const *command = commands; *command; command++) {
        fprintf(out, "        '%s:", (*command)->name);
        write_zsh_text(out, (*command)->help);
        fputs("'\n", out);
    }
    fputs("    )\n    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n"
          "    case $command in\n",
          out);
    for (const struct command *const *command = commands; *command; command++)
        write_zsh_command(out, *command);
    fputs("    esac\n}\n\n_calq \"$@\"\n", out);
}

/* ---- fish ---------------------------------------------------------------------------------- */

static void write_fish_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (strchr("'\\", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void write_fish_option(FILE *out, const struct command *command,
                              const struct option *option)
{
    bool is_long = strncmp(option->name, "--", 2) == 0;

    fprintf(out, "complete -c calq -n '__fish_seen_subcommand_from %s' %s %s -d ",
            command->name, is_long ? "-l" : "-s", option->name + (is_long ? 2 : 1));
    write_fish_text(out, option->help);
    if (takes_setting(option)) {
        fputs(" -x -a '", out);
        config_settings_each(&named_settings, write_setting, out);
        fputc('\'', out);
    } else if (option->argument) {
        fputs(takes_file(option) ? " -r -F" : " -x", out);
    }
    fputc('\n', out);
}

static void write_fish_command(FILE *out, const struct command *command)
{
    const struct option_table *table = command->options;

    fprintf(out, "complete -c calq -n __fish_use_subcommand -f -a %s -d ",
            command->name);
    write_fish_text(out, command->help);
    fputc('\n', out);
    for (int i = 0; table && i < table->count; i++)
        if (table->rows[i].help)
            write_fish_option(out, command, &table->rows[i]);
    if (is_help(command)) {
        fprintf(out, "complete -c calq -n '__fish_seen_subcommand_from %s' -f -a '",
                command->name);
        write_command_names(out);
        fputs(" " TOPICS "'\n", out);
    }
}

static void write_fish(FILE *out)
{
    fputs("# fish completion for calq, made by `calq help --completion fish`\n", out);
    for (const struct command *const *command = commands; *command; command++)
        write_fish_command(out, *command);
}

/* ---- the shells ---------------------------------------------------------------------------- */

int completion_write(const char *shell, FILE *out, struct error *err)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].write(out);
            return 0;
        }
    return error_set(err, EXIT_USAGE,
                     "--completion takes bash, zsh or fish, not \"%s\"", shell);
}
