#include "commands/option.h"

#include "core/format/config_errors.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------------------------- */

static const struct option *option_named(const struct option_table *table,
                                         const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

static int refuse(const struct option_table *table, const char *name, struct error *err)
{
    enum { NAMES_MOST = 16 };
    const char *names[NAMES_MOST], *nearest;
    int count = 0;

    for (; count < table->count && count < NAMES_MOST; count++)
        names[count] = table->rows[count].name;
    nearest = config_nearest(name, names, (size_t)count);
    if (nearest)
        return error_set(
            err, EXIT_USAGE,
            "there is no option \"%s\"; did you mean %s? See `calq help %s`", name,
            nearest, table->command);
    return error_set(err, EXIT_USAGE, "there is no option \"%s\"; see `calq help %s`",
                     name, table->command);
}

static int read_operand(const struct option_table *table, const char *argument,
                        char *options, struct error *err)
{
    const char **place = (const char **)(void *)(options + table->operand_place);

    if (!table->operand)
        return error_set(err, EXIT_USAGE,
                         "\"%s\" is not understood; see `calq help %s`", argument,
                         table->command);
    if (*place)
        return error_set(err, EXIT_USAGE, "one %s at a time, not %s and %s",
                         table->operand, *place, argument);
    *place = argument;
    return 0;
}

/* `text` is the next argument, or NULL. */
static int read_option(const struct option_table *table, const struct option *option,
                       const char *text, void *place, struct error *err)
{
    if (!option->argument) {
        *(bool *)place = true;
        return 0;
    }
    if (!text)
        return error_set(err, EXIT_USAGE, "%s needs %s; see `calq help %s`",
                         option->name, option->needs ? option->needs : "a value",
                         table->command);
    if (option->read)
        return option->read(option->name, text, place, err);
    *(const char **)place = text;
    return 0;
}

int option_read_all(const struct option_table *table, int count, char **arguments,
                    void *options, struct error *err)
{
    int status = 0;

    for (int i = 0; status == 0 && i < count; i++) {
        const struct option *option = option_named(table, arguments[i]);

        if (!option && arguments[i][0] == '-') {
            status = refuse(table, arguments[i], err);
        } else if (!option) {
            status = read_operand(table, arguments[i], options, err);
        } else {
            status = read_option(table, option, i + 1 < count ? arguments[i + 1] : NULL,
                                 (char *)options + option->place, err);
            i += option->argument != NULL;
        }
    }
    return status;
}

/* ---- help ---------------------------------------------------------------------------------- */

enum { COLUMNS = 95, NAME_COLUMNS = 20 };

/* Prints a text that begins in a column, and goes on there in the next lines. */
static void print_wrapped(const char *text, int column)
{
    int at = column;

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (at > column && at + 1 + length > COLUMNS) {
            printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", length, text);
        at += length;
        text += length;
        text += *text == ' ';
    }
    putchar('\n');
}

void option_help(const struct option_table *table)
{
    for (int i = 0; i < table->count; i++) {
        const struct option *option = &table->rows[i];
        char name[64];

        if (!option->help)
            continue;
        snprintf(name, sizeof name, "  %s %s", option->name,
                 option->argument ? option->argument : "");
        printf("%-*s", NAME_COLUMNS, name);
        if (strlen(name) >= NAME_COLUMNS)
            printf("\n%*s", NAME_COLUMNS, "");
        print_wrapped(option->help, NAME_COLUMNS);
    }
}
