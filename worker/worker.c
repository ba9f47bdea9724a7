#include "worker/worker.h"

#include "core/exchange/shard.h"
#include "link/link.h"

#include <stdlib.h>

void worker_answer(const struct config *config, const struct cases *cases)
{
    struct shard *shard = shard_create(config, cases, link_rank(), link_ranks());
    struct error err = {0}; /* the coordinator tells it; here it only decides */
    struct request request;
    float *steps = NULL;

    for (link_receive(&request, &steps); request.kind != REQUEST_STOP;
         link_receive(&request, &steps)) {
        struct reply reply;

        reply_init(&reply, &request);
        link_merge(shard_answer(shard, &request, steps, &reply, &err), &reply, &err);
        reply_clear(&reply);
    }
    free(steps);
    shard_destroy(shard);
}
