/* bit_choice.h - bits of each group of tensors: measured, solved for a budget, and the best few evaluated. */
#ifndef COORDINATOR_METHODS_BIT_CHOICE_H
#define COORDINATOR_METHODS_BIT_CHOICE_H

#include "coordinator/methods/bit_budget.h"

/* What the predicted loss is made of; or, greedy, groups lose bits from those that lose least on. */
enum bit_model { BITS_BY_PAIRS, BITS_BY_SINGLES, BITS_BY_GREEDY };

struct bit_question {
    struct bit_widths widths;
    struct clip_rule rule; /* by which steps are found at each width */
    struct bit_limits limits;
    enum bit_model model;
    int reach;  /* of pairs; 0: all */
    int tries;  /* of the best predicted that are evaluated */
    int finals; /* of those of least loss that are rounded layer behind layer; 0: none */
    int descents; /* how often as many neighbours of the best of them are rounded */
    int draws; /* of assignments at random that are evaluated to compare predictions with; 0: none */
};

/* Finds steps at each width, rounds weights alone where the method rounds, measures singles and pairs, solves for the
 * budget and for all others, evaluates the best few and the same bits for all, and rounds the best of these as behind the
 * search. Fills result->start with choices and
 * score, and result->mixed. What is measured is kept for all cases of the run that ask the same, see
 * shared_answer.h. The state in force is as before.
 *
 *   evaluations  out
 *
 * Fails with EXIT_CONFIG where the budget cannot be kept. */
int bit_choice_find(const struct method_task *task, const struct bit_question *asked,
                    long *evaluations, struct result *result, struct error *err);

#endif
