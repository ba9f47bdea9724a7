#include "core/case/case_state.h"
#include "core/case/shard_inside.h"

/* Whatever an evaluator remembers of the weights that were is of no use with others. */
void shard_put_state(struct shard *shard, struct state *wanted)
{
    bool keeps_evaluator =
        shard->evaluator && state_has_equal_weights(&shard->state, wanted);

    if (!keeps_evaluator) {
        evaluator_destroy(shard->evaluator);
        shard->evaluator = NULL;
    }
    case_put_state(shard->open, wanted, shard->network, &shard->placement,
                   &shard->equalisation);
    state_swap(&shard->state, wanted);
    if (!keeps_evaluator)
        shard->evaluator = shard_make_evaluator(shard);
}

int shard_answer_state(struct shard *shard, const struct request *request,
                       const void *payload, struct reply *reply, struct error *err)
{
    struct state state;
    int status = state_parse(payload, request->payload_bytes - 1, &state, err);

    (void)reply;
    if (status == 0)
        status = state_check(&state, shard->network, &shard->placement, err);
    if (status == 0)
        shard_put_state(shard, &state);
    state_clear(&state);
    return status;
}

int shard_answer_check_splits(struct shard *shard, const struct request *request,
                              const void *payload, struct reply *reply,
                              struct error *err)
{
    (void)request;
    (void)reply;
    return evaluator_check_splits(shard->evaluator, payload, err);
}
