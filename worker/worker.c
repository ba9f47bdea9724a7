#include "worker/worker.h"

#include "core/case/shard.h"
#include "link/link.h"

#include <stdlib.h>

static int answer_requests(struct shard *shard, struct error *err)
{
    struct request request;
    struct error told; /* the coordinator tells it; here it only decides */
    void *payload = NULL;
    int status;

    while ((status = link_receive(&request, &payload, err)) == 0 &&
           request.kind != REQUEST_STOP) {
        struct reply reply;

        reply_init(&reply, &request);
        link_merge(shard_answer(shard, &request, payload, &reply, &told), &reply,
                   &told);
        reply_clear(&reply);
    }
    free(payload);
    return status;
}

int worker_answer(const struct config *config, const struct cases *cases,
                  struct error *err)
{
    struct shard *shard = shard_create(config, cases, link_rank(), link_ranks());
    int status;

    shard_cut_when(shard, link_must_cut);
    status = answer_requests(shard, err);
    shard_destroy(shard);
    return status;
}
