/* bit_choice_inside.h - what the two files that choose bits share. */
#ifndef COORDINATOR_METHODS_BIT_CHOICE_INSIDE_H
#define COORDINATOR_METHODS_BIT_CHOICE_INSIDE_H

#include "coordinator/methods/bit_choice.h"
#include "coordinator/methods/sensitivity.h"

/* All that is known while bits are chosen. */
struct chooser {
    const struct method_task *task;
    const struct bit_question *asked;
    struct bit_space space;
    struct bit_budget budget;
    struct sensitivity found;
    struct assignment_model model;
    struct result *result;
    struct state before; /* in force when it began */
};

/* What is known of an assignment [groups] before it is evaluated; its texts are the result's. */
struct result_mixed_point bit_choice_point(const struct chooser *chooser,
                                           const int *assignment, bool is_proven);

/* Gives all items [items] what an assignment [groups] says. */
void bit_choice_put(const struct chooser *chooser, const int *assignment,
                    struct choice *choices);

/* Evaluates assignments at random (`draws`), under the state in force, and compares them with what is predicted: fills
 * result->mixed.drawn and the correlations. */
int bit_tries_random(struct chooser *chooser, struct error *err);

/* Evaluates the solution, its neighbours and the same bits for all, under the state in force, and rounds those of least
 * loss (`finals`) as behind a search, whose state is in force afterwards. Fills result->mixed.tried and chosen.
 *
 *   best  the solution; receives the choices of the lowest one */
int bit_tries_best(struct chooser *chooser, struct assignment *best, struct error *err);

#endif
