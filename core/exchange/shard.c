#include "core/exchange/shard.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/format/data_file.h"
#include "core/network/fuse.h"
#include "core/network/onnx_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct shard {
    const struct config *config;
    const struct cases *cases;
    int rank, ranks;
    const struct kernel_set *kernels;
    /* the open case */
    const struct calibration_case *open;
    struct network *network;
    struct placement placement;
    struct evaluator *evaluator;
    struct data_file *calibration,
        *validation; /* validation: NULL when there is none */
    float *values;   /* of the own calibration samples */
    int32_t *labels;
    size_t own_count;
};

struct share share_of(size_t blocks, int rank, int ranks)
{
    return (struct share){
        .first_block = blocks * (size_t)rank / (size_t)ranks,
        .end_block = blocks * ((size_t)rank + 1) / (size_t)ranks,
    };
}

struct shard *shard_create(const struct config *config, const struct cases *cases,
                           int rank, int ranks)
{
    struct shard *shard = memory_zeroed(1, sizeof *shard);

    shard->config = config;
    shard->cases = cases;
    shard->rank = rank;
    shard->ranks = ranks;
    return shard;
}

static void close_case(struct shard *shard)
{
    evaluator_destroy(shard->evaluator);
    shard->evaluator = NULL;
    placement_clear(&shard->placement);
    network_destroy(shard->network);
    shard->network = NULL;
    data_file_close(shard->calibration);
    data_file_close(shard->validation);
    shard->calibration = shard->validation = NULL;
    free(shard->values);
    free(shard->labels);
    shard->values = NULL;
    shard->labels = NULL;
    shard->own_count = 0;
    shard->open = NULL;
}

void shard_destroy(struct shard *shard)
{
    if (!shard)
        return;
    close_case(shard);
    free(shard);
}

/* ---- opening a case ---------------------------------------------------------------------- */

struct network *shard_read_network(const struct config_model *model, struct error *err)
{
    struct network *network = onnx_read(model->network, err);

    if (!network)
        return NULL;
    network_fuse(network);
    if (model->batchnorm == BATCHNORM_FOLD)
        network_fold_batchnorm(network);
    if (model->input &&
        strcmp(model->input, network->tensors[network->input].name) != 0) {
        error_set(err, EXIT_CONFIG, "%s has no input \"%s\"; its input is \"%s\"",
                  model->network, model->input, network->tensors[network->input].name);
        network_destroy(network);
        return NULL;
    }
    return network;
}

static struct data_file *open_data(const struct shard *shard,
                                   const struct config_data *data, struct error *err)
{
    const struct network *network = shard->network;
    const struct tensor *input = &network->tensors[network->input];

    return data_file_open(shard->open->model, data, input->channels, input->height,
                          input->width, (int)network->tensors[network->output].count,
                          err);
}

/* The samples of this rank's blocks of a data file: [first, first + count). */
static void own_samples(const struct shard *shard, const struct data_file *file,
                        size_t *first, size_t *count)
{
    size_t block = (size_t)shard->config->block;
    size_t samples = data_file_count(file);
    struct share share =
        share_of((samples + block - 1) / block, shard->rank, shard->ranks);
    size_t end = share.end_block * block;

    *first = share.first_block * block;
    *count = (end < samples ? end : samples) - (*first < samples ? *first : samples);
}

static int read_calibration(struct shard *shard, struct error *err)
{
    size_t count = shard->network->tensors[shard->network->input].count;
    size_t first;

    own_samples(shard, shard->calibration, &first, &shard->own_count);
    shard->values = memory_get(shard->own_count * count * sizeof *shard->values);
    shard->labels = memory_get(shard->own_count * sizeof *shard->labels);
    return data_file_read(shard->calibration, first, shard->own_count, shard->values,
                          shard->labels, NULL, err);
}

static int find_kernels(struct shard *shard, struct error *err)
{
    shard->kernels = kernel_set_named(shard->config->kernel);
    if (!shard->kernels)
        return error_set(err, EXIT_CONFIG,
                         "kernel: \"%s\" is unknown or does not run on this machine; "
                         "`auto` takes the fastest that does",
                         shard->config->kernel);
    return 0;
}

/* No block is larger than the larger set of samples. */
static int block_at_most(const struct shard *shard)
{
    size_t most = data_file_count(shard->calibration);

    if (shard->validation && data_file_count(shard->validation) > most)
        most = data_file_count(shard->validation);
    return (size_t)shard->config->block < most ? shard->config->block : (int)most;
}

static int open_case(struct shard *shard, int index, struct error *err)
{
    struct placement_rules rules;

    close_case(shard);
    shard->open = &shard->cases->list[index];
    rules = case_rules(shard->open);
    if (find_kernels(shard, err) < 0)
        return -1;
    shard->network = shard_read_network(shard->open->model, err);
    if (!shard->network ||
        placement_init(&shard->placement, shard->network, &rules, err) < 0)
        return -1;
    shard->calibration = open_data(shard, &shard->open->model->calibration, err);
    if (!shard->calibration || read_calibration(shard, err) < 0)
        return -1;
    if (shard->open->model->validation.file) {
        shard->validation = open_data(shard, &shard->open->model->validation, err);
        if (!shard->validation)
            return -1;
    }
    shard->evaluator = evaluator_create(
        shard->network, &shard->placement,
        &(struct evaluator_options){
            .kernels = shard->kernels,
            .corrects_mean =
                shard->open->method->bias_correction == BIAS_CORRECTION_MEAN,
            .block = block_at_most(shard),
            .memory_bytes = shard->config->memory_bytes,
        },
        (struct samples){shard->values, shard->labels, shard->own_count});
    return 0;
}

/* A hash that merges as a maximum beside its negative: 52 bits are exact in a double. */
static void reply_hash(struct reply *reply, int at, int minus_at, uint64_t hash)
{
    reply->maxima[at] = (double)(hash >> 12);
    reply->maxima[minus_at] = -reply->maxima[at];
}

/* What a data file looks like from this rank; its content is compared sample by sample later. */
static uint64_t look_of_data(const struct data_file *file, const char *path,
                             uint64_t seed)
{
    const struct normalisation *normalisation = data_file_normalisation(file);
    size_t constants = (size_t)normalisation->channels * sizeof(float);
    struct stat status = {0};
    uint64_t numbers[3] = {data_file_count(file), data_file_first(file), 0};

    if (stat(path, &status) == 0)
        numbers[2] = (uint64_t)status.st_size;
    seed = hash_bytes(numbers, sizeof numbers, seed);
    seed = hash_bytes(&normalisation->scale, sizeof normalisation->scale, seed);
    seed = hash_bytes(normalisation->mean, constants, seed);
    return hash_bytes(normalisation->std, constants, seed);
}

/* Says what was opened; the hash shows whether all ranks see the same model and data. */
static int answer_open(struct shard *shard, const struct request *request,
                       const float *steps, struct reply *reply, struct error *err)
{
    const struct config_model *model;
    char text[HASH_TEXT_BYTES];
    uint64_t hash;

    (void)steps;
    if (open_case(shard, request->subject, err) < 0)
        return -1;
    model = shard->open->model;
    if (hash_file(model->network, text, err) < 0)
        return -1;
    hash = hash_bytes(text, sizeof text - 1, 0);
    hash = look_of_data(shard->calibration, model->calibration.file, hash);
    reply->sums[REPLY_CALIBRATION_SAMPLES] = (int64_t)shard->own_count;
    if (shard->validation) {
        size_t first, count;

        own_samples(shard, shard->validation, &first, &count);
        reply->sums[REPLY_VALIDATION_SAMPLES] = (int64_t)count;
        hash = look_of_data(shard->validation, model->validation.file, hash);
    }
    reply_hash(reply, REPLY_HASH, REPLY_MINUS_HASH, hash);
    return 0;
}

/* ---- scores and statistics ---------------------------------------------------------------- */

static int answer_score(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    (void)err;
    for (int i = 0; i < request_score_count(request); i++) {
        struct score score = {0};

        evaluator_score(
            shard->evaluator,
            request->candidate_count ? steps + i * request->step_count : NULL, &score);
        memcpy(reply->sums + (size_t)i * REPLY_SCORE_SUMS, &score, sizeof score);
    }
    return 0;
}

enum {
    BLOCKS_AT_ONCE = 16
}; /* validation samples are read from the file piece by piece */

/* Scores all candidates on validation samples [first, first + count), added to `scores`. */
static int validate_piece(struct shard *shard, const struct request *request,
                          const float *steps, size_t first, size_t count,
                          struct score *scores, struct error *err)
{
    size_t elements = shard->network->tensors[shard->network->input].count;
    float *values = memory_get(count * elements * sizeof *values);
    int32_t *labels = memory_get(count * sizeof *labels);
    int status =
        data_file_read(shard->validation, first, count, values, labels, NULL, err);

    for (int i = 0; status == 0 && i < request_score_count(request); i++)
        evaluator_score_others(
            shard->evaluator,
            request->candidate_count ? steps + i * request->step_count : NULL,
            (struct samples){values, labels, count}, &scores[i]);
    free(values);
    free(labels);
    return status;
}

static int answer_validate(struct shard *shard, const struct request *request,
                           const float *steps, struct reply *reply, struct error *err)
{
    size_t piece = (size_t)shard->config->block * BLOCKS_AT_ONCE;
    size_t scores_bytes = (size_t)request_score_count(request) * sizeof(struct score);
    struct score *scores = memory_zeroed(1, scores_bytes);
    size_t first, count;
    int status = 0;

    own_samples(shard, shard->validation, &first, &count);
    for (size_t done = 0; status == 0 && done < count; done += piece)
        status =
            validate_piece(shard, request, steps, first + done,
                           count - done < piece ? count - done : piece, scores, err);
    memcpy(reply->sums, scores, scores_bytes);
    free(scores);
    return status;
}

static int answer_range(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    struct range range = range_empty();

    (void)err;
    evaluator_range(shard->evaluator, request->subject, steps, &range);
    reply->maxima[REPLY_MINUS_LOW] = -(double)range.low;
    reply->maxima[REPLY_HIGH] = range.high;
    return 0;
}

static int answer_histogram(struct shard *shard, const struct request *request,
                            const float *steps, struct reply *reply, struct error *err)
{
    struct histogram *histogram = memory_get(sizeof *histogram);

    (void)err;
    histogram_init(histogram, request->range);
    evaluator_histogram(shard->evaluator, request->subject, steps, histogram);
    reply->sums[0] = histogram->zeros;
    memcpy(reply->sums + 1, histogram->counts, sizeof histogram->counts);
    free(histogram);
    return 0;
}

/* ---- overlap -------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The sorted hashes of all calibration samples; every rank reads them all. */
static uint64_t *calibration_hashes(struct shard *shard, struct error *err)
{
    size_t count = data_file_count(shard->calibration);
    size_t piece = (size_t)shard->config->block * BLOCKS_AT_ONCE;
    uint64_t *hashes = memory_get(count * sizeof *hashes);

    for (size_t first = 0; first < count; first += piece)
        if (data_file_read(shard->calibration, first,
                           count - first < piece ? count - first : piece, NULL, NULL,
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
    int status = data_file_read(shard->validation, first, count, NULL, NULL, own, err);

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

static int answer_overlap(struct shard *shard, const struct request *request,
                          const float *steps, struct reply *reply, struct error *err)
{
    size_t piece = (size_t)shard->config->block * BLOCKS_AT_ONCE;
    uint64_t *hashes;
    size_t first = 0, count = 0;
    int status = 0;

    (void)request;
    (void)steps;
    hashes = calibration_hashes(shard, err);
    if (!hashes)
        return -1;
    reply_hash(
        reply, REPLY_SAMPLES_HASH, REPLY_MINUS_SAMPLES_HASH,
        hash_bytes(hashes, data_file_count(shard->calibration) * sizeof *hashes, 0));
    if (shard->validation)
        own_samples(shard, shard->validation, &first, &count);
    for (size_t done = 0; status == 0 && done < count; done += piece)
        status = compare_piece(shard, hashes, first + done,
                               count - done < piece ? count - done : piece, reply, err);
    free(hashes);
    return status;
}

/* ---- the door ------------------------------------------------------------------------------- */

int shard_answer(struct shard *shard, const struct request *request, const float *steps,
                 struct reply *reply, struct error *err)
{
    static int (*const answers[])(struct shard *, const struct request *, const float *,
                                  struct reply *, struct error *) = {
        [REQUEST_OPEN] = answer_open,   [REQUEST_OVERLAP] = answer_overlap,
        [REQUEST_SCORE] = answer_score, [REQUEST_VALIDATE] = answer_validate,
        [REQUEST_RANGE] = answer_range, [REQUEST_HISTOGRAM] = answer_histogram,
    };

    return answers[request->kind](shard, request, steps, reply, err);
}

const struct network *shard_network(const struct shard *shard)
{
    return shard->network;
}

const struct placement *shard_placement(const struct shard *shard)
{
    return &shard->placement;
}

const struct kernel_set *shard_kernels(const struct shard *shard)
{
    return shard->kernels;
}
