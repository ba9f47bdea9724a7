#include "core/case/shard_inside.h"

#include "core/base/hash.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The sorted hashes of all calibration samples; every rank reads them all. */
static uint64_t *calibration_hashes(struct shard *shard, struct error *err)
{
    size_t count = data_file_count(shard->calibration);
    size_t piece = shard_samples_at_once(shard);
    uint64_t *hashes = memory_zeroed(count, sizeof *hashes);

    for (size_t first = 0; first < count && !shard_is_cut(shard); first += piece)
        if (data_file_hash(shard->calibration, first,
                           count - first < piece ? count - first : piece,
                           hashes + first, err) < 0) {
            free(hashes);
            return NULL;
        }
    qsort(hashes, count, sizeof *hashes, by_size);
    return hashes;
}

static int compare_piece(struct shard *shard, const uint64_t *hashes, size_t first,
                         size_t count, struct reply *reply, struct error *err)
{
    size_t known = data_file_count(shard->calibration);
    uint64_t *own = memory_get(count * sizeof *own);
    int status = data_file_hash(shard->validation, first, count, own, err);

    for (size_t i = 0; status == 0 && i < count; i++)
        if (bsearch(&own[i], hashes, known, sizeof *hashes, by_size)) {
            double sample = (double)(data_file_first(shard->validation) + first + i);

            reply->sums[REPLY_OVERLAPPING]++;
            reply->maxima[REPLY_MINUS_FIRST_OVERLAPPING] =
                fmax(reply->maxima[REPLY_MINUS_FIRST_OVERLAPPING], -sample);
        }
    free(own);
    return status;
}

int shard_answer_overlap(struct shard *shard, const struct request *request,
                         const void *payload, struct reply *reply, struct error *err)
{
    size_t piece = shard_samples_at_once(shard);
    uint64_t *hashes;
    struct sample_set own;
    int status = 0;

    (void)request;
    (void)payload;
    hashes = calibration_hashes(shard, err);
    if (!hashes)
        return -1;
    shard_reply_hash(
        reply, REPLY_SAMPLES_HASH, REPLY_MINUS_SAMPLES_HASH,
        hash_bytes(hashes, data_file_count(shard->calibration) * sizeof *hashes, 0));
    own = shard_own_validation(shard);
    for (size_t done = 0; status == 0 && done < own.count && !shard_is_cut(shard);
         done += piece)
        status = compare_piece(shard, hashes, own.first + done,
                               own.count - done < piece ? own.count - done : piece,
                               reply, err);
    free(hashes);
    return status;
}
