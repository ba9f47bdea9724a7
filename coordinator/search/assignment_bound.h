/* assignment_bound.h - a lower bound of an assignment's loss: the model, put otherwise. */
#ifndef COORDINATOR_SEARCH_ASSIGNMENT_BOUND_H
#define COORDINATOR_SEARCH_ASSIGNMENT_BOUND_H

#include "coordinator/search/assignment.h"

#include <stddef.h>

/* The same loss of every assignment as the model's with each unit of cost at a price, from other singles and
 * pairs. Places of a group beyond its choices are not looked at. */
struct potentials {
    const struct assignment_model *model; /* borrowed */
    size_t places;                        /* groups * most */
    double *own;                          /* [places] owned */
    double *both; /* [places, places] symmetric; 0 within a group; owned */
};

void potentials_init(struct potentials *potentials,
                     const struct assignment_model *model, double price);
void potentials_clear(struct potentials *potentials);

/* Moves pairs and singles into each other, `passes` times there and back. The bound does not fall. */
void potentials_tighten(struct potentials *potentials, int passes);

/* The sum of the minima of all singles and all pairs: no assignment has less. */
double potentials_bound(const struct potentials *potentials);

/* The least of the pairs of two groups; of the singles of one, with its place. */
double potentials_least_pair(const struct potentials *potentials, int left, int right);
int potentials_least_choice(const struct potentials *potentials, int group);

#endif
