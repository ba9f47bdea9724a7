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
        [REQUEST_CHECK] = "score candidates on the samples put aside",
        [REQUEST_VALIDATE] = "score candidates on the validation samples",
        [REQUEST_RANGE] = "find the range of a tensor",
        [REQUEST_HISTOGRAM] = "find the histogram of a tensor",
        [REQUEST_FLOAT_RANGES] = "find the ranges of all tensors",
        [REQUEST_FLOAT_HISTOGRAMS] = "find the histograms of all tensors",
        [REQUEST_CHANNEL_MAXIMA] = "find the largest values of a tensor's channels",
        [REQUEST_MOMENTS] = "measure a batch norm",
        [REQUEST_FLOAT_MOMENTS] = "measure all batch norms",
        [REQUEST_PRODUCT_MEANS] = "measure a convolution",
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
    case REQUEST_HISTOGRAM:
        return REPLY_COUNTS + (size_t)request->bins;
    case REQUEST_FLOAT_HISTOGRAMS:
        return (size_t)request->candidate_count * REPLY_HISTOGRAM_SUMS;
    case REQUEST_MOMENTS:
    case REQUEST_FLOAT_MOMENTS:
    case REQUEST_PRODUCT_MEANS:
        return request->moment_count;
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
    case REQUEST_RANGE:
    case REQUEST_HISTOGRAM:
        return REPLY_RANGE_MAXIMA;
    case REQUEST_FLOAT_HISTOGRAMS:
        return (size_t)request->candidate_count * REPLY_RANGE_MAXIMA;
    case REQUEST_FLOAT_RANGES:
        return (size_t)request->subject * REPLY_RANGE_MAXIMA;
    case REQUEST_CHANNEL_MAXIMA:
        return request->moment_count;
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

struct reply_work *reply_work(const struct reply *reply)
{
    return (struct reply_work *)(reply->words + WORD_WORK);
}

void reply_put_range(double *maxima, struct range range)
{
    maxima[REPLY_MINUS_LOW] = -(double)range.low;
    maxima[REPLY_HIGH] = range.high;
}

struct range reply_range(const double *maxima)
{
    return (struct range){(float)-maxima[REPLY_MINUS_LOW], (float)maxima[REPLY_HIGH]};
}

void reply_put_histogram(int64_t *sums, double *maxima,
                         const struct histogram *histogram)
{
    sums[REPLY_ZEROS] = histogram->zeros;
    sums[REPLY_BELOW] = histogram->below;
    sums[REPLY_ABOVE] = histogram->above;
    memcpy(sums + REPLY_COUNTS, histogram->counts,
           (size_t)histogram->bins * sizeof *histogram->counts);
    reply_put_range(maxima, histogram->inner);
}

void reply_histogram(const int64_t *sums, const double *maxima, struct range range,
                     int bins, struct histogram *histogram)
{
    histogram_init(histogram, range, bins);
    histogram->zeros = sums[REPLY_ZEROS];
    histogram->below = sums[REPLY_BELOW];
    histogram->above = sums[REPLY_ABOVE];
    memcpy(histogram->counts, sums + REPLY_COUNTS,
           (size_t)bins * sizeof *histogram->counts);
    histogram->inner = reply_range(maxima);
}
