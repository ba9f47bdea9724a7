#include "core/format/journal_trace.h"

#include "core/evaluate/score.h"
#include "core/format/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <unistd.h>

#include "tests/support/scores.h"
#include "tests/support/scratch.h"

static struct error err;
static struct journal *journal;
static struct journal_trace trace;

static int start(void **state)
{
    (void)state;
    journal = journal_open(scratch_file, "digits: 1\n", &err);
    return journal ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    journal_close(journal, &err);
    journal_trace_clear(&trace);
    return unlink(scratch_file);
}

static void add(enum journal_kind kind, uint64_t key, const void *answer, size_t size)
{
    assert_int_equal(journal_add(journal, kind, &(struct hash128){{key, 1}}, answer,
                                 size, &(struct journal_cost){.seconds = 0.5}, &err),
                     0);
}

/* Of 4 samples, of which so many are right. */
static void add_score(enum journal_kind kind, uint64_t key, double loss, int right)
{
    struct score score = score_costing(loss * 4, 4);

    score.metrics[METRIC_TOP1] = right;
    score.known[METRIC_TOP1] = score.labelled = 4;
    add(kind, key, &score, sizeof score);
}

static void add_dropped(uint64_t key, double excess)
{
    struct journal_dropped dropped = {2, excess};

    add(JOURNAL_DROPPED, key, &dropped, sizeof dropped);
}

static void candidates_come_in_the_order_they_were_evaluated(void **state)
{
    (void)state;
    add_score(JOURNAL_FLOAT_SCORE, 1, 0.125, 4);
    add_score(JOURNAL_SCORE, 2, 2, 1);
    add_score(JOURNAL_CHECK, 3, 0.25, 4);
    add_score(JOURNAL_SCORE, 4, 0.5, 3);
    assert_true(journal_trace_read(scratch_file, METRIC_TOP1, &trace));
    assert_int_equal(trace.count, 2);
    assert_true(trace.points[0].loss == 2 && trace.points[0].metric == 0.25);
    assert_true(trace.points[1].loss == 0.5 && trace.points[1].metric == 0.75);
    assert_false(trace.points[0].is_dropped);
}

static void who_was_dropped_is_above_the_lowest_loss_until_then(void **state)
{
    (void)state;
    add_score(JOURNAL_SCORE, 1, 0.5, 1);
    add_score(JOURNAL_SCORE, 2, 1, 1);
    add_dropped(3, 0.25);
    add_dropped(4, INFINITY);
    assert_true(journal_trace_read(scratch_file, METRIC_TOP1, &trace));
    assert_int_equal(trace.count, 4);
    assert_true(trace.points[2].is_dropped && trace.points[2].loss == 0.75);
    assert_true(isnan(trace.points[2].metric));
    assert_true(trace.points[3].is_dropped && isnan(trace.points[3].loss));
}

static void what_is_no_journal_has_no_candidates(void **state)
{
    (void)state;
    assert_false(journal_trace_read("/no/such/journal", METRIC_TOP1, &trace));
    assert_int_equal(trace.count, 0);
    assert_int_equal(truncate(scratch_file, 20), 0);
    assert_false(journal_trace_read(scratch_file, METRIC_TOP1, &trace));
    assert_int_equal(trace.count, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
    static const struct CMUnitTest tests[] = {
        TEST(candidates_come_in_the_order_they_were_evaluated),
        TEST(who_was_dropped_is_above_the_lowest_loss_until_then),
        TEST(what_is_no_journal_has_no_candidates),
    };

    return cmocka_run_group_tests_name("journal_trace", tests, scratch_make,
                                       scratch_remove);
}
