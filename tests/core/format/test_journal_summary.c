#include "core/format/journal_summary.h"

#include "core/evaluate/score.h"
#include "core/format/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/scores.h"
#include "tests/support/scratch.h"

static struct error err;
static struct journal *journal;

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
    return unlink(scratch_file);
}

/* An answer of 4 samples that cost a mean of `loss` and half a second. */
static void add(enum journal_kind kind, uint64_t key, double loss, int64_t not_finite)
{
    struct score score = score_costing(loss * 4, 4);

    score.not_finite = not_finite;
    assert_int_equal(journal_add(journal, kind, &(struct hash128){{key, 1}}, &score,
                                 sizeof score, &(struct journal_cost){.seconds = 0.5},
                                 &err),
                     0);
}

static struct journal_summary summary_of_file(void)
{
    struct journal_summary summary;

    assert_true(journal_summarize(scratch_file, &summary));
    return summary;
}

static void the_lowest_finite_loss_of_the_quantized_network_is_the_best(void **state)
{
    struct journal_summary summary;

    (void)state;
    add(JOURNAL_FLOAT_SCORE, 1, 0.25, 0);
    add(JOURNAL_SCORE, 2, 2, 0);
    add(JOURNAL_SCORE, 3, 0.75, 0);
    add(JOURNAL_SCORE, 4, 0.5, 1);
    add(JOURNAL_SCORE, 5, 1, 0);
    add(JOURNAL_CHECK, 6, 0.25, 0);
    summary = summary_of_file();
    assert_int_equal(summary.evaluations, 4);
    assert_true(summary.best_loss == 0.75);
    assert_true(summary.seconds == 3);
    assert_true(summary.rate == 2);
}

static void a_journal_without_answers_has_no_loss(void **state)
{
    struct journal_summary summary = summary_of_file();

    (void)state;
    assert_int_equal(summary.evaluations, 0);
    assert_true(isnan(summary.best_loss) && isnan(summary.rate));
}

static void a_record_that_is_being_written_does_not_count(void **state)
{
    long bytes;
    FILE *file;

    (void)state;
    add(JOURNAL_SCORE, 1, 1, 0);
    file = fopen(scratch_file, "r");
    fseek(file, 0, SEEK_END);
    bytes = ftell(file);
    fclose(file);
    add(JOURNAL_SCORE, 2, 0.5, 0);
    for (long cut = 1; cut < 20; cut++) {
        assert_int_equal(truncate(scratch_file, bytes + cut), 0);
        assert_int_equal(summary_of_file().evaluations, 1);
    }
}

static void what_is_no_journal_tells_nothing(void **state)
{
    static const long sizes[] = {0, 1, 15, 16, 47, 60};
    struct journal_summary summary;

    (void)state;
    assert_false(journal_summarize("/no/such/journal", &summary));
    assert_false(journal_summarize(scratch_folder, &summary));
    for (size_t i = sizeof sizes / sizeof *sizes; i-- > 0;) {
        assert_int_equal(truncate(scratch_file, sizes[i]), 0);
        assert_false(journal_summarize(scratch_file, &summary));
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
    static const struct CMUnitTest tests[] = {
        TEST(the_lowest_finite_loss_of_the_quantized_network_is_the_best),
        TEST(a_journal_without_answers_has_no_loss),
        TEST(a_record_that_is_being_written_does_not_count),
        TEST(what_is_no_journal_tells_nothing),
    };

    return cmocka_run_group_tests_name("journal_summary", tests, scratch_make,
                                       scratch_remove);
}
