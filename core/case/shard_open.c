#include "core/case/shard_inside.h"

#include "core/base/hash.h"
#include "core/base/machine.h"
#include "core/base/memory.h"
#include "core/case/case_data.h"
#include "core/case/case_state.h"
#include "core/case/case_tflite.h"
#include "core/onnx/onnx_external.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/qdq.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void own_samples_clear(struct own_samples *own)
{
    sample_arrays_clear(&own->arrays);
    free(own->float_logits);
    *own = (struct own_samples){0};
}

void shard_close_case(struct shard *shard)
{
    evaluator_destroy(shard->evaluator);
    shard->evaluator = NULL;
    equalisation_clear(&shard->equalisation);
    state_clear(&shard->state);
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

struct onnx_choices shard_choices(const struct config_model *model)
{
    return (struct onnx_choices){.output = model->outputs,
                                 .shape = model->shape,
                                 .shape_count = model->shape_count};
}

static struct network *read_float_network(const struct config_model *model,
                                          struct error *err)
{
    const struct onnx_choices choices = shard_choices(model);
    struct network *network = onnx_read_as(model->network, &choices, err);

    if (!network || !network_is_quantized(network))
        return network;
    error_set(
        err, EXIT_INPUT,
        "%s is quantized already: it has codes; calq needs the float network, and "
        "`calq verify` reads what `calq export` has written",
        model->network);
    network_destroy(network);
    return NULL;
}

/* Of one output, say, the softmax is 1, whatever the network computes. */
static int check_loss(const struct network *network, const struct config_model *model,
                      struct error *err)
{
    const struct tensor *output = &network->tensors[network->output];
    size_t outputs = output_shape_of(network).outputs;
    char names[LOSS_NAMES_BYTES];

    if (loss_takes(model->loss, outputs))
        return 0;
    return error_set(
        err, EXIT_CONFIG,
        "model %s: the output \"%s\" of %s has %zu value%s, and the loss %s "
        "says nothing of so many; say `loss: %s`",
        model->name, output->name, model->network, outputs, outputs == 1 ? "" : "s",
        loss_table[model->loss].name, loss_names_for(outputs, names));
}

static int check_groups(const struct network *network, const struct config_model *model,
                        struct error *err)
{
    struct output_shape shape = output_shape_of(network);
    const char *metric = metric_table[model->metric].name;

    if (!model->groups)
        return error_set(err, EXIT_CONFIG,
                         "model %s: the metric %s ranks samples within groups; say "
                         "`groups: dataset`",
                         model->name, metric);
    if (shape.places * shape.outputs > 1)
        return error_set(err, EXIT_CONFIG,
                         "model %s: the metric %s ranks samples by one output, and %s "
                         "has %zu",
                         model->name, metric, model->network,
                         shape.places * shape.outputs);
    return 0;
}

/* What the default metric asks for is not demanded. */
static int check_metric(const struct network *network, const struct config_model *model,
                        struct error *err)
{
    const struct metric_row *metric = &metric_table[model->metric];

    if (metric->of == METRIC_OF_GROUPS)
        return check_groups(network, model, err);
    if (metric->of == METRIC_OF_IMAGES && !output_shape_of(network).is_image)
        return error_set(err, EXIT_CONFIG,
                         "model %s: the metric %s is of outputs [N, classes, height, "
                         "width], and %s has others",
                         model->name, metric->name, model->network);
    if (metric->needs_numbers && loss_table[model->loss].needs_labels)
        return error_set(
            err, EXIT_CONFIG,
            "model %s: the metric %s takes labels for numbers, and the loss "
            "%s takes them for classes",
            model->name, metric->name, loss_table[model->loss].name);
    return 0;
}

struct network *shard_read_network(const struct calibration_case *one,
                                   struct error *err)
{
    const struct config_model *model = one->model;
    struct network *network = read_float_network(model, err);

    if (!network)
        return NULL;
    case_fuse(one, network);
    if (case_data_check_inputs(model, network, err) == 0 &&
        check_loss(network, model, err) == 0 &&
        check_metric(network, model, err) == 0 &&
        case_tflite_check(one, network, err) == 0)
        return network;
    network_destroy(network);
    return NULL;
}

int shard_classes(const struct shard *shard)
{
    const struct config_model *model = shard->open->model;

    return case_data_has_numbers(model)
               ? 1
               : loss_classes(model->loss, output_shape_of(shard->network).outputs);
}

static struct data_file *open_data(const struct shard *shard,
                                   const struct config_data *data,
                                   enum case_data_use use, struct error *err)
{
    return case_data_open(shard->open->model, shard->network, data, use, err);
}

/* The calibration samples that the search may see, those that it does, and those held out. */
static size_t searchable_count(const struct shard *shard)
{
    return data_file_count(shard->calibration) -
           (size_t)shard->open->model->calibration.check;
}

static struct sample_set search_set(const struct shard *shard)
{
    size_t drawn = shard->draw.count;

    return (struct sample_set){0, drawn > 0 ? drawn : searchable_count(shard)};
}

static struct sample_set check_set(const struct shard *shard)
{
    size_t check = (size_t)shard->open->model->calibration.check;

    return (struct sample_set){data_file_count(shard->calibration) - check, check};
}

static int read_own(struct shard *shard, struct sample_set all, struct own_samples *own,
                    struct error *err)
{
    size_t piece = shard_samples_at_once(shard);
    struct sample_set part = shard_own_part(shard, all, (size_t)shard->config->block);
    int status = 0;

    data_file_make_arrays(shard->calibration, part.count, &own->arrays);
    for (size_t done = 0; status == 0 && done < part.count && !shard_is_cut(shard);
         done += piece)
        status = data_file_read(shard->calibration, part.first + done,
                                part.count - done < piece ? part.count - done : piece,
                                &own->arrays, err);
    return status;
}

/* Reads those that are drawn, as far as they are in this rank's blocks; neighbours in the file together. */
static int read_drawn(struct shard *shard, struct error *err)
{
    struct sample_set part =
        shard_own_part(shard, search_set(shard), (size_t)shard->config->block);
    size_t *samples = sample_draw_find(shard->draw, searchable_count(shard)), count;
    int status = 0;

    data_file_make_arrays(shard->calibration, part.count, &shard->search.arrays);
    for (size_t done = 0; status == 0 && done < part.count && !shard_is_cut(shard);
         done += count) {
        const size_t *first = samples + part.first + done;

        for (count = 1; done + count < part.count && first[count] == *first + count;)
            count++;
        status = data_file_read(shard->calibration, *first, count,
                                &shard->search.arrays, err);
    }
    free(samples);
    return status;
}

static int read_search(struct shard *shard, struct error *err)
{
    return shard->draw.count > 0
               ? read_drawn(shard, err)
               : read_own(shard, search_set(shard), &shard->search, err);
}

static int read_calibration(struct shard *shard, struct error *err)
{
    const struct config_data *data = &shard->open->model->calibration;
    size_t samples = data_file_count(shard->calibration);

    if ((size_t)data->check >= samples)
        return error_set(err, EXIT_CONFIG,
                         "model %s: check: %d leaves nothing of the %zu calibration "
                         "samples to search with; hold out fewer, or take more samples",
                         shard->open->model->name, data->check, samples);
    if (shard->draw.count > searchable_count(shard))
        return error_set(err, EXIT_CONFIG,
                         "model %s: %zu of %zu calibration samples cannot be drawn",
                         shard->open->model->name, shard->draw.count,
                         searchable_count(shard));
    if (read_search(shard, err) < 0)
        return -1;
    return read_own(shard, check_set(shard), &shard->check, err);
}

struct samples shard_samples_of(const struct shard *shard,
                                const struct own_samples *own)
{
    struct samples samples = sample_arrays_samples(&own->arrays);

    samples.loss = shard->open->model->loss;
    samples.k = config_k(shard->open->model);
    samples.float_logits = own->float_logits;
    return samples;
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

static size_t first_block(const struct shard *shard)
{
    size_t block = (size_t)shard->config->block;

    return share_of((search_set(shard).count + block - 1) / block, shard->rank,
                    shard->ranks)
        .first_block;
}

struct evaluator *shard_make_evaluator(struct shard *shard)
{
    const struct weight_rules rules = case_weight_rules(&shard->state);

    return evaluator_create(shard->network, &shard->placement,
                            &(struct evaluator_options){
                                .kernels = shard->kernels,
                                .corrects_mean = rules.corrects_mean,
                                .corrects_variance = rules.corrects_variance,
                                .block = block_at_most(shard),
                                .first_block = first_block(shard),
                                .memory_bytes = shard->config->memory_bytes,
                                .times_layers = shard->times,
                                .must_cut = shard_is_cut,
                                .context = shard,
                            },
                            shard_samples_of(shard, &shard->search));
}

/* Room for what the quantized network is held against, where the loss wants it. */
static void make_room_for_float_logits(const struct shard *shard,
                                       struct own_samples *own)
{
    size_t classes = shard->network->tensors[shard->network->output].count;

    if (loss_table[shard->open->model->loss].needs_float_logits)
        own->float_logits =
            memory_get(own->arrays.count * classes * sizeof *own->float_logits);
}

static void find_float_logits(const struct shard *shard, const struct own_samples *own)
{
    if (own->float_logits)
        evaluator_logits(shard->evaluator, NULL, shard_samples_of(shard, own),
                         own->float_logits);
}

static int open_case(struct shard *shard, int index, struct error *err)
{
    struct placement_rules rules;
    struct state first = {0};

    shard_close_case(shard);
    shard->open = &shard->cases->list[index];
    rules = case_rules(shard->open);
    if (find_kernels(shard, err) < 0)
        return -1;
    shard->network = shard_read_network(shard->open, err);
    if (!shard->network ||
        placement_init(&shard->placement, shard->network, &rules, err) < 0)
        return -1;
    shard->calibration =
        open_data(shard, &shard->open->model->calibration, CASE_DATA_TO_SEARCH, err);
    if (!shard->calibration || read_calibration(shard, err) < 0)
        return -1;
    if (shard->open->model->validation.file) {
        shard->validation =
            open_data(shard, &shard->open->model->validation, CASE_DATA_TO_JUDGE, err);
        if (!shard->validation)
            return -1;
    }
    make_room_for_float_logits(shard, &shard->search);
    make_room_for_float_logits(shard, &shard->check);
    case_treat(shard->open, case_first_treatments(shard->open), &first);
    shard_put_state(shard, &first);
    find_float_logits(shard, &shard->search);
    find_float_logits(shard, &shard->check);
    return 0;
}

void shard_reply_hash(struct reply *reply, int at, int minus_at, uint64_t hash)
{
    reply->maxima[at] = (double)(hash >> 12);
    reply->maxima[minus_at] = -reply->maxima[at];
}

static uint64_t look_of_constants(const struct normalisation *normalisation,
                                  uint64_t seed)
{
    size_t constants = (size_t)normalisation->channels * sizeof(float);

    seed = hash_bytes(&normalisation->scale, sizeof normalisation->scale, seed);
    seed = hash_bytes(normalisation->mean, constants, seed);
    return hash_bytes(normalisation->std, constants, seed);
}

/* What a data file looks like from this rank; its content is compared sample by sample later. */
static uint64_t look_of_data(const struct shard *shard, const struct data_file *file,
                             const char *path, uint64_t seed)
{
    struct stat status = {0};
    uint64_t numbers[3] = {data_file_count(file), data_file_first(file), 0};

    if (stat(path, &status) == 0)
        numbers[2] = (uint64_t)status.st_size;
    seed = hash_bytes(numbers, sizeof numbers, seed);
    for (int input = 0; input < shard->network->input_count; input++)
        seed = look_of_constants(data_file_normalisation(file, input), seed);
    return seed;
}

static uint64_t hash_of_cpu(void)
{
    char text[MACHINE_TEXT_BYTES];

    machine_cpu(text);
    return hash_bytes(text, strlen(text), 0);
}

/* Says what was opened; the hash shows whether all ranks see the same model and data. */
int shard_answer_open(struct shard *shard, const struct request *request,
                      const void *payload, struct reply *reply, struct error *err)
{
    const struct config_model *model;
    char text[HASH_TEXT_BYTES];
    uint64_t hash;

    (void)payload;
    shard->draw = request->draw;
    if (open_case(shard, request->subject, err) < 0)
        return -1;
    model = shard->open->model;
    if (onnx_external_hash(model->network, text, err) < 0)
        return -1;
    hash = hash_bytes(text, sizeof text - 1, 0);
    hash = look_of_data(shard, shard->calibration, model->calibration.file, hash);
    reply->sums[REPLY_CALIBRATION_SAMPLES] = (int64_t)shard->search.arrays.count;
    reply->sums[REPLY_CHECK_SAMPLES] = (int64_t)shard->check.arrays.count;
    if (shard->validation) {
        reply->sums[REPLY_VALIDATION_SAMPLES] =
            (int64_t)shard_own_validation(shard).count;
        hash = look_of_data(shard, shard->validation, model->validation.file, hash);
    }
    shard_reply_hash(reply, REPLY_HASH, REPLY_MINUS_HASH, hash);
    shard_reply_hash(reply, REPLY_CPU, REPLY_MINUS_CPU, hash_of_cpu());
    return 0;
}
