/* themes.h - the operators that are tried, a table a theme. */
#ifndef TESTS_OPERATORS_THEMES_H
#define TESTS_OPERATORS_THEMES_H

#include "tests/operators/trial.h"

/* Each is an array NAME_trials at the end of theme_NAME.c; its last row has no name. */
/* clang-format off */
#define OPERATOR_THEMES(THEME) \
    THEME(batches)     /* the batch not the first, or folded */ \
    THEME(conditions)  /* comparisons, and choices by them */ \
    THEME(elementwise) \
    THEME(joins)       /* of two tensors, or of one and a constant */ \
    THEME(moves)       /* what only moves values */ \
    THEME(movements)   /* what moves values further */ \
    THEME(products) \
    THEME(recurrent) \
    THEME(reductions) \
    THEME(tables)      /* rows looked up by numbers */ \
    THEME(shapes)      /* what is computed of shapes and constants */ \
    THEME(windows)
/* clang-format on */

#define OPERATOR_THEME(name) extern const struct operator_trial name##_trials[];
OPERATOR_THEMES(OPERATOR_THEME)
#undef OPERATOR_THEME

#endif
