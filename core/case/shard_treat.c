#include "core/case/shard_inside.h"

#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"

int shard_answer_put_batchnorm(struct shard *shard, const struct request *request,
                               const void *payload, struct reply *reply,
                               struct error *err)
{
    struct layer *layer = &shard->network->layers[request->subject];
    const float *means = payload;

    (void)reply;
    (void)err;
    bias_shift_remove(layer);
    batchnorm_put(layer, means, means + layer->batchnorm->channels);
    return 0;
}

int shard_answer_restore_batchnorms(struct shard *shard, const struct request *request,
                                    const void *payload, struct reply *reply,
                                    struct error *err)
{
    (void)request;
    (void)payload;
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
                                const void *payload, struct reply *reply,
                                struct error *err)
{
    (void)reply;
    (void)err;
    bias_shift_put(&shard->network->layers[request->subject], payload);
    return 0;
}

int shard_answer_split_activation(struct shard *shard, const struct request *request,
                                  const void *payload, struct reply *reply,
                                  struct error *err)
{
    struct quantized_tensor *item = &shard->placement.items[request->subject];

    (void)reply;
    (void)err;
    activation_split_calibrate(&item->split, payload,
                               (size_t)shard->network->tensors[item->index].channels);
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
                       const void *payload, struct reply *reply, struct error *err)
{
    unsigned wanted = (unsigned)request->subject, changed = wanted ^ shard->treatments;

    (void)payload;
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
                              const void *payload, struct reply *reply,
                              struct error *err)
{
    (void)request;
    (void)reply;
    return evaluator_check_splits(shard->evaluator, payload, err);
}
