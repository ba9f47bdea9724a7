#include "coordinator/search/rank_correlation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Values as scipy.stats.spearmanr has them. */
static void ranks_are_correlated(void **state)
{
    static const struct {
        double left[5], right[5], expected;
        int count;
    } pairs[] = {
        {{1, 2, 3, 4, 5}, {10, 20, 300, 400, 5000}, 1, 5},
        {{1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}, -1, 5},
        {{1, 2, 3, 4, 5}, {2, 1, 4, 3, 5}, 0.8, 5},
        {{1, 1, 2, 3}, {1, 2, 3, 4}, 0.9486832980505138, 4},
        {{1, 2, 3}, {7, 7, 7}, NAN, 3},
        {{1}, {1}, NAN, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        double found = rank_correlation(pairs[i].left, pairs[i].right, pairs[i].count);

        if (isnan(pairs[i].expected))
            assert_true(isnan(found));
        else
            assert_true(fabs(found - pairs[i].expected) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ranks_are_correlated)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
