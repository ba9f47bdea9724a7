#include "core/exchange/shard.h"

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/format/data_file.h"
#include "core/kernel/sgemm.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/network/equalisation.h"
#include "core/network/fuse.h"
#include "core/network/onnx_read.h"
#include "core/network/qdq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Samples in memory: a rank's own of a set. */
struct own_samples {
    float *values;
    int32_t *labels;
    float *float_logits; /* NULL: the loss does not need them */
    size_t count;
};

struct shard {
    const struct config *config;
    const struct cases *cases;
    int rank, ranks;
    const struct kernel_set *kernels;
    bool (*must_cut)(void); /* NULL: never */
    bool was_cut;           /* work of the present request was left out */
    /* the open case */
    const struct calibration_case *open;
    struct network *network;
    struct placement placement;
    struct evaluator *evaluator;
    struct data_file *calibration,
        *validation;                           /* validation: NULL when there is none */
    struct own_samples search, check;          /* of the calibration samples */
    unsigned treatments;                       /* of its weights: enum treatment */
    struct equalisation equalisation;          /* what its network had before */
    int64_t earlier_work[REPLY_WORK_COUNTERS]; /* of evaluators that it had before */
};

/* Consecutive samples of a data file. */
struct sample_set {
    size_t first, count;
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

void shard_cut_when(struct shard *shard, bool (*must_cut)(void))
{
    shard->must_cut = must_cut;
}

/* Asked between pieces of work. */
static bool is_cut(void *context)
{
    struct shard *shard = context;

    shard->was_cut = shard->was_cut || (shard->must_cut && shard->must_cut());
    return shard->was_cut;
}

static void own_samples_clear(struct own_samples *own)
{
    free(own->values);
    free(own->labels);
    free(own->float_logits);
    *own = (struct own_samples){0};
}

static void close_case(struct shard *shard)
{
    evaluator_destroy(shard->evaluator);
    shard->evaluator = NULL;
    memset(shard->earlier_work, 0, sizeof shard->earlier_work);
    equalisation_clear(&shard->equalisation);
    placement_clear(&shard->placement);
    network_destroy(shard->network);
    shard->network = NULL;
    data_file_close(shard->calibration);
    data_file_close(shard->validation);
    shard->calibration = shard->validation = NULL;
    own_samples_clear(&shard->search);
    own_samples_clear(&shard->check);
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

static struct network *read_float_network(const char *path, struct error *err)
{
    struct network *network = onnx_read(path, err);

    if (!network || !network_is_quantized(network))
        return network;
    error_set(
        err, EXIT_INPUT,
        "%s is quantized already: it has codes; calq needs the float network, and "
        "`calq verify` reads what `calq export` has written",
        path);
    network_destroy(network);
    return NULL;
}

struct network *shard_read_network(const struct config_model *model, struct error *err)
{
    struct network *network = read_float_network(model->network, err);

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
                                   const struct config_data *data, bool needs_labels,
                                   struct error *err)
{
    const struct network *network = shard->network;
    const struct tensor *input = &network->tensors[network->input];

    return data_file_open(shard->open->model, data, input->channels, input->height,
                          input->width, (int)network->tensors[network->output].count,
                          needs_labels, err);
}

/* The calibration samples that the search sees, and those put aside. */
static struct sample_set search_set(const struct shard *shard)
{
    size_t check = (size_t)shard->open->model->calibration.check;

    return (struct sample_set){0, data_file_count(shard->calibration) - check};
}

static struct sample_set check_set(const struct shard *shard)
{
    size_t check = (size_t)shard->open->model->calibration.check;

    return (struct sample_set){data_file_count(shard->calibration) - check, check};
}

static struct sample_set validation_set(const struct shard *shard)
{
    return (struct sample_set){0, shard->validation ? data_file_count(shard->validation)
                                                    : 0};
}

/* The samples of this rank's blocks of a set. */
static struct sample_set own_part(const struct shard *shard, struct sample_set all)
{
    size_t block = (size_t)shard->config->block;
    struct share share =
        share_of((all.count + block - 1) / block, shard->rank, shard->ranks);
    size_t first = share.first_block * block, end = share.end_block * block;

    end = end < all.count ? end : all.count;
    first = first < end ? first : end;
    return (struct sample_set){all.first + first, end - first};
}

/* Files are read piece by piece, so that not all has to be in memory, and reading can be cut. */
static size_t samples_at_once(const struct shard *shard)
{
    enum { BLOCKS = 16 };

    return (size_t)shard->config->block * BLOCKS;
}

static int read_own(struct shard *shard, struct sample_set all, struct own_samples *own,
                    struct error *err)
{
    size_t count = shard->network->tensors[shard->network->input].count;
    size_t piece = samples_at_once(shard);
    struct sample_set part = own_part(shard, all);
    int status = 0;

    own->count = part.count;
    own->values = memory_get(part.count * count * sizeof *own->values);
    own->labels = memory_get(part.count * sizeof *own->labels);
    for (size_t done = 0; status == 0 && done < part.count && !is_cut(shard);
         done += piece)
        status =
            data_file_read(shard->calibration, part.first + done,
                           part.count - done < piece ? part.count - done : piece,
                           own->values + done * count, own->labels + done, NULL, err);
    return status;
}

static int read_calibration(struct shard *shard, struct error *err)
{
    const struct config_data *data = &shard->open->model->calibration;
    size_t samples = data_file_count(shard->calibration);

    if ((size_t)data->check >= samples)
        return error_set(err, EXIT_CONFIG,
                         "model %s: check: %d leaves nothing of the %zu calibration "
                         "samples to search with",
                         shard->open->model->name, data->check, samples);
    if (read_own(shard, search_set(shard), &shard->search, err) < 0)
        return -1;
    return read_own(shard, check_set(shard), &shard->check, err);
}

/* As the evaluator wants them; without float logits the loss is cross entropy. */
static struct samples samples_of(const struct shard *shard,
                                 const struct own_samples *own)
{
    return (struct samples){
        .values = own->values,
        .labels = own->labels,
        .count = own->count,
        .loss = shard->open->model->loss,
        .float_logits = own->float_logits,
    };
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

static struct evaluator *make_evaluator(struct shard *shard)
{
    bool corrects = shard->treatments & TREAT_CORRECT;
    bool means_only = shard->open->method->bias_correction == BIAS_CORRECTION_MEAN;

    return evaluator_create(shard->network, &shard->placement,
                            &(struct evaluator_options){
                                .kernels = shard->kernels,
                                .corrects_mean = corrects,
                                .corrects_variance = corrects && !means_only,
                                .block = block_at_most(shard),
                                .memory_bytes = shard->config->memory_bytes,
                                .must_cut = is_cut,
                                .context = shard,
                            },
                            samples_of(shard, &shard->search));
}

/* Room for what the quantized network is held against, where the loss wants it. */
static void make_room_for_float_logits(const struct shard *shard,
                                       struct own_samples *own)
{
    size_t classes = shard->network->tensors[shard->network->output].count;

    if (shard->open->model->loss != LOSS_CROSS_ENTROPY)
        own->float_logits =
            memory_get(own->count * classes * sizeof *own->float_logits);
}

static void find_float_logits(const struct shard *shard, const struct own_samples *own)
{
    if (own->float_logits)
        evaluator_logits(shard->evaluator, NULL, samples_of(shard, own),
                         own->float_logits);
}

static int open_case(struct shard *shard, int index, struct error *err)
{
    struct placement_rules rules;

    close_case(shard);
    shard->open = &shard->cases->list[index];
    shard->treatments = case_first_treatments(shard->open);
    rules = case_rules(shard->open);
    if (find_kernels(shard, err) < 0)
        return -1;
    shard->network = shard_read_network(shard->open->model, err);
    if (!shard->network ||
        placement_init(&shard->placement, shard->network, &rules, err) < 0)
        return -1;
    case_find_ratios(shard->open, shard->network, &shard->placement);
    shard->calibration = open_data(shard, &shard->open->model->calibration,
                                   shard->open->model->loss == LOSS_CROSS_ENTROPY, err);
    if (!shard->calibration || read_calibration(shard, err) < 0)
        return -1;
    if (shard->open->model->validation.file) {
        shard->validation =
            open_data(shard, &shard->open->model->validation, true, err);
        if (!shard->validation)
            return -1;
    }
    make_room_for_float_logits(shard, &shard->search);
    make_room_for_float_logits(shard, &shard->check);
    shard->evaluator = make_evaluator(shard);
    find_float_logits(shard, &shard->search);
    find_float_logits(shard, &shard->check);
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
    hash = hash_bytes(sgemm_name(), strlen(sgemm_name()), hash);
    hash = look_of_data(shard->calibration, model->calibration.file, hash);
    reply->sums[REPLY_CALIBRATION_SAMPLES] = (int64_t)shard->search.count;
    reply->sums[REPLY_CHECK_SAMPLES] = (int64_t)shard->check.count;
    if (shard->validation) {
        reply->sums[REPLY_VALIDATION_SAMPLES] =
            (int64_t)own_part(shard, validation_set(shard)).count;
        hash = look_of_data(shard->validation, model->validation.file, hash);
    }
    reply_hash(reply, REPLY_HASH, REPLY_MINUS_HASH, hash);
    return 0;
}

/* ---- scores and statistics ---------------------------------------------------------------- */

/* The steps of the candidates that come with a request; NULL: the float network. */
static const float *candidates_of(const struct request *request, const float *steps)
{
    return request->candidate_count ? steps : NULL;
}

static int answer_score(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    (void)err;
    evaluator_score(shard->evaluator, candidates_of(request, steps),
                    request_score_count(request), reply_scores(reply));
    return 0;
}

static int answer_check(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    (void)err;
    evaluator_score_others(shard->evaluator, candidates_of(request, steps),
                           request_score_count(request),
                           samples_of(shard, &shard->check), reply_scores(reply));
    return 0;
}

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

    if (status == 0)
        evaluator_score_others(
            shard->evaluator, candidates_of(request, steps),
            request_score_count(request),
            (struct samples){.values = values, .labels = labels, .count = count},
            scores);
    free(values);
    free(labels);
    return status;
}

static int answer_validate(struct shard *shard, const struct request *request,
                           const float *steps, struct reply *reply, struct error *err)
{
    size_t piece = samples_at_once(shard);
    struct sample_set own = own_part(shard, validation_set(shard));
    int status = 0;

    for (size_t done = 0; status == 0 && done < own.count && !is_cut(shard);
         done += piece)
        status = validate_piece(shard, request, steps, own.first + done,
                                own.count - done < piece ? own.count - done : piece,
                                reply_scores(reply), err);
    return status;
}

static int answer_range(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    struct range range = range_empty();

    (void)err;
    evaluator_range(shard->evaluator, request->subject, steps, &range);
    reply_put_range(reply->maxima, range);
    return 0;
}

static int answer_histogram(struct shard *shard, const struct request *request,
                            const float *steps, struct reply *reply, struct error *err)
{
    struct histogram *histogram = memory_get(sizeof *histogram);

    (void)err;
    histogram_init(histogram, request->range, request->bins);
    evaluator_histogram(shard->evaluator, request->subject, steps, histogram);
    reply_put_histogram(reply->sums, histogram);
    free(histogram);
    return 0;
}

static int answer_float_ranges(struct shard *shard, const struct request *request,
                               const float *steps, struct reply *reply,
                               struct error *err)
{
    int items = shard->placement.count;
    struct range *ranges = memory_zeroed((size_t)items, sizeof *ranges);

    (void)request;
    (void)steps;
    (void)err;
    for (int item = 0; item < items; item++)
        ranges[item] = range_empty();
    evaluator_float_ranges(shard->evaluator, ranges);
    for (int item = 0; item < items; item++)
        reply_put_range(reply->maxima + item * REPLY_RANGE_MAXIMA, ranges[item]);
    free(ranges);
    return 0;
}

static int answer_float_histograms(struct shard *shard, const struct request *request,
                                   const float *numbers, struct reply *reply,
                                   struct error *err)
{
    int items = shard->placement.count;
    struct histogram *histograms = memory_get((size_t)items * sizeof *histograms);

    (void)request;
    (void)err;
    for (int item = 0; item < items; item++) {
        const float *asked = numbers + item * ASKED_HISTOGRAM_FLOATS;

        histogram_init(&histograms[item],
                       (struct range){asked[ASKED_LOW], asked[ASKED_HIGH]},
                       (int)asked[ASKED_BINS]);
    }
    evaluator_float_histograms(shard->evaluator, histograms);
    for (int item = 0; item < items; item++)
        reply_put_histogram(reply->sums + (size_t)item * REPLY_HISTOGRAM_SUMS,
                            &histograms[item]);
    free(histograms);
    return 0;
}

/* ---- split activations ---------------------------------------------------------------------- */

static int answer_channel_maxima(struct shard *shard, const struct request *request,
                                 const float *steps, struct reply *reply,
                                 struct error *err)
{
    float *maxima = memory_zeroed(request->moment_count, sizeof *maxima);

    (void)steps;
    (void)err;
    evaluator_channel_maxima(shard->evaluator, request->subject, maxima);
    for (size_t i = 0; i < request->moment_count; i++)
        reply->maxima[i] = maxima[i];
    free(maxima);
    return 0;
}

static int answer_split_activation(struct shard *shard, const struct request *request,
                                   const float *maxima, struct reply *reply,
                                   struct error *err)
{
    (void)reply;
    (void)err;
    activation_split_calibrate(&shard->placement.items[request->subject].split, maxima,
                               (size_t)request->step_count - 1);
    return 0;
}

/* ---- batch norms ---------------------------------------------------------------------------- */

static int answer_moments(struct shard *shard, const struct request *request,
                          const float *steps, struct reply *reply, struct error *err)
{
    (void)err;
    evaluator_moments(shard->evaluator, request->subject, candidates_of(request, steps),
                      reply->sums);
    return 0;
}

static int answer_float_moments(struct shard *shard, const struct request *request,
                                const float *steps, struct reply *reply,
                                struct error *err)
{
    (void)request;
    (void)steps;
    (void)err;
    evaluator_float_moments(shard->evaluator, reply->sums);
    return 0;
}

static int answer_put_batchnorm(struct shard *shard, const struct request *request,
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

static int answer_restore_batchnorms(struct shard *shard, const struct request *request,
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

/* ---- biases and weights ---------------------------------------------------------------------- */

static int answer_product_means(struct shard *shard, const struct request *request,
                                const float *steps, struct reply *reply,
                                struct error *err)
{
    (void)err;
    evaluator_product_means(shard->evaluator, request->subject,
                            candidates_of(request, steps), reply->sums);
    return 0;
}

static int answer_put_bias_shift(struct shard *shard, const struct request *request,
                                 const float *values, struct reply *reply,
                                 struct error *err)
{
    (void)reply;
    (void)err;
    bias_shift_put(&shard->network->layers[request->subject], values);
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

static void add_work(const struct shard *shard, int64_t sums[REPLY_WORK_COUNTERS])
{
    struct executor_counters counters = evaluator_counters(shard->evaluator);
    int64_t now[REPLY_WORK_COUNTERS];

    memcpy(now, &counters, sizeof now);
    for (int i = 0; i < REPLY_WORK_COUNTERS; i++)
        sums[i] += now[i];
}

/* Whatever an evaluator remembers of the weights that were is of no use. */
static int answer_treat(struct shard *shard, const struct request *request,
                        const float *steps, struct reply *reply, struct error *err)
{
    unsigned wanted = (unsigned)request->subject, changed = wanted ^ shard->treatments;

    (void)steps;
    (void)reply;
    (void)err;
    if (changed == 0)
        return 0;
    add_work(shard, shard->earlier_work);
    evaluator_destroy(shard->evaluator);
    if (changed & TREAT_EQUALIZE)
        change_equalisation(shard);
    shard->treatments = wanted;
    case_find_ratios(shard->open, shard->network, &shard->placement);
    shard->evaluator = make_evaluator(shard);
    return 0;
}

static int answer_check_splits(struct shard *shard, const struct request *request,
                               const float *steps, struct reply *reply,
                               struct error *err)
{
    (void)request;
    (void)reply;
    return evaluator_check_splits(shard->evaluator, steps, err);
}

static int answer_work(struct shard *shard, const struct request *request,
                       const float *steps, struct reply *reply, struct error *err)
{
    (void)request;
    (void)steps;
    (void)err;
    memcpy(reply->sums, shard->earlier_work, sizeof shard->earlier_work);
    add_work(shard, reply->sums);
    reply->sums[REPLY_WORK_CPU] = (int64_t)(1e9 * clock_cpu_seconds());
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
    size_t piece = samples_at_once(shard);
    uint64_t *hashes = memory_zeroed(count, sizeof *hashes);

    for (size_t first = 0; first < count && !is_cut(shard); first += piece)
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
    size_t piece = samples_at_once(shard);
    uint64_t *hashes;
    struct sample_set own;
    int status = 0;

    (void)request;
    (void)steps;
    hashes = calibration_hashes(shard, err);
    if (!hashes)
        return -1;
    reply_hash(
        reply, REPLY_SAMPLES_HASH, REPLY_MINUS_SAMPLES_HASH,
        hash_bytes(hashes, data_file_count(shard->calibration) * sizeof *hashes, 0));
    own = own_part(shard, validation_set(shard));
    for (size_t done = 0; status == 0 && done < own.count && !is_cut(shard);
         done += piece)
        status = compare_piece(shard, hashes, own.first + done,
                               own.count - done < piece ? own.count - done : piece,
                               reply, err);
    free(hashes);
    return status;
}

/* ---- the door ------------------------------------------------------------------------------- */

int shard_answer(struct shard *shard, const struct request *request, const float *steps,
                 struct reply *reply, struct error *err)
{
    static int (*const answers[])(struct shard *, const struct request *, const float *,
                                  struct reply *, struct error *) = {
        [REQUEST_OPEN] = answer_open,
        [REQUEST_OVERLAP] = answer_overlap,
        [REQUEST_SCORE] = answer_score,
        [REQUEST_CHECK] = answer_check,
        [REQUEST_VALIDATE] = answer_validate,
        [REQUEST_RANGE] = answer_range,
        [REQUEST_HISTOGRAM] = answer_histogram,
        [REQUEST_FLOAT_RANGES] = answer_float_ranges,
        [REQUEST_FLOAT_HISTOGRAMS] = answer_float_histograms,
        [REQUEST_WORK] = answer_work,
        [REQUEST_CHANNEL_MAXIMA] = answer_channel_maxima,
        [REQUEST_SPLIT_ACTIVATION] = answer_split_activation,
        [REQUEST_MOMENTS] = answer_moments,
        [REQUEST_FLOAT_MOMENTS] = answer_float_moments,
        [REQUEST_PUT_BATCHNORM] = answer_put_batchnorm,
        [REQUEST_RESTORE_BATCHNORMS] = answer_restore_batchnorms,
        [REQUEST_PRODUCT_MEANS] = answer_product_means,
        [REQUEST_PUT_BIAS_SHIFT] = answer_put_bias_shift,
        [REQUEST_TREAT] = answer_treat,
        [REQUEST_CHECK_SPLITS] = answer_check_splits,
    };

    int status;

    shard->was_cut = false;
    status = answers[request->kind](shard, request, steps, reply, err);
    if (status == 0 && shard->was_cut)
        return error_set(err, EXIT_STOPPED, "there was no time for an answer");
    return status;
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

unsigned shard_treatments(const struct shard *shard)
{
    return shard->treatments;
}
