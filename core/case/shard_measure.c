#include "core/case/shard_inside.h"

#include "core/base/memory.h"
#include "core/case/case_data.h"

#include <stdlib.h>

/* The choices of the candidates that come with a request; NULL: the float network. */
static const struct choice *candidates_of(const struct request *request,
                                          const void *payload)
{
    return request->candidate_count ? payload : NULL;
}

/* Says what candidates took. */
static void tell_work(const struct shard *shard, struct executor_counters before,
                      struct reply *reply)
{
    struct executor_counters done =
        executor_counters_since(evaluator_score_counters(shard->evaluator), before);

    reply_work(reply)->scores = executor_counters_sum(reply_work(reply)->scores, done);
}

/* Scores what comes with a request on samples, or on the evaluator's own (NULL). */
static void score(struct shard *shard, const struct request *request,
                  const void *payload, const struct samples *others,
                  struct reply *reply)
{
    struct executor_counters before = evaluator_score_counters(shard->evaluator);
    int count = request_score_count(request);

    if (others)
        evaluator_score_others(shard->evaluator, candidates_of(request, payload), count,
                               *others, reply_scores(reply));
    else
        evaluator_score(shard->evaluator, candidates_of(request, payload), count,
                        reply_scores(reply));
    if (request->candidate_count > 0)
        tell_work(shard, before, reply);
}

int shard_answer_score(struct shard *shard, const struct request *request,
                       const void *payload, struct reply *reply, struct error *err)
{
    (void)err;
    score(shard, request, payload, NULL, reply);
    return 0;
}

int shard_answer_contest(struct shard *shard, const struct request *request,
                         const void *payload, struct reply *reply, struct error *err)
{
    struct executor_counters before = evaluator_score_counters(shard->evaluator);
    const struct choice *rival = payload;

    (void)err;
    evaluator_contest(shard->evaluator, rival, rival + shard->placement.count,
                      request->candidate_count, request->turns, reply_scores(reply),
                      reply_paired(reply, request));
    tell_work(shard, before, reply);
    return 0;
}

int shard_answer_check(struct shard *shard, const struct request *request,
                       const void *payload, struct reply *reply, struct error *err)
{
    struct samples samples = shard_samples_of(shard, &shard->check);

    (void)err;
    score(shard, request, payload, &samples, reply);
    return 0;
}

/* How validation samples are scored; where that needs logits of the float network, `float_logits`
 * [count, outputs] receives them. */
static void choose_loss(const struct shard *shard, struct samples *samples,
                        float *float_logits)
{
    const struct config_model *model = shard->open->model;

    samples->k = config_k(model);
    samples->loss =
        case_data_has_numbers(model)
            ? model->loss
            : loss_to_validate(model->loss, output_shape_of(shard->network).outputs);
    if (!loss_table[samples->loss].needs_float_logits &&
        !metric_table[model->metric].needs_float_logits)
        return;
    evaluator_logits(shard->evaluator, NULL, *samples, float_logits);
    samples->float_logits = float_logits;
}

/* Scores all candidates on validation samples [first, first + count), added to the reply. */
static int validate_piece(struct shard *shard, const struct request *request,
                          const void *payload, size_t first, size_t count,
                          struct reply *reply, struct error *err)
{
    size_t classes = shard->network->tensors[shard->network->output].count;
    float *float_logits = memory_get(count * classes * sizeof *float_logits);
    struct sample_arrays arrays;
    int status;

    data_file_make_arrays(shard->validation, count, &arrays);
    status = data_file_read(shard->validation, first, count, &arrays, err);
    if (status == 0) {
        struct samples samples = sample_arrays_samples(&arrays);

        choose_loss(shard, &samples, float_logits);
        score(shard, request, payload, &samples, reply);
    }
    sample_arrays_clear(&arrays);
    free(float_logits);
    return status;
}

int shard_answer_validate(struct shard *shard, const struct request *request,
                          const void *payload, struct reply *reply, struct error *err)
{
    size_t piece = shard_validated_at_once(shard);
    struct sample_set own = shard_own_validation(shard);
    int status = 0;

    for (size_t done = 0; status == 0 && done < own.count && !shard_is_cut(shard);
         done += piece)
        status = validate_piece(shard, request, payload, own.first + done,
                                own.count - done < piece ? own.count - done : piece,
                                reply, err);
    return status;
}

int shard_answer_measure(struct shard *shard, const struct request *request,
                         const void *payload, struct reply *reply, struct error *err)
{
    const struct measure *measures = payload;

    (void)err;
    evaluator_measure(shard->evaluator, measures, request->measure_count,
                      candidates_of(request, measures + request->measure_count),
                      reply->sums, reply->maxima);
    return 0;
}
