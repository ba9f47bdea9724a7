#include "core/case/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_reply_has_the_size_that_fits_its_request(void **state)
{
    static const struct {
        struct request request;
        size_t sums, maxima;
    } fits[] = {
        {{.kind = REQUEST_OPEN}, REPLY_OPEN_SUMS, REPLY_OPEN_MAXIMA},
        {{.kind = REQUEST_OVERLAP}, REPLY_OVERLAP_SUMS, REPLY_OVERLAP_MAXIMA},
        {{.kind = REQUEST_SCORE}, REPLY_SCORE_SUMS, 0},
        {{.kind = REQUEST_SCORE, .candidate_count = 7}, 7 * REPLY_SCORE_SUMS, 0},
        {{.kind = REQUEST_CONTEST, .candidate_count = 3},
         3 * (REPLY_SCORE_SUMS + REPLY_PAIRED_SUMS),
         0},
        {{.kind = REQUEST_VALIDATE}, REPLY_SCORE_SUMS, 0},
        {{.kind = REQUEST_VALIDATE, .candidate_count = 2}, 2 * REPLY_SCORE_SUMS, 0},
        {{.kind = REQUEST_MEASURE, .measure_count = 2, .room = {34, 3}}, 34, 3},
        {{.kind = REQUEST_STATE, .payload_bytes = 128}, 0, 0},
        {{.kind = REQUEST_STOP}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(fits); i++) {
        struct reply reply;

        reply_init(&reply, &fits[i].request);
        assert_int_equal(reply.sum_count, fits[i].sums);
        assert_int_equal(reply.maximum_count, fits[i].maxima);
        reply_clear(&reply);
    }
}

/* So that a rank with nothing to say changes nothing. */
static void an_empty_reply_is_neutral_when_merged(void **state)
{
    static const enum request_kind kinds[] = {REQUEST_OPEN, REQUEST_OVERLAP,
                                              REQUEST_SCORE, REQUEST_VALIDATE,
                                              REQUEST_MEASURE};

    (void)state;
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct request request = {
            .kind = kinds[kind], .candidate_count = 3, .room = {12, 4}};
        struct reply reply;

        reply_init(&reply, &request);
        for (size_t i = 0; i < reply.sum_count; i++)
            assert_true(reply.sums[i] == 0);
        assert_int_equal(reply_failed(&reply), -1);
        for (size_t i = 0; i < reply.maximum_count; i++)
            assert_true(isinf(reply.maxima[i]) && reply.maxima[i] < 0);
        reply_clear(&reply);
        assert_null(reply.sums);
        assert_null(reply.maxima);
    }
}

static void differences_stand_behind_the_scores(void **state)
{
    struct request request = {.kind = REQUEST_CONTEST, .candidate_count = 2};
    struct reply reply;

    (void)state;
    reply_init(&reply, &request);
    reply.sums[2 * REPLY_SCORE_SUMS] = 5;
    reply.sums[2 * REPLY_SCORE_SUMS + REPLY_PAIRED_SUMS] = 7;
    assert_int_equal(reply_paired(&reply, &request)[0].samples, 5);
    assert_int_equal(reply_paired(&reply, &request)[1].samples, 7);
    reply_clear(&reply);
}

static void the_score_of_each_candidate_is_found(void **state)
{
    struct request request = {.kind = REQUEST_SCORE, .candidate_count = 3};
    struct reply reply;

    (void)state;
    reply_init(&reply, &request);
    for (size_t i = 0; i < reply.sum_count; i++)
        reply.sums[i] = (int64_t)i;
    for (int i = 0; i < 3; i++) {
        struct score score = reply_scores(&reply)[i];
        int first = i * REPLY_SCORE_SUMS;

        for (int limb = 0; limb < SCORE_LIMBS; limb++)
            assert_true(score.loss[limb] == first + limb);
        first += SCORE_LIMBS;
        for (int number = 0; number < SCORE_METRIC_NUMBERS; number++)
            assert_true(score.metrics[number] == first + number);
        first += SCORE_METRIC_NUMBERS;
        for (int metric = 0; metric < METRIC_STORED; metric++)
            assert_true(score.known[metric] == first + metric);
        first += METRIC_STORED;
        assert_true(score.samples == first && score.predictions == first + 1 &&
                    score.labelled == first + 2 && score.entropies == first + 3 &&
                    score.compared == first + 4 && score.not_finite == first + 5);
    }
    reply_clear(&reply);
}

/* A reply with numbers that are all different, of a rank that failed or did not (-1). */
static void make_reply(struct reply *reply, int step, int failed)
{
    struct request request = {.kind = REQUEST_MEASURE, .room = {10, 2}};

    reply_init(reply, &request);
    reply_work(reply)->cpu_nanoseconds = step;
    reply_work(reply)->scores.macs_avoided = 2 * step;
    for (size_t i = 0; i < reply->sum_count; i++)
        reply->sums[i] = (int64_t)i * step;
    for (size_t i = 0; i < reply->maximum_count; i++)
        reply->maxima[i] = i % 2 ? step : -step;
    if (failed >= 0)
        reply_fail(reply, failed);
}

static void replies_merge_word_by_word(void **state)
{
    struct reply one, other;

    (void)state;
    make_reply(&one, 1, -1);
    make_reply(&other, 10, -1);
    reply_merge(other.words, one.words, one.word_count);
    assert_int_equal(reply_work(&one)->cpu_nanoseconds, 11);
    assert_int_equal(reply_work(&one)->scores.macs_avoided, 22);
    for (size_t i = 0; i < one.sum_count; i++)
        assert_int_equal(one.sums[i], 11 * i);
    for (size_t i = 0; i < one.maximum_count; i++)
        assert_true(one.maxima[i] == (i % 2 ? 10 : -1));
    assert_int_equal(reply_failed(&one), -1);
    reply_clear(&one);
    reply_clear(&other);
}

static void the_first_rank_that_failed_is_told(void **state)
{
    static const int failed[][3] = {{-1, -1, -1}, {0, -1, 0}, {-1, 0, 0}, {2, 5, 2},
                                    {7, 1, 1},    {3, -1, 3}, {0, 1, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(failed); i++) {
        struct reply one, other;

        make_reply(&one, 1, failed[i][0]);
        make_reply(&other, 2, failed[i][1]);
        reply_merge(other.words, one.words, one.word_count);
        assert_int_equal(reply_failed(&one), failed[i][2]);
        reply_clear(&one);
        reply_clear(&other);
    }
}

static void a_request_without_candidates_is_about_the_float_network(void **state)
{
    (void)state;
    assert_int_equal(request_score_count(&(struct request){.candidate_count = 0}), 1);
    assert_int_equal(request_score_count(&(struct request){.candidate_count = 1}), 1);
    assert_int_equal(request_score_count(&(struct request){.candidate_count = 9}), 9);
}

static void every_request_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int kind = 0; kind <= REQUEST_STOP; kind++) {
        assert_non_null(request_name(kind));
        for (int other = 0; other < kind; other++)
            assert_string_not_equal(request_name(kind), request_name(other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_the_size_that_fits_its_request),
        cmocka_unit_test(an_empty_reply_is_neutral_when_merged),
        cmocka_unit_test(differences_stand_behind_the_scores),
        cmocka_unit_test(the_score_of_each_candidate_is_found),
        cmocka_unit_test(replies_merge_word_by_word),
        cmocka_unit_test(the_first_rank_that_failed_is_told),
        cmocka_unit_test(a_request_without_candidates_is_about_the_float_network),
        cmocka_unit_test(every_request_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
