/* assignment.h - a choice for each of some groups, at the least loss that a budget allows.
 *
 *   minimise  sum_g singles(g, x_g) + sum_{g < h} pairs(g, x_g, h, x_h)
 *   under     sum_g costs(g, x_g) <= budget
 *
 * Pairs may have any sign. The minimum is exact: see assignment_solve().
 */
#ifndef COORDINATOR_SEARCH_ASSIGNMENT_H
#define COORDINATOR_SEARCH_ASSIGNMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { ASSIGNMENT_CHOICES_MOST = 64 }; /* of a group */

/* Choices are counted from 0 in each group; a place is group * most + choice. All borrowed. */
struct assignment_model {
    int groups; /* >= 1 */
    int most;   /* choices that a group has at most; <= ASSIGNMENT_CHOICES_MOST */
    const int *choices;    /* [groups] 1..most */
    const double *singles; /* [groups, most] finite */
    const double
        *pairs; /* [groups, most, groups, most] finite, read where the left group is the
                              first of both; NULL: none */
    const int64_t *costs; /* [groups, most] >= 0 */
};

struct assignment {
    int *choices; /* [groups] owned by the caller */
    double loss;
    int64_t cost;
    double bound; /* no assignment within the budget has less loss than this */
    bool
        is_proven; /* the loss is the least but for rounding; else it is above `bound` at most */
    long nodes; /* of the tree that were looked at */
};

/* Loss and cost of choices [groups]. */
double assignment_loss(const struct assignment_model *model, const int *choices);
int64_t assignment_cost(const struct assignment_model *model, const int *choices);

/* The least and the largest cost that choices can have. */
int64_t assignment_least_cost(const struct assignment_model *model);
int64_t assignment_largest_cost(const struct assignment_model *model);

/* Finds the choices of least loss within a budget. Returns false, and leaves `found` as it was,
 * where even the cheapest choices cost more.
 *
 *   max_nodes  the search ends after so many; 0: no limit
 *   found      its choices [groups] are filled
 *
 * Branch and bound, depth first. The bound is the dual of the linear program over the local polytope, with
 * the budget priced by a Lagrange multiplier: pairs and singles are moved into each other, which changes the loss of
 * no assignment, until the sum of their minima no longer rises (V. Kolmogorov, *A new look at reweighted message
 * passing*, IEEE PAMI 37, 2015, arXiv:1309.5655, of which the case of pairs is here). It needs no convex model,
 * so none is made of it. Of several minima the one that is found first is kept; the order of all steps is fixed,
 * so it is the same on every machine. */
bool assignment_solve(const struct assignment_model *model, int64_t budget,
                      long max_nodes, struct assignment *found);

/* The cheapest choices whose loss is at most `loss`, by bisection over budgets. Returns false where none
 * are. */
bool assignment_solve_for_loss(const struct assignment_model *model, double loss,
                               long max_nodes, struct assignment *found);

/* Choices that lose least within one of `count` budgets, which are spread evenly from the least to the
 * largest cost: rising in cost and falling in loss, each once.
 *
 *   front  [count] out, the choices of the first ones returned are owned by the caller
 *
 * Returns how many there are. */
int assignment_front(const struct assignment_model *model, int count, long max_nodes,
                     struct assignment *front);

/* What is done without a model of pairs (assignment_near.c): from the largest choices on, the group whose next lower choice
 * loses least by its singles has it, until the budget is kept. Returns false where it cannot be. */
bool assignment_greedy(const struct assignment_model *model, int64_t budget,
                       int *choices /* [groups] out */);

/* The assignments of least loss within a budget that differ from `choices` in one or two groups, the least
 * first.
 *
 *   near  [count, groups] out
 *
 * Returns how many there are, at most `count`. */
int assignment_near(const struct assignment_model *model, int64_t budget,
                    const int *choices, int count, int *near);

#endif
