#include "coordinator/rank_cost.h"

#include "core/base/memory.h"
#include "core/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct rank_cost_facts plain = {.blocks = 64,
                                             .block_seconds = 0.001,
                                             .block_spread = 0.0001,
                                             .weight_seconds = 0.0005,
                                             .message_seconds = 2e-6};

static void one_rank_does_all_and_waits_for_nobody(void **state)
{
    struct rank_cost cost = rank_cost(&plain, 1);

    (void)state;
    assert_int_equal(cost.blocks, 64);
    assert_float_equal(cost.seconds, 64 * 0.001 + 0.0005, 1e-12);
}

static void the_last_rank_has_a_block_more_where_they_do_not_divide(void **state)
{
    (void)state;
    assert_int_equal(rank_cost(&plain, 3).blocks, 22);
    assert_int_equal(rank_cost(&plain, 63).blocks, 2);
    assert_int_equal(rank_cost(&plain, 64).blocks, 1);
}

static void ranks_without_blocks_only_add_messages(void **state)
{
    struct rank_cost all = rank_cost(&plain, 64), more = rank_cost(&plain, 1024);

    (void)state;
    assert_true(more.work == all.work && more.skew == all.skew);
    assert_float_equal(more.messages - all.messages, 2 * 4 * 2e-6, 1e-12);
}

static void the_time_of_a_question_is_that_of_its_messages(void **state)
{
    struct block_times times = {.blocks = 3, .first = 5, .seconds = 4, .squares = 10};
    struct rank_cost_facts facts = rank_cost_facts_of(9, &times, 4, 8e-6);

    (void)state;
    assert_true(facts.message_is_measured);
    assert_float_equal(facts.message_seconds, 2e-6, 1e-12);
    assert_float_equal(rank_cost(&facts, 4).messages, 8e-6, 1e-12);
    assert_float_equal(facts.block_seconds, 2, 1e-12);
    assert_float_equal(facts.block_spread, sqrt(2), 1e-12); /* 1 and 3 */
    assert_float_equal(facts.weight_seconds, 3, 1e-12);
    facts = rank_cost_facts_of(9, &times, 1, 8e-6);
    assert_false(facts.message_is_measured);
    assert_float_equal(rank_cost(&facts, 1).messages, 8e-6, 1e-12);
}

static const struct rank_cost_batches some = {"pairs", 100, 4, 50, 2};

static void batches_of_one_rank_are_its_work(void **state)
{
    (void)state;
    assert_float_equal(rank_cost_of_batches(&plain, &some, 1),
                       50 * 64 * 0.001 + 2 * 0.0005, 1e-12);
}

static void a_batch_meets_once_however_many_candidates_it_has(void **state)
{
    struct rank_cost_batches fewer = some;
    struct rank_cost one = rank_cost(&plain, 8);

    (void)state;
    fewer.batches = 1;
    assert_float_equal(rank_cost_of_batches(&plain, &some, 8) -
                           rank_cost_of_batches(&plain, &fewer, 8),
                       3 * one.messages + one.skew * (4 * sqrt(50.0 / 4) - sqrt(50.0)),
                       1e-7);
    assert_true(rank_cost_of_batches(&plain, &some, 64) <
                rank_cost_of_batches(&plain, &some, 8));
}

/* ---- held against ranks that are played one by one --------------------------------------------- */

/* Nearly normal: of twelve uniform numbers. */
static double draw(struct random_stream *stream, double mean, double deviation)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += random_fraction(stream);
    return mean + deviation * sum;
}

/* When rank `rank` has the request: the root sends to one after the other, who do the same. */
static double arrival(int rank, double message)
{
    int steps = 0;

    while (rank >> steps)
        steps++;
    return steps * message;
}

static size_t blocks_of(size_t blocks, size_t rank, size_t ranks)
{
    return blocks * (rank + 1) / ranks - blocks * rank / ranks;
}

/* Ranks exchange with those whose number differs in one bit after the other. */
static double merge(double *moments, int ranks, double message)
{
    double *next = memory_get((size_t)ranks * sizeof *next);
    double last = 0;

    for (int bit = 1; bit < ranks; bit <<= 1) {
        for (int rank = 0; rank < ranks; rank++)
            next[rank] = fmax(moments[rank], moments[rank ^ bit]) + message;
        memcpy(moments, next, (size_t)ranks * sizeof *next);
    }
    for (int rank = 0; rank < ranks; rank++)
        last = fmax(last, moments[rank]);
    free(next);
    return last;
}

static double play(const struct rank_cost_facts *facts, int ranks,
                   struct random_stream *stream)
{
    double *moments = memory_get((size_t)ranks * sizeof *moments);
    double seconds;

    for (int rank = 0; rank < ranks; rank++) {
        moments[rank] = arrival(rank, facts->message_seconds) + facts->weight_seconds;
        for (size_t i = blocks_of(facts->blocks, (size_t)rank, (size_t)ranks); i > 0;
             i--)
            moments[rank] += draw(stream, facts->block_seconds, facts->block_spread);
    }
    seconds = merge(moments, ranks, facts->message_seconds);
    free(moments);
    return seconds;
}

/* Messages from those of one machine to those of a slow network, blocks of a small and of a large network. */
static void the_model_agrees_with_ranks_that_are_played(void **state)
{
    enum { TIMES = 40 };
    static const double messages[] = {0.5e-6, 15e-6, 100e-6};
    static const double blocks[][2] = {
        {0.0006, 0.00003}, {0.0006, 0.0003}, {0.19, 0.01}};
    static const int ranks[] = {2, 4, 64, 1024};
    struct random_stream stream = {1};

    (void)state;
    for (size_t m = 0; m < 3; m++)
        for (size_t b = 0; b < 3; b++)
            for (size_t r = 0; r < 4; r++)
                for (size_t count = 64; count <= 4096; count *= 8) {
                    const struct rank_cost_facts facts = {
                        .blocks = count,
                        .block_seconds = blocks[b][0],
                        .block_spread = blocks[b][1],
                        .weight_seconds = blocks[b][0],
                        .message_seconds = messages[m]};
                    double played = 0;

                    for (int i = 0; i < TIMES; i++)
                        played += play(&facts, ranks[r], &stream) / TIMES;
                    assert_float_equal(rank_cost(&facts, ranks[r]).seconds / played, 1,
                                       0.06);
                }
}

static void every_number_of_ranks_has_a_line(void **state)
{
    const struct rank_counts asked = {{64, 1024}, 2};
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    (void)state;
    rank_cost_tell(&plain, 2, &asked, stream);
    fclose(stream);
    assert_non_null(strstr(text, "\n       1      64    0.06450"));
    assert_non_null(strstr(text, "\n       2      32    0.03250"));
    assert_non_null(strstr(text, "\n      64       1    0.00150"));
    assert_non_null(strstr(text, "\n    1024       1    0.00150"));
    assert_non_null(strstr(text, "a message 2.0 us (assumed"));
    free(text);
    stream = open_memstream(&text, &size);
    rank_cost_tell_batches(&plain, &some, 2, &asked, stream);
    fclose(stream);
    assert_non_null(strstr(text, "100 pairs in 4 batches, as much work as 50 such"));
    assert_non_null(strstr(text, "\n       1       3.20       1.00 x"));
    assert_non_null(strstr(text, "\n       2       1.61"));
    assert_non_null(strstr(text, "\n    1024       0.0"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_rank_does_all_and_waits_for_nobody),
        cmocka_unit_test(the_last_rank_has_a_block_more_where_they_do_not_divide),
        cmocka_unit_test(ranks_without_blocks_only_add_messages),
        cmocka_unit_test(the_time_of_a_question_is_that_of_its_messages),
        cmocka_unit_test(batches_of_one_rank_are_its_work),
        cmocka_unit_test(a_batch_meets_once_however_many_candidates_it_has),
        cmocka_unit_test(the_model_agrees_with_ranks_that_are_played),
        cmocka_unit_test(every_number_of_ranks_has_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
