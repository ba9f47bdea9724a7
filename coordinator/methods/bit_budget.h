/* bit_budget.h - what choices of bits cost, in what a budget is given in. */
#ifndef COORDINATOR_METHODS_BIT_BUDGET_H
#define COORDINATOR_METHODS_BIT_BUDGET_H

#include "coordinator/methods/bit_space.h"

/* NaN: not given; one of them is. */
struct bit_limits {
    double average_bits;   /* of all values of tensors that have a choice */
    double weight_bytes;   /* of the network: codes, steps, kept floats */
    double bit_operations; /* multiply-adds x bits of weights x bits of activations */
    double loss; /* on the calibration samples; then average bits are made least */
    double
        points; /* by which each choice alone may lower the metric there; then each group has its fewest such bits */
};

struct bit_budget {
    const char *name; /* "average_bits" */
    double limit;
    int64_t *costs; /* [groups, most] owned */
    int64_t fixed;  /* what no choice changes */
    double unit;    /* cost / unit is what the budget is given in */
};

/* Fails with EXIT_CONFIG where not exactly one limit is given, or bit operations are to be limited and weights as well
 * as activations have several widths: they are products then, and no sum. */
int bit_budget_find(struct bit_budget *budget, const struct bit_space *space,
                    const struct network *network, const struct bit_limits *limits,
                    struct error *err);
void bit_budget_clear(struct bit_budget *budget);

/* The most that choices may cost; INT64_MAX: it is the loss that is limited, or points. */
int64_t bit_budget_most(const struct bit_budget *budget);

#endif
