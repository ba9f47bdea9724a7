/* network_choices.h - what a network's file leaves open, as options say it: sizes of dimensions, and which output. */
#ifndef COMMANDS_NETWORK_CHOICES_H
#define COMMANDS_NETWORK_CHOICES_H

#include "commands/option.h"
#include "core/format/config.h"

/* All borrowed from the arguments. */
struct network_choices {
    const char *output;           /* NULL: the only one */
    char *shape[CONFIG_LIST_MAX]; /* texts "name=size" */
    int shape_count;
};

/* The rows of --shape and --outputs, of a member of the command's options. */
#define NETWORK_CHOICES_ROWS(type, member)                                             \
    {"--shape",                                                                        \
     "NAME=SIZE",                                                                      \
     offsetof(type, member),                                                           \
     "the size of a dimension that the file leaves open; for each one",                \
     NULL,                                                                             \
     network_choices_read_shape},                                                      \
    {                                                                                  \
        "--outputs", "NAME", offsetof(type, member.output),                            \
            "which of several outputs is meant", NULL, NULL                            \
    }

/* One more "name=size", of struct network_choices. Fails with EXIT_USAGE. */
int network_choices_read_shape(const char *name, const char *text, void *place,
                               struct error *err);

/* Gives them to a model. */
void network_choices_put(const struct network_choices *choices,
                         struct config_model *model);

#endif
