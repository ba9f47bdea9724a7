/* runtime.h - runs a graph on one sample after the other, as it is written or with codes. */
#ifndef TESTS_FUZZ_RUNTIME_H
#define TESTS_FUZZ_RUNTIME_H

#include "tests/fuzz/operators.h"

/* What is done to a value, or instead of a node, while a graph runs. */
struct change {
    /* Gives the value of `node` in place of its operator; NULL: the operator does. */
    struct array *(*compute)(void *context, struct trial *trial, int node,
                             const struct array *const *inputs);
    /* Changes a value that was computed. */
    void (*treat)(void *context, struct trial *trial, int value, struct array *array);
    void *context;
};

/* Computes all that does not depend on the input, once. */
void runtime_fold(struct graph *graph);

/* The graph's output for a sample [1, ...]; a copy. `change` may be NULL. */
struct array *runtime_run(const struct graph *graph, struct trial *trial,
                          const struct array *sample, const struct change *change);

#endif
