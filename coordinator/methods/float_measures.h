/* float_measures.h - measures of the float network that are taken in one go. */
#ifndef COORDINATOR_METHODS_FLOAT_MEASURES_H
#define COORDINATOR_METHODS_FLOAT_MEASURES_H

#include "coordinator/team.h"

/* Begins as zeros. */
struct float_measures {
    struct measure *measures; /* [count] owned */
    void **answers;           /* [count] owned, as what they point to */
    int count;
};

/* Adds one, with room for its answer. */
void float_measures_add(struct float_measures *all, struct measure measure,
                        size_t answer_bytes);

/* Takes all, if there are any. Fails as team_measure() does. */
int float_measures_take(struct float_measures *all, struct team *team,
                        struct error *err);
void float_measures_clear(struct float_measures *all);

#endif
