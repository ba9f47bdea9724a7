#include "core/evaluate/group_rank.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { GROUPS = 5, EACH = 4 };

/* The first of four is the right one. */
static const float outputs[GROUPS][EACH] = {{3, 1, 2, 0},
                                            {2, 3, 2, 2}, /* equal ones are not above */
                                            {0, 1, 2, 3},
                                            {1, NAN, 0, 0},
                                            {-1, -2, 5, -3}};
static const int64_t above[GROUPS] = {0, 1, 3, 3, 1}; /* what is no number ranks last */

static struct score score_at(int k)
{
    struct group_rank rank = {0};
    struct score score = {.samples = 0};

    for (int i = 0; i < GROUPS * EACH; i++)
        group_rank_add(&rank, i / EACH * 7 - 3, outputs[i / EACH][i % EACH], k, &score);
    group_rank_end(&rank, k, &score);
    group_rank_end(&rank, k, &score); /* there is none any more */
    return score;
}

static void hits_and_gains_are_those_of_the_definition(void **state)
{
    (void)state;
    for (int k = 1; k <= EACH; k++) {
        struct score score = score_at(k);
        double hits = 0, gain = 0;

        for (int group = 0; group < GROUPS; group++) {
            bool is_number = group != 3;

            hits += is_number && above[group] < k;
            gain +=
                is_number && above[group] < k ? 1 / log2((double)above[group] + 2) : 0;
        }
        assert_int_equal(score.known[METRIC_HIT_RATE], GROUPS);
        assert_true(score_metric(&score, METRIC_HIT_RATE) == hits / GROUPS);
        assert_true(fabs(score_metric(&score, METRIC_NDCG) - gain / GROUPS) < 1e-15);
    }
}

static void without_groups_nothing_is_known(void **state)
{
    struct group_rank rank = {0};
    struct score score = {.samples = 0};

    (void)state;
    group_rank_end(&rank, 10, &score);
    assert_true(isnan(score_metric(&score, METRIC_HIT_RATE)));
    assert_true(isnan(score_metric(&score, METRIC_NDCG)));
}

/* Groups of several ranks are added. */
static void parts_merge_exactly(void **state)
{
    struct score whole = score_at(2), parts = {.samples = 0};

    (void)state;
    for (int group = 0; group < GROUPS; group++) {
        struct group_rank rank = {0};
        struct score part = {.samples = 0};

        for (int i = 0; i < EACH; i++)
            group_rank_add(&rank, group, outputs[group][i], 2, &part);
        group_rank_end(&rank, 2, &part);
        score_merge(&parts, &part);
    }
    assert_memory_equal(&parts, &whole, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_and_gains_are_those_of_the_definition),
        cmocka_unit_test(without_groups_nothing_is_known),
        cmocka_unit_test(parts_merge_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
