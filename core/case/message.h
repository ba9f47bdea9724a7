/* message.h - what coordinator and workers say to each other: plain data, no MPI. */
#ifndef CORE_CASE_MESSAGE_H
#define CORE_CASE_MESSAGE_H

#include "core/case/sample_draw.h"
#include "core/evaluate/evaluator.h"
#include "core/evaluate/score.h"

#include <stddef.h>
#include <stdint.h>

enum request_kind {
    REQUEST_OPEN,     /* prepare case `subject`: network, samples, evaluator */
    REQUEST_OVERLAP,  /* compare samples by content: of both sets, and of all ranks */
    REQUEST_SCORE,    /* score candidates on the calibration samples */
    REQUEST_CONTEST,  /* the same on some of the blocks, beside a rival */
    REQUEST_CHECK,    /* score candidates on the held-out calibration samples */
    REQUEST_VALIDATE, /* score candidates on the validation samples */
    REQUEST_MEASURE,  /* take measures: of the float network, or under one candidate */
    REQUEST_STATE,    /* put a state in force from now on */
    REQUEST_CHECK_SPLITS, /* hold folded codes against split layers, one candidate */
    REQUEST_STOP          /* no more requests */
};

/* "score candidates": what a rank is asked to do. */
const char *request_name(enum request_kind kind);

/* A request comes with a payload: the choices of candidates [candidate_count, items], with
 * REQUEST_CONTEST those of the rival before them, with REQUEST_MEASURE measures [measure_count] before them, whose `room` the reply has; with REQUEST_STATE
 * the text of a state and a zero. */
struct request {
    enum request_kind kind;
    int subject;             /* a case */
    struct sample_draw draw; /* of calibration samples, when it is opened */
    int candidate_count;     /* candidates that come with it; 0: the float network */
    size_t payload_bytes;
    struct turns turns; /* of a contest */
    int measure_count;
    struct measure_room room;
};

/* What a rank found on its shard. Replies of all ranks merge by adding the sums and taking the
 * largest of the maxima, so the merged reply does not depend on how many ranks there are. All of it
 * stands in words of 8 bytes, so that it merges in one go: how many sums there are in all, a struct
 * reply_work, the sums, the maxima, and one more maximum that tells which rank failed. */
struct reply {
    int64_t *words; /* [word_count] owned */
    size_t word_count;
    int64_t *sums; /* [sum_count] of the words */
    size_t sum_count;
    double *maxima; /* [maximum_count] of the words */
    size_t maximum_count;
};

/* What an answer took, whatever was asked: sums over ranks as all others. */
struct reply_work {
    int64_t cpu_nanoseconds;
    struct executor_counters scores; /* of candidates, see evaluator_score_counters() */
};
enum { REPLY_WORK_SUMS = sizeof(struct reply_work) / sizeof(int64_t) };

/* Where the numbers of each kind of reply stand. */
enum {
    REPLY_CALIBRATION_SAMPLES, /* those that the search sees */
    REPLY_CHECK_SAMPLES,
    REPLY_VALIDATION_SAMPLES,
    REPLY_OPEN_SUMS
};
enum {
    REPLY_HASH,
    REPLY_MINUS_HASH,
    REPLY_CPU, /* a hash of its kind */
    REPLY_MINUS_CPU,
    REPLY_OPEN_MAXIMA
};
enum { REPLY_OVERLAPPING, REPLY_OVERLAP_SUMS };
enum {
    REPLY_SAMPLES_HASH,
    REPLY_MINUS_SAMPLES_HASH,
    REPLY_MINUS_FIRST_OVERLAPPING,
    REPLY_OVERLAP_MAXIMA
};
enum {
    REPLY_SCORE_SUMS = sizeof(struct score) / sizeof(int64_t),
    REPLY_PAIRED_SUMS = sizeof(struct paired) / sizeof(int64_t)
};

/* Makes an empty reply of the size that fits the request: sums zero, maxima -infinity. */
void reply_init(struct reply *reply, const struct request *request);
void reply_clear(struct reply *reply);

/* The scores in a reply to REQUEST_SCORE, REQUEST_CONTEST, REQUEST_CHECK or REQUEST_VALIDATE,
 * [request_score_count()]: its sums. */
struct score *reply_scores(const struct reply *reply);

/* After them in a reply to REQUEST_CONTEST: how each candidate differs from the rival. */
struct paired *reply_paired(const struct reply *reply, const struct request *request);

struct reply_work *reply_work(const struct reply *reply);

/* Merges the words of a rank's reply into those of another's, to the same request. */
void reply_merge(const void *from, void *into, size_t word_count);

/* Says in a reply that a rank failed; of a merged one: the first that did, or -1. */
void reply_fail(struct reply *reply, int rank);
int reply_failed(const struct reply *reply);

/* Scores in a reply: at least one, for the float network. */
int request_score_count(const struct request *request);

#endif
