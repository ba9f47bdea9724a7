/* sensitivity.h - what the loss does when bits are taken from one group of tensors, and from two.
 *
 * All other groups have their most bits: that is the base. With L(g, k) the loss when group g has its choice k,
 *
 *   single(g, k)        = L(g, k) - L(base)
 *   pair(g, k, h, l)    = L(g, k and h, l) - L(g, k) - L(h, l) + L(base)
 *
 * so that singles and pairs add up to what any two groups lose together. Sources: the interaction of layers is
 * that of Nahshan et al. 2019 (LAPQ), arXiv:1911.07190, 3.2; as a sum to be minimised it is in Deng et al. 2023
 * (CLADO), arXiv:2307.05657, where losses are of float weights that were rounded. Here the integer network is evaluated.
 */
#ifndef COORDINATOR_METHODS_SENSITIVITY_H
#define COORDINATOR_METHODS_SENSITIVITY_H

#include "coordinator/methods/bit_space.h"
#include "coordinator/search/assignment.h"

struct sensitivity {
    size_t places;   /* groups * most */
    double base;     /* loss */
    double *singles; /* [places] owned */
    double *
        points; /* [places] by which a choice alone lowers the model's metric, in hundredths; NaN: it is not
                        known; owned */
    double *pairs; /* [places, places] the left group comes first; owned */
    long evaluations;
};

/* Measures singles, and pairs of each group with the `reach` next ones that have a choice, in the order of
 * execution, 0: none, under the state in force. All answers go to the journal, those of a group's choice with all others in one
 * batch, whose candidates share what comes before. Losses that are not finite count as guessing. */
int sensitivity_measure(struct sensitivity *sensitivity, const struct method_task *task,
                        const struct bit_space *space, int reach, struct error *err);
void sensitivity_clear(struct sensitivity *sensitivity);

/* The same numbers as bytes to keep, with how many evaluations they took, and back; false: they are not of this space. */
void *sensitivity_bytes(const struct sensitivity *sensitivity, size_t *count);
bool sensitivity_of_bytes(struct sensitivity *sensitivity,
                          const struct bit_space *space, const void *bytes,
                          size_t count);

/* Scores assignments [count, groups] as the pairs were. */
int sensitivity_score(const struct method_task *task, const struct bit_space *space,
                      const int *assignments, int count, struct score *scores,
                      struct error *err);

#endif
