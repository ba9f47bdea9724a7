/* option.h - the options of a command: one row each, from which reading and help follow. */
#ifndef COMMANDS_OPTION_H
#define COMMANDS_OPTION_H

#include "core/base/error.h"

#include <stddef.h>

/* An option without an argument is a flag, a bool. One with an argument is text, a borrowed
 * const char *, unless `read` makes something else of it. */
struct option {
    const char *name;     /* "--bits" */
    const char *argument; /* "W4A8"; NULL: a flag */
    size_t place;         /* in the struct of the command's options */
    const char *help;     /* NULL: another name of the option before */
    const char *needs; /* for the sentence where the argument lacks; NULL: "a value" */
    /* Fails with EXIT_USAGE and a sentence that begins with the option's name; NULL: as above. */
    int (*read)(const char *name, const char *text, void *place, struct error *err);
};

struct option_table {
    const char *command; /* for sentences, as the next */
    const char
        *operand; /* the one argument without a name, "case"; NULL: there is none */
    size_t operand_place;      /* const char * */
    const struct option *rows; /* [count] */
    int count;
};

/* Reads the arguments of a command into its options, which hold the defaults before. Fails with
 * EXIT_USAGE; of an unknown option the nearest known one is told. */
int option_read_all(const struct option_table *table, int count, char **arguments,
                    void *options, struct error *err);

/* Prints a line or more for each option that has a help. */
void option_help(const struct option_table *table);

#endif
