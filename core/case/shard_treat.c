#include "core/case/shard_inside.h"

#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"

int shard_answer_put_batchnorm(struct shard *shard, const struct request *request,
                               const float *statistics, struct reply *reply,
                               struct error *err)
{
    (void)reply;
    (void)err;
    bias_shift_remove(&shard->network->layers[request->subject]);
    batchnorm_put(&shard->network->layers[request->subject], statistics,
                  statistics + request->step_count);
    return 0;
}

int shard_answer_restore_batchnorms(struct shard *shard, const struct request *request,
                                    const float *steps, struct reply *reply,
                                    struct error *err)
{
    (void)request;
    (void)steps;
    (void)reply;
    (void)err;
    for (int layer = 0; layer < shard->network->layer_count; layer++) {
        bias_shift_remove(&shard->network->layers[layer]);
        if (shard->network->layers[layer].batchnorm)
            batchnorm_restore(&shard->network->layers[layer]);
    }
    return 0;
}

int shard_answer_put_bias_shift(struct shard *shard, const struct request *request,
                                const float *values, struct reply *reply,
                                struct error *err)
{
    (void)reply;
    (void)err;
    bias_shift_put(&shard->network->layers[request->subject], values);
    return 0;
}

int shard_answer_split_activation(struct shard *shard, const struct request *request,
                                  const float *maxima, struct reply *reply,
                                  struct error *err)
{
    (void)reply;
    (void)err;
    activation_split_calibrate(&shard->placement.items[request->subject].split, maxima,
                               (size_t)request->step_count - 1);
    return 0;
}

/* Equalises, or undoes it. */
static void change_equalisation(struct shard *shard)
{
    struct equalisation_pairs pairs;

    if (shard->equalisation.before) {
        network_undo_equalisation(shard->network, &shard->equalisation);
        return;
    }
    pairs = equalisation_find_pairs(shard->network, &shard->placement);
    network_equalize(shard->network, &pairs, &shard->equalisation);
    equalisation_pairs_clear(&pairs);
}

/* Whatever an evaluator remembers of the weights that were is of no use. */
int shard_answer_treat(struct shard *shard, const struct request *request,
                       const float *steps, struct reply *reply, struct error *err)
{
    unsigned wanted = (unsigned)request->subject, changed = wanted ^ shard->treatments;

    (void)steps;
    (void)reply;
    (void)err;
    if (changed == 0)
        return 0;
    evaluator_destroy(shard->evaluator);
    if (changed & TREAT_EQUALIZE)
        change_equalisation(shard);
    shard->treatments = wanted;
    case_find_ratios(shard->open, shard->network, &shard->placement);
    shard->evaluator = shard_make_evaluator(shard);
    return 0;
}

int shard_answer_check_splits(struct shard *shard, const struct request *request,
                              const float *steps, struct reply *reply,
                              struct error *err)
{
    (void)request;
    (void)reply;
    return evaluator_check_splits(shard->evaluator, steps, err);
}
