/* on_ranks.h - commands that work on all ranks: asked for alike, in teams, with one exit code. */
#ifndef COMMANDS_ON_RANKS_H
#define COMMANDS_ON_RANKS_H

#include "coordinator/team.h"
#include "core/base/error.h"

enum { OVERRIDES_MOST = 64 };

/* Settings that are replaced: --set KEY=VALUE. */
struct overrides {
    const char *list[OVERRIDES_MOST];
    int count;
};

#define OVERRIDE_NEEDS "KEY=VALUE, e.g. --set block=16"

/* An option's `read`. */
int overrides_add(const char *name, const char *text, void *place, struct error *err);

/* What is asked for, the same on all ranks. Borrowed. */
struct asked {
    const char *config; /* path */
    const struct overrides *overrides;
    const void *more; /* [more_bytes] what else has to be the same */
    size_t more_bytes;
    /* What the coordinating rank of each team does; the others answer meanwhile. */
    int (*coordinate)(void *context, const struct config *config,
                      const struct cases *cases, struct team *team, struct error *err);
    void *context;
};

/* Catches signals and opens the link. */
void on_ranks_begin(void);

/* Agrees on `status`, of reading the arguments, and does what is asked for where that went well. Returns the
 * exit code of all; only the first rank has a sentence then. main.c closes the link. */
int on_ranks_run(const struct asked *asked, int status, struct error *err);

#endif
