#include "core/case/message.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *request_name(enum request_kind kind)
{
    static const char *const names[] = {
        [REQUEST_OPEN] = "open a case",
        [REQUEST_OVERLAP] = "compare samples",
        [REQUEST_SCORE] = "score candidates on the calibration samples",
        [REQUEST_CONTEST] = "score candidates beside the best one",
        [REQUEST_CHECK] = "score candidates on the held-out samples",
        [REQUEST_VALIDATE] = "score candidates on the validation samples",
        [REQUEST_MEASURE] = "measure tensors",
        [REQUEST_STATE] = "put a state in force",
        [REQUEST_CHECK_SPLITS] = "check split channels",
        [REQUEST_STOP] = "stop",
    };

    return names[kind];
}

int request_score_count(const struct request *request)
{
    return request->candidate_count > 0 ? request->candidate_count : 1;
}

static size_t sums_of(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_OPEN:
        return REPLY_OPEN_SUMS;
    case REQUEST_OVERLAP:
        return REPLY_OVERLAP_SUMS;
    case REQUEST_SCORE:
    case REQUEST_CHECK:
    case REQUEST_VALIDATE:
        return (size_t)request_score_count(request) * REPLY_SCORE_SUMS;
    case REQUEST_CONTEST:
        return (size_t)request_score_count(request) *
               (REPLY_SCORE_SUMS + REPLY_PAIRED_SUMS);
    case REQUEST_MEASURE:
        return request->room.sums;
    default:
        return 0;
    }
}

static size_t maxima_of(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_OPEN:
        return REPLY_OPEN_MAXIMA;
    case REQUEST_OVERLAP:
        return REPLY_OVERLAP_MAXIMA;
    case REQUEST_MEASURE:
        return request->room.maxima;
    default:
        return 0;
    }
}

/* Where the words of a reply stand. */
enum { WORD_SUM_COUNT, WORD_WORK, WORD_SUMS = WORD_WORK + REPLY_WORK_SUMS };

void reply_init(struct reply *reply, const struct request *request)
{
    size_t sums = sums_of(request), maxima = maxima_of(request);

    *reply = (struct reply){
        .word_count = WORD_SUMS + sums + maxima + 1,
        .sum_count = sums,
        .maximum_count = maxima,
    };
    reply->words = memory_zeroed(reply->word_count, sizeof *reply->words);
    reply->words[WORD_SUM_COUNT] = (int64_t)(REPLY_WORK_SUMS + sums);
    reply->sums = reply->words + WORD_SUMS;
    reply->maxima = (double *)(reply->sums + sums);
    for (size_t i = 0; i <= maxima; i++)
        reply->maxima[i] = -INFINITY;
}

void reply_clear(struct reply *reply)
{
    free(reply->words);
    *reply = (struct reply){0};
}

void reply_merge(const void *from, void *into, size_t word_count)
{
    const int64_t *more = from;
    int64_t *sums = into;
    size_t sum_end = (size_t)more[WORD_SUM_COUNT] + 1;
    const double *others = from;
    double *maxima = into;

    for (size_t i = WORD_WORK; i < sum_end; i++)
        sums[i] += more[i];
    for (size_t i = sum_end; i < word_count; i++)
        maxima[i] = others[i] > maxima[i] ? others[i] : maxima[i];
}

/* The first rank is the largest of the negative numbers. */
void reply_fail(struct reply *reply, int rank)
{
    reply->maxima[reply->maximum_count] = -(double)rank;
}

int reply_failed(const struct reply *reply)
{
    double failed = reply->maxima[reply->maximum_count];

    return isinf(failed) ? -1 : (int)-failed;
}

struct score *reply_scores(const struct reply *reply)
{
    return (struct score *)reply->sums;
}

struct paired *reply_paired(const struct reply *reply, const struct request *request)
{
    return (struct paired *)(reply->sums +
                             request_score_count(request) * REPLY_SCORE_SUMS);
}

struct reply_work *reply_work(const struct reply *reply)
{
    return (struct reply_work *)(reply->words + WORD_WORK);
}
