/* The team on several ranks: rank 0 runs the tests and is the coordinator's end, the others run the
 * real worker until the group teardown stops them. */
#include "coordinator/team.h"

#include "coordinator/methods/batchnorm_matching.h"
#include "coordinator/methods/empirical_correction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/methods/layerwise_methods.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/evaluate/moments.h"
#include "link/link.h"
#include "tests/support/hdf5_builder.h"
#include "worker/worker.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NETWORK "examples/glyphs/glyphs.onnx"
#define CALIBRATION "examples/glyphs/calibration.h5"
#define VALIDATION "examples/glyphs/validation.h5"

/* The cases: a sound one, and what can be wrong on one rank. */
enum {
    SOUND,
    NO_NETWORK_ON_LAST_RANK,
    NO_DATA_ON_LAST_RANK,
    NO_NETWORK_BUT_ON_RANK_0,
    OTHER_NETWORK_ON_LAST_RANK,
    SPOILT_CALIBRATION,
    SPOILT_VALIDATION,
    OVERLAPPING,
    ONE_BLOCK,
    CONTESTED,
    CASE_COUNT
};

enum { BLOCK = 8, SPOILT_SAMPLES = 32, SPOILT_SAMPLE = 20, ELEMENTS = 24 * 24 };
enum { CANDIDATES = 3, CHANNELS_MOST = 64 };
enum { CONTEST_SAMPLES = 92 }; /* eleven blocks and a half */

static char folder[] = "/tmp/calq-test-team-XXXXXX"; /* rank 0 makes it */
static char spoilt[64], other[64];                   /* files in it */
static struct config config;
static struct cases cases;
static struct team *team;
static struct shard *alone; /* the same work by one process */
static struct error err;

/* ---- files and configuration, before there is a team ----------------------------------- */

static void write_spoilt(void)
{
    static const size_t sizes[] = {SPOILT_SAMPLES, 1, 24, 24}, labels = SPOILT_SAMPLES;
    double *images = memory_zeroed(SPOILT_SAMPLES * ELEMENTS, sizeof *images);

    for (size_t i = 0; i < SPOILT_SAMPLES * ELEMENTS; i++)
        images[i] = (double)(i % 256);
    images[SPOILT_SAMPLE * ELEMENTS + 7] = NAN;
    hdf5_builder_create(spoilt);
    hdf5_builder_add(spoilt, "/images", HDF5_F32, 4, sizes, images, 0);
    hdf5_builder_add(spoilt, "/labels", HDF5_I32, 1, &labels, images, 0);
    free(images);
}

/* The same network, named by another producer. */
static void write_other_network(void)
{
    static const unsigned char producer[] = {2 << 3 | 2, 1, 'x'};
    FILE *from = fopen(NETWORK, "rb"), *to = fopen(other, "wb");
    char bytes[4096];
    size_t count;

    assert_non_null(from);
    assert_non_null(to);
    while ((count = fread(bytes, 1, sizeof bytes, from)) > 0)
        assert_int_equal(fwrite(bytes, 1, count, to), count);
    assert_int_equal(fwrite(producer, 1, sizeof producer, to), sizeof producer);
    fclose(from);
    fclose(to);
}

static void make_files(void)
{
    if (link_coordinates())
        assert_non_null(mkdtemp(folder));
    link_broadcast(folder, sizeof folder, &err);
    snprintf(spoilt, sizeof spoilt, "%s/spoilt.h5", folder);
    snprintf(other, sizeof other, "%s/other.onnx", folder);
    if (link_coordinates()) {
        write_spoilt();
        write_other_network();
    }
    link_broadcast(folder, sizeof folder, &err); /* the files are there now */
}

static void remove_files(void)
{
    unlink(spoilt);
    unlink(other);
    rmdir(folder);
}

static struct config_model sound_model(void)
{
    static char *keep[] = {"first", "last"};

    return (struct config_model){
        .name = "glyphs",
        .network = NETWORK,
        .keep_float = {keep[0], keep[1]},
        .keep_float_count = 2,
        .calibration = {.file = CALIBRATION,
                        .samples = {0, 44, false}}, /* five blocks and a half */
        .validation = {.file = VALIDATION,
                       .samples = {100, 310, false}}, /* more than is read at once */
        .inputs = {{{.data = "/images", .constants = {.scale = NAN}}}, 1},
        .labels = "/labels",
        .constants = {.scale = NAN},
    };
}

/* The configuration as this rank sees it. */
static void make_config(void)
{
    bool is_first = link_rank() == 0, is_last = link_rank() == link_ranks() - 1;
    struct config_model *models = config.models;

    config = (struct config){
        .block = BLOCK,
        .memory_bytes = 1 << 24,
        .kernel = "auto",
        .model_count = CASE_COUNT,
        .targets = {TARGET_PAPER},
        .target_count = 1,
        .bits = {{4, 4}},
        .bits_count = 1,
        .methods = {{.method = &minmax_method.known}},
        .method_count = 1,
    };
    for (int i = 0; i < CASE_COUNT; i++)
        models[i] = sound_model();
    if (is_last) {
        models[NO_NETWORK_ON_LAST_RANK].network = "no/such.onnx";
        models[NO_DATA_ON_LAST_RANK].calibration.file = "no/such.h5";
        models[OTHER_NETWORK_ON_LAST_RANK].network = other;
    }
    if (!is_first)
        models[NO_NETWORK_BUT_ON_RANK_0].network = "no/such.onnx";
    models[SPOILT_CALIBRATION].calibration =
        (struct config_data){.file = spoilt, .samples = {0, SPOILT_SAMPLES, false}};
    models[SPOILT_VALIDATION].validation =
        (struct config_data){.file = spoilt, .samples = {0, SPOILT_SAMPLES, false}};
    models[OVERLAPPING].validation =
        (struct config_data){.file = CALIBRATION, .samples = {32, 68, false}};
    models[ONE_BLOCK].calibration.samples.count = 5;
    models[CONTESTED].calibration = (struct config_data){
        .file = VALIDATION, .samples = {0, CONTEST_SAMPLES, false}};
    models[CONTESTED].validation = (struct config_data){0};
    if (cases_init(&cases, &config, &err) < 0)
        abort();
}

/* ---- the work of one process ------------------------------------------------------------- */

/* What one process answers; clear the reply. */
static void ask_alone(const struct request *request, const void *payload,
                      struct reply *reply)
{
    reply_init(reply, request);
    if (shard_answer(alone, request, payload, reply, &err) < 0)
        fail_msg("%s", err.text);
}

static void open_case(int index)
{
    struct request request = {.kind = REQUEST_OPEN, .subject = index};
    struct team_case opened;
    struct reply reply;

    if (team_open(team, index, &opened, &err) < 0)
        fail_msg("%s", err.text);
    ask_alone(&request, NULL, &reply);
    assert_int_equal(opened.calibration_samples, reply.sums[REPLY_CALIBRATION_SAMPLES]);
    assert_int_equal(opened.validation_samples, reply.sums[REPLY_VALIDATION_SAMPLES]);
    reply_clear(&reply);
}

static int step_count(void)
{
    return team_placement(team)->count;
}

/* Candidates [CANDIDATES, step_count()] that are all different. Free with free(). */
static struct choice *some_candidates(void)
{
    int items = step_count();
    struct choice *candidates =
        memory_get((size_t)(CANDIDATES * items) * sizeof *candidates);

    for (int i = 0; i < CANDIDATES * items; i++) {
        const struct quantized_tensor *item = &team_placement(team)->items[i % items];

        candidates[i] =
            placement_choice(item, item->is_weight ? 0.02f + 0.003f * (float)(i % 7)
                                                   : 0.1f + 0.05f * (float)(i % 5));
    }
    return candidates;
}

/* `count` candidates; NULL: the float network. */
static void assert_scores_of_one_process(enum request_kind kind,
                                         const struct choice *candidates,
                                         const struct score *scores, int count)
{
    struct request request = {.kind = kind, .candidate_count = candidates ? count : 0};
    struct reply reply;

    ask_alone(&request, candidates, &reply);
    for (int i = 0; i < request_score_count(&request); i++) {
        struct score expected = reply_scores(&reply)[i];

        assert_true(expected.samples > 0 && score_loss(&expected) > 0);
        assert_memory_equal(&scores[i], &expected, sizeof expected);
    }
    reply_clear(&reply);
}

/* ---- merged answers ------------------------------------------------------------------------ */

static void all_samples_are_shared_out(void **state)
{
    struct team_case opened;

    (void)state;
    assert_int_equal(link_ranks(), link_ranks());
    assert_int_equal(team_open(team, SOUND, &opened, &err), 0);
    assert_int_equal(opened.calibration_samples, 44);
    assert_int_equal(opened.validation_samples, 310);
}

static void calibration_scores_are_those_of_one_process(void **state)
{
    struct choice *candidates;
    struct score scores[CANDIDATES], single;

    (void)state;
    open_case(SOUND);
    candidates = some_candidates();
    assert_int_equal(team_score(team, NULL, 1, scores, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, NULL, scores, 1);
    assert_int_equal(team_score(team, candidates, CANDIDATES, scores, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, candidates, scores, CANDIDATES);
    for (int i = 0; i < CANDIDATES; i++) {
        assert_int_equal(
            team_score(team, candidates + i * step_count(), 1, &single, &err), 0);
        assert_memory_equal(&single, &scores[i], sizeof single);
    }
    free(candidates);
}

static void validation_scores_are_those_of_one_process(void **state)
{
    struct choice *candidates;
    struct score scores[CANDIDATES];

    (void)state;
    open_case(SOUND);
    candidates = some_candidates();
    assert_int_equal(team_validate(team, NULL, 1, scores, &err), 0);
    assert_scores_of_one_process(REQUEST_VALIDATE, NULL, scores, 1);
    assert_int_equal(team_validate(team, candidates, CANDIDATES, scores, &err), 0);
    assert_scores_of_one_process(REQUEST_VALIDATE, candidates, scores, CANDIDATES);
    free(candidates);
}

/* What the team tells. */
static int take_together(struct measure measure, const struct choice *choices,
                         void *answer)
{
    return team_measure(team, &measure, 1, choices, (void *[]){answer}, &err);
}

/* What one process, on its own network, tells. */
static void take_alone(struct measure measure, const struct choice *choices,
                       void *answer)
{
    const struct measured of = {shard_network(alone), shard_placement(alone), &measure};
    size_t bytes = (size_t)step_count() * sizeof *choices;
    struct request request = {.kind = REQUEST_MEASURE,
                              .candidate_count = 1,
                              .measure_count = 1,
                              .room =
                                  measures_room(of.network, of.placement, &measure, 1)};
    char *payload = memory_get(sizeof measure + bytes);
    struct reply reply;

    memcpy(payload, &measure, sizeof measure);
    memcpy(payload + sizeof measure, choices, bytes);
    ask_alone(&request, payload, &reply);
    measure_row(measure.kind)->tell(&of, reply.sums, reply.maxima, answer);
    reply_clear(&reply);
    free(payload);
}

static void ranges_and_histograms_are_those_of_one_process(void **state)
{
    struct histogram *together = memory_get(sizeof *together);
    struct histogram *own = memory_get(sizeof *own);
    struct choice *choices;

    (void)state;
    open_case(SOUND);
    choices = some_candidates();
    for (int item = 0; item < step_count(); item++) {
        struct measure measure = {.kind = MEASURE_RANGE, .subject = item};
        struct range range, alone_range;

        if (team_placement(team)->items[item].is_weight)
            continue;
        assert_int_equal(take_together(measure, choices, &range), 0);
        take_alone(measure, choices, &alone_range);
        assert_true(range.low == alone_range.low && range.high == alone_range.high &&
                    range.low < range.high);

        measure = (struct measure){MEASURE_HISTOGRAM, item, range,
                                   item % 2 ? HISTOGRAM_BINS : 101};
        assert_int_equal(take_together(measure, choices, together), 0);
        take_alone(measure, choices, own);
        assert_int_equal(together->bins, measure.bins);
        assert_true(together->zeros == own->zeros);
        assert_true(together->inner.low == own->inner.low &&
                    together->inner.high == own->inner.high);
        assert_memory_equal(together->counts, own->counts,
                            (size_t)measure.bins * sizeof *own->counts);
    }
    free(choices);
    free(together);
    free(own);
}

static void put_alone(const struct state *wanted)
{
    size_t bytes;
    char *text = state_text(wanted, &bytes);
    struct request request = {.kind = REQUEST_STATE, .payload_bytes = bytes + 1};
    struct reply reply;

    ask_alone(&request, text, &reply);
    reply_clear(&reply);
    free(text);
}

static void statistics_of_batch_norms_are_those_of_one_process(void **state)
{
    float team_statistics[2 * CHANNELS_MOST], own_statistics[2 * CHANNELS_MOST];
    struct measure moments = {.kind = MEASURE_MOMENTS};
    const struct network *network;
    struct state measured = {0};
    struct score before, score;
    struct choice *choices;

    (void)state;
    open_case(SOUND);
    choices = some_candidates();
    network = team_network(team);
    assert_int_equal(team_score(team, choices, 1, &before, &err), 0);
    for (int layer = 0; layer < network->layer_count; layer++) {
        const struct batchnorm *batchnorm = network->layers[layer].batchnorm;
        size_t channels = batchnorm ? (size_t)batchnorm->channels : 0;

        if (!batchnorm)
            continue;
        assert_true(channels <= CHANNELS_MOST);
        moments.subject = layer;
        take_alone(moments, choices, own_statistics);
        assert_int_equal(take_together(moments, choices, team_statistics), 0);
        assert_memory_equal(team_statistics, own_statistics,
                            2 * channels * sizeof *own_statistics);
        state_set_floats(&measured, STATE_STATISTICS, layer, own_statistics,
                         2 * channels);
        put_alone(&measured);
        assert_int_equal(team_put_state(team, &measured, &err), 0);
    }
    assert_true(measured.count > 5);
    state_clear(&measured);
    assert_int_equal(team_score(team, choices, 1, &score, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, choices, &score, 1);
    assert_true(!score_is_equal(&score, &before));
    assert_int_equal(team_restore(team, &err), 0);
    assert_int_equal(team_score(team, choices, 1, &score, &err), 0);
    assert_memory_equal(&score, &before, sizeof score);
    free(choices);
}

/* Measures the statistics of the float network, and those of the quantized one. */
static void measure_statistics(const struct choice *choices, struct state *in_float,
                               struct state *found)
{
    int kept;

    if (batchnorm_matching_of_float(team, in_float, &err) < 0 ||
        batchnorm_matching_measure(team, choices, in_float, found, &kept, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(kept, 0);
    assert_int_equal(found->count, in_float->count);
}

/* Mean and variance that a batch norm's output has before gamma and beta. */
static void assert_same_output(const struct batchnorm *batchnorm, int channel,
                               const float *measured, const double *statistics,
                               const double *in_float)
{
    int channels = batchnorm->channels;
    double epsilon = batchnorm->epsilon;
    double deviation = sqrt(statistics[channels + channel] + epsilon);
    double trained = sqrt(batchnorm->variance[channel] + epsilon);

    assert_float_equal((measured[channel] - statistics[channel]) / deviation,
                       (in_float[channel] - batchnorm->mean[channel]) / trained, 1e-4);
    assert_float_equal(sqrt(measured[channels + channel] + epsilon) / deviation,
                       sqrt(in_float[channels + channel] + epsilon) / trained, 1e-4);
}

static void
measured_batch_norms_give_the_mean_and_variance_of_the_float_network(void **state)
{
    struct state in_float = {0}, found = {0};
    const struct network *network;
    struct measure moments = {.kind = MEASURE_MOMENTS};
    float measured[2 * CHANNELS_MOST];
    struct choice *choices;

    (void)state;
    open_case(SOUND);
    network = team_network(team);
    choices = some_candidates();
    measure_statistics(choices, &in_float, &found);
    for (int layer = 0; layer < network->layer_count; layer++) {
        const struct batchnorm *batchnorm = network->layers[layer].batchnorm;

        if (!batchnorm)
            continue;
        moments.subject = layer;
        assert_int_equal(take_together(moments, choices, measured), 0);
        for (int channel = 0; channel < batchnorm->channels; channel++)
            assert_same_output(batchnorm, channel, measured,
                               state_numbers(&found, STATE_STATISTICS, layer),
                               state_numbers(&in_float, STATE_STATISTICS, layer));
    }
    state_clear(&in_float);
    state_clear(&found);
    free(choices);
}

static void the_float_network_has_the_statistics_it_was_trained_with(void **state)
{
    struct state in_float = {0}, found = {0};
    const struct network *network;

    (void)state;
    open_case(SOUND);
    network = team_network(team);
    measure_statistics(NULL, &in_float, &found);
    for (int layer = 0; layer < network->layer_count; layer++) {
        const struct batchnorm *batchnorm = network->layers[layer].batchnorm;

        const double *numbers = state_numbers(&found, STATE_STATISTICS, layer);

        for (int i = 0; batchnorm && i < 2 * batchnorm->channels; i++) {
            int channel = i % batchnorm->channels;
            double trained = i < batchnorm->channels ? batchnorm->mean[channel]
                                                     : batchnorm->variance[channel];

            assert_float_equal(numbers[i], trained,
                               1e-4 * (1 + batchnorm->variance[channel]));
        }
    }
    state_clear(&in_float);
    state_clear(&found);
}

static void statistics_can_be_tried_kept_and_given_up(void **state)
{
    struct state in_float = {0}, found = {0}, again = {0};
    struct score before, after, score;
    struct choice *choices;

    (void)state;
    open_case(SOUND);
    choices = some_candidates();
    assert_int_equal(team_score(team, choices, 1, &before, &err), 0);
    measure_statistics(choices, &in_float, &found);
    assert_int_equal(team_score(team, choices, 1, &after, &err), 0);
    assert_true(score_is_lower(&after, &before));
    assert_int_equal(team_restore(team, &err), 0);
    assert_int_equal(team_score(team, choices, 1, &score, &err), 0);
    assert_memory_equal(&score, &before, sizeof score);
    assert_int_equal(team_put_state(team, &found, &err), 0);
    assert_int_equal(team_score(team, choices, 1, &score, &err), 0);
    assert_memory_equal(&score, &after, sizeof score);
    measure_statistics(choices, &in_float, &again);
    assert_true(state_is_equal(&again, &found));
    state_clear(&in_float);
    state_clear(&found);
    state_clear(&again);
    free(choices);
}

/* ---- biases --------------------------------------------------------------------------------- */

static struct calibration_case corrected;
static struct config_method_settings correcting;

/* The sound case with empirical bias correction, and a result to put it into. */
static struct method_task start_correcting(struct result *result)
{
    correcting =
        (struct config_method_settings){.bias_correction = BIAS_CORRECTION_EMPIRICAL};
    corrected = cases.list[SOUND];
    corrected.method = &correcting;
    open_case(SOUND);
    result_init(result, "sound", step_count());
    result->placement = team_placement(team);
    return (struct method_task){.team = team, .one = &corrected};
}

static void correct(const struct method_task *task, struct state *in_float,
                    struct result *result)
{
    if (empirical_correction(task, "here", in_float, &result->start, result, &err) < 0)
        fail_msg("%s", err.text);
}

static void take_candidate(struct result *result, double factor)
{
    struct choice *candidates = some_candidates();

    for (int i = 0; i < step_count(); i++) {
        result->start.choices[i] = candidates[i];
        result->start.choices[i].step = (float)(candidates[i].step * factor);
    }
    free(candidates);
}

static void corrected_layers_have_the_mean_outputs_of_the_float_network(void **state)
{
    struct measure product_means = {.kind = MEASURE_PRODUCT_MEANS};
    struct state in_float = {0};
    const struct network *network;
    struct method_task task;
    struct result result;
    double means[CHANNELS_MOST];

    (void)state;
    task = start_correcting(&result);
    take_candidate(&result, 1);
    correct(&task, &in_float, &result);
    network = team_network(team);
    for (int index = 0; index < network->layer_count; index++) {
        const struct conv *conv = &network->layers[index].conv;

        if (network->layers[index].kind != LAYER_CONV)
            continue;
        product_means.subject = index;
        assert_int_equal(take_together(product_means, result.start.choices, means), 0);
        for (int i = 0; i < network->layers[index].weights->outputs; i++)
            assert_float_equal(means[i] * conv->scale[i] + conv->shift[i],
                               state_numbers(&in_float, STATE_MEAN_OUTPUTS, index)[i],
                               1e-4);
    }
    assert_int_equal(result.start.state.count, in_float.count);
    state_clear(&in_float);
    result_clear(&result);
}

/* Biases measured under other steps take the place of earlier ones where the loss drops, and else what
 * was in force is in force again. */
static void biases_that_do_not_pay_are_not_kept(void **state)
{
    struct state in_float = {0};
    struct state kept;
    struct method_task task;
    struct result result;
    struct score score;

    (void)state;
    task = start_correcting(&result);
    take_candidate(&result, 1);
    assert_true(score_read_loss(&result.start.calibration, "0x1p160"));
    correct(&task, &in_float, &result);
    kept = state_copy(&result.start.state);
    assert_int_equal(result.warning_count, 0);
    assert_true(
        score_read_loss(&result.start.calibration, "0x0p0")); /* as good as can be */
    correct(&task, &in_float, &result);
    assert_true(state_is_equal(&kept, &result.start.state));
    assert_int_equal(result.warning_count, 1);
    assert_non_null(strstr(result.warnings[0], "measuring biases here does not lower"));
    assert_int_equal(team_score(team, result.start.choices, 1, &score, &err), 0);
    state_clear(&result.start.state);
    assert_int_equal(team_put_state(team, &result.start.state, &err), 0);
    assert_int_equal(
        team_score(team, result.start.choices, 1, &result.start.calibration, &err), 0);
    assert_true(!score_is_equal(&result.start.calibration, &score));
    correcting.bias_correction_accept = ACCEPT_IF_LOSS_DROPS;
    assert_true(score_read_loss(&result.start.calibration, "0x1p160"));
    correct(&task, &in_float, &result);
    assert_true(state_is_equal(&kept, &result.start.state));
    assert_memory_equal(&result.start.calibration, &score, sizeof score);
    state_clear(&kept);
    state_clear(&in_float);
    result_clear(&result);
}

/* Nothing is judged, and what the loss did is told. */
static void biases_that_are_kept_although_the_loss_rose_are_told(void **state)
{
    struct state in_float = {0};
    struct method_task task;
    struct result result;
    struct score score;
    char expected[128], after[TEXT_OF_LOSS_BYTES];

    (void)state;
    task = start_correcting(&result);
    take_candidate(&result, 1);
    assert_int_equal(
        team_score(team, result.start.choices, 1, &result.start.calibration, &err), 0);
    assert_true(score_read_loss(&result.start.calibration, "0x0p0"));
    correct(&task, &in_float, &result);
    assert_true(state_has(&result.start.state, STATE_BIAS_SHIFT));
    assert_int_equal(team_score(team, result.start.choices, 1, &score, &err), 0);
    assert_memory_equal(&result.start.calibration, &score, sizeof score);
    snprintf(expected, sizeof expected,
             "measuring biases here: the loss rose from 0.0000 to %s; they are kept",
             text_of_loss(score_loss(&score), after));
    assert_int_equal(result.warning_count, 1);
    assert_non_null(strstr(result.warnings[0], expected));
    state_clear(&in_float);
    result_clear(&result);
}

static void overlapping_samples_are_counted_once_and_the_first_is_found(void **state)
{
    size_t count, first;

    (void)state;
    open_case(OVERLAPPING);
    assert_int_equal(team_count_overlapping(team, &count, &first, &err), 0);
    assert_int_equal(count, 12);
    assert_int_equal(first, 32);
    open_case(SOUND);
    assert_int_equal(team_count_overlapping(team, &count, &first, &err), 0);
    assert_int_equal(count, 0);
}

static void ranks_without_a_block_take_part(void **state)
{
    struct choice *candidates;
    struct score scores[CANDIDATES];

    (void)state;
    open_case(ONE_BLOCK);
    candidates = some_candidates();
    assert_int_equal(team_score(team, candidates, CANDIDATES, scores, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, candidates, scores, CANDIDATES);
    assert_int_equal(scores[0].samples, 5);
    free(candidates);
}

/* ---- errors --------------------------------------------------------------------------------- */

/* The error is EXIT_INPUT, says `sentence`, and names the rank where there are several. */
static void assert_told_by(int rank, const char *sentence)
{
    char who[32];

    snprintf(who, sizeof who, "rank %d on ", rank);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
    if ((strncmp(err.text, who, strlen(who)) == 0) != (link_ranks() > 1))
        fail_msg("\"%s\" begins with the wrong rank, not %d", err.text, rank);
}

static void assert_team_is_well(void)
{
    struct score score;

    open_case(SOUND);
    assert_int_equal(team_score(team, NULL, 1, &score, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, NULL, &score, 1);
}

static int last_rank(void)
{
    return link_ranks() - 1;
}

/* The rank that owns the block of the spoilt sample. */
static int spoilt_rank(void)
{
    enum { BLOCKS = SPOILT_SAMPLES / BLOCK };
    int rank = 0;

    while (share_of(BLOCKS, rank, link_ranks()).end_block <= SPOILT_SAMPLE / BLOCK)
        rank++;
    return rank;
}

static void what_one_rank_misses_is_told_by_it_and_the_team_stays_well(void **state)
{
    static const struct missing {
        int index;
        const char *sentence;
    } list[] = {
        {NO_NETWORK_ON_LAST_RANK, "no/such.onnx"},
        {NO_DATA_ON_LAST_RANK, "no/such.h5"},
    };
    struct team_case opened;

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        assert_int_equal(team_open(team, list[i].index, &opened, &err), -1);
        assert_told_by(last_rank(), list[i].sentence);
        assert_team_is_well();
    }
}

static void of_several_ranks_that_fail_the_lowest_tells(void **state)
{
    struct team_case opened;

    (void)state;
    if (link_ranks() == 1)
        skip();
    assert_int_equal(team_open(team, NO_NETWORK_BUT_ON_RANK_0, &opened, &err), -1);
    assert_told_by(1, "no/such.onnx");
    assert_team_is_well();
}

static void a_network_that_differs_on_one_rank_is_refused(void **state)
{
    struct team_case opened;

    (void)state;
    if (link_ranks() == 1)
        skip();
    assert_int_equal(team_open(team, OTHER_NETWORK_ON_LAST_RANK, &opened, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, NETWORK " is not the same file on all ranks, or"));
    assert_team_is_well();
}

static void a_spoilt_sample_is_told_by_the_rank_that_has_it(void **state)
{
    struct team_case opened;

    (void)state;
    assert_int_equal(team_open(team, SPOILT_CALIBRATION, &opened, &err), -1);
    assert_told_by(spoilt_rank(), "sample 20 of /images holds a NaN");
    assert_team_is_well();
}

static void an_error_in_validation_leaves_the_case_open(void **state)
{
    struct score score;

    (void)state;
    open_case(SPOILT_VALIDATION);
    assert_int_equal(team_validate(team, NULL, 1, &score, &err), -1);
    assert_told_by(spoilt_rank(), "sample 20 of /images holds a NaN");
    assert_int_equal(team_score(team, NULL, 1, &score, &err), 0);
    assert_scores_of_one_process(REQUEST_SCORE, NULL, &score, 1);
}

/* ---- the journal ----------------------------------------------------------------------------- */

static char journal_path[80];

static struct journal *open_journal(void)
{
    struct journal *journal;

    snprintf(journal_path, sizeof journal_path, "%s/journal", folder);
    journal = journal_open(journal_path, "digits: 0\n", &err);
    if (!journal)
        fail_msg("%s", err.text);
    team_use_journal(team, journal);
    return journal;
}

static void close_journal(struct journal *journal)
{
    team_use_journal(team, NULL);
    assert_int_equal(journal_close(journal, &err), 0);
}

static void only_what_the_journal_does_not_know_is_evaluated(void **state)
{
    struct score first[CANDIDATES], second[CANDIDATES];
    struct journal *journal;
    struct choice *candidates;

    (void)state;
    open_case(SOUND);
    journal = open_journal();
    candidates = some_candidates();
    assert_int_equal(team_score(team, candidates + step_count(), 1, &first[1], &err),
                     0);
    assert_int_equal(team_score(team, candidates, CANDIDATES, first, &err), 0);
    assert_int_equal(team_replayed(team), 0); /* this run found it itself */
    assert_scores_of_one_process(REQUEST_SCORE, candidates, first, CANDIDATES);
    close_journal(journal);

    open_case(SOUND);
    journal = open_journal();
    assert_int_equal(journal_answers(journal), CANDIDATES);
    link_stop_at(0); /* nothing can be asked */
    assert_int_equal(team_score(team, candidates, CANDIDATES, second, &err), 0);
    link_stop_at(INFINITY);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(team_replayed(team), CANDIDATES);
    assert_int_equal(team_validate(team, candidates, 1, second, &err), 0);
    assert_scores_of_one_process(REQUEST_VALIDATE, candidates, second, 1);
    assert_int_equal(team_replayed(team), CANDIDATES); /* another question */
    close_journal(journal);
    unlink(journal_path);
    free(candidates);
}

/* How a candidate differs from a rival on the first turns, as one process sees it. */
static struct paired pair_alone(const struct choice *rival_and_candidate, int halvings,
                                int turn)
{
    struct request request = {.kind = REQUEST_CONTEST,
                              .candidate_count = 1,
                              .turns = {halvings, (2u << turn) - 1}};
    struct paired paired;
    struct reply reply;

    ask_alone(&request, rival_and_candidate, &reply);
    paired = *reply_paired(&reply, &request);
    reply_clear(&reply);
    return paired;
}

/* The first is the rival; the others are it again, one that destroys everything, and one hardly worse. */
static struct choice *some_contenders(void)
{
    int items = step_count();
    struct choice *some = some_candidates();
    struct choice *contenders = memory_get((size_t)(4 * items) * sizeof *contenders);

    for (int i = 0; i < 4; i++)
        memcpy(contenders + i * items, some, (size_t)items * sizeof *some);
    for (int item = 0; item < items; item++)
        contenders[2 * items + item].step *= 30;
    contenders[3 * items].step *= 1.001f;
    free(some);
    return contenders;
}

static void assert_contested(const struct choice *contenders,
                             const struct contested *answers)
{
    int items = step_count();
    struct choice *pair = memory_get((size_t)(2 * items) * sizeof *pair);
    struct paired paired;

    assert_int_equal(answers[0].dropped.samples, 0);
    assert_scores_of_one_process(REQUEST_SCORE, contenders, &answers[0].score, 1);
    assert_int_equal(answers[2].dropped.samples, 0);
    assert_scores_of_one_process(REQUEST_SCORE, contenders + 3 * items,
                                 &answers[2].score, 1);
    memcpy(pair, contenders, (size_t)items * sizeof *pair);
    memcpy(pair + items, contenders + 2 * items, (size_t)items * sizeof *pair);
    paired = pair_alone(pair, 2, 0);
    assert_false(paired_is_hopeless(&paired, CONTEST_SAMPLES, 1)); /* too few samples */
    paired = pair_alone(pair, 2, 1);
    assert_true(paired_is_hopeless(&paired, CONTEST_SAMPLES, 1));
    assert_int_equal(answers[1].dropped.samples, 48); /* every second block */
    assert_int_equal(answers[1].dropped.samples, paired.samples);
    assert_true(answers[1].dropped.excess == paired_sum(&paired) / 48);
    free(pair);
}

static void contests_end_as_in_one_process_and_are_in_the_journal(void **state)
{
    struct contested first[3], second[3];
    struct executor_counters scored;
    struct choice *contenders;
    struct score whole;
    struct contest contest = {NULL, 2, 1};
    struct journal *journal;

    (void)state;
    open_case(CONTESTED);
    journal = open_journal();
    contest.rival = contenders = some_contenders();
    assert_int_equal(
        team_contest(team, &contest, contenders + step_count(), 3, first, &err), 0);
    assert_contested(contenders, first);
    scored = team_scores(team);
    assert_int_equal(3 * scored.macs_dropped,
                     (scored.macs_run + scored.macs_avoided + scored.macs_dropped) *
                         (CONTEST_SAMPLES - 48) / CONTEST_SAMPLES);
    assert_true(scored.layers_dropped > 0);
    assert_int_equal(team_score(team, contenders + 2 * step_count(), 1, &whole, &err),
                     0);
    assert_int_equal(
        team_contest(team, &contest, contenders + step_count(), 3, second, &err), 0);
    assert_memory_equal(first, second,
                        sizeof first); /* though its score is known now */
    close_journal(journal);

    open_case(CONTESTED);
    journal = open_journal();
    assert_int_equal(journal_answers(journal), 4);
    link_stop_at(0); /* nothing can be asked */
    assert_int_equal(
        team_contest(team, &contest, contenders + step_count(), 3, second, &err), 0);
    link_stop_at(INFINITY);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(team_replayed(team), 3);
    contest.rival = contenders + 3 * step_count(); /* another question */
    assert_int_equal(
        team_contest(team, &contest, contenders + 2 * step_count(), 1, second, &err),
        0);
    assert_int_equal(second[0].dropped.samples, 0); /* whose answer is its score */
    assert_memory_equal(&second[0].score, &whole, sizeof whole);
    close_journal(journal);
    unlink(journal_path);
    free(contenders);
}

static void answers_hold_for_the_statistics_of_batch_norms_in_force(void **state)
{
    struct measure moments = {.kind = MEASURE_MOMENTS};
    float statistics[2 * CHANNELS_MOST];
    struct state moved = {0};
    struct score trained, measured, again;
    struct journal *journal;
    struct choice *choices;
    size_t channels;
    int layer = 0;

    (void)state;
    open_case(SOUND);
    journal = open_journal();
    choices = some_candidates();
    while (!team_network(team)->layers[layer].batchnorm)
        layer++;
    channels = (size_t)team_network(team)->layers[layer].batchnorm->channels;
    moments.subject = layer;
    assert_int_equal(team_score(team, choices, 1, &trained, &err), 0);
    assert_int_equal(take_together(moments, choices, statistics), 0);
    state_set_floats(&moved, STATE_STATISTICS, layer, statistics, 2 * channels);
    assert_int_equal(team_put_state(team, &moved, &err), 0);
    assert_int_equal(team_score(team, choices, 1, &measured, &err), 0);
    assert_true(!score_is_equal(&measured, &trained));
    assert_int_equal(team_restore(team, &err), 0);
    link_stop_at(0); /* nothing can be asked */
    assert_int_equal(team_score(team, choices, 1, &again, &err), 0);
    assert_memory_equal(&again, &trained, sizeof again);
    assert_int_equal(take_together(moments, choices, statistics), 0);
    link_stop_at(INFINITY);
    assert_int_equal(team_put_state(team, &moved, &err), 0);
    link_stop_at(0);
    assert_int_equal(team_score(team, choices, 1, &again, &err), 0);
    assert_memory_equal(&again, &measured, sizeof again);
    link_stop_at(INFINITY);
    close_journal(journal);
    unlink(journal_path);
    state_clear(&moved);
    free(choices);
}

/* Multiply-adds that `count` evaluations on so many samples take without a memory. */
static int64_t whole_macs(int count, int64_t samples)
{
    return (int64_t)network_macs(team_network(team)) * count * samples;
}

static int64_t macs_of(struct executor_counters scores)
{
    return scores.macs_run + scores.macs_avoided;
}

static void scores_count_as_whole_evaluations_on_any_number_of_ranks(void **state)
{
    struct score scores[CANDIDATES];
    struct team_case opened;
    struct range range;
    struct choice *candidates;
    int item = 0;

    (void)state;
    open_case(SOUND);
    assert_int_equal(team_open(team, SOUND, &opened, &err), 0);
    candidates = some_candidates();
    assert_int_equal(team_score(team, NULL, 1, scores, &err), 0);
    while (team_placement(team)->items[item].is_weight)
        item++;
    assert_int_equal(
        take_together((struct measure){.kind = MEASURE_RANGE, .subject = item},
                      candidates, &range),
        0);
    assert_int_equal(macs_of(team_scores(team)), 0);
    assert_int_equal(team_score(team, candidates, CANDIDATES, scores, &err), 0);
    assert_int_equal(macs_of(team_scores(team)),
                     whole_macs(CANDIDATES, (int64_t)opened.calibration_samples));
    assert_true(team_scores(team).macs_run > 0);
    assert_int_equal(team_validate(team, candidates, 1, scores, &err), 0);
    assert_int_equal(macs_of(team_scores(team)),
                     whole_macs(CANDIDATES, (int64_t)opened.calibration_samples) +
                         whole_macs(1, (int64_t)opened.validation_samples));
    free(candidates);
}

/* Burns time that only this rank's clock sees, as finding steps of weights does. */
static void work_alone(double seconds)
{
    double end = clock_cpu_seconds() + seconds;

    while (clock_cpu_seconds() < end)
        continue;
}

static void what_earlier_runs_took_is_counted_with_what_this_one_takes(void **state)
{
    enum { ANSWER = 7 };
    static const struct hash128 key = {{ANSWER, 1}};
    struct score scores[CANDIDATES];
    struct executor_counters first;
    struct journal *journal;
    struct choice *candidates;
    int answer = ANSWER;
    double cpu;

    (void)state;
    open_case(SOUND);
    journal = open_journal();
    candidates = some_candidates();
    assert_int_equal(team_score(team, candidates, CANDIDATES, scores, &err), 0);
    work_alone(0.2);
    assert_int_equal(
        team_keep(team, JOURNAL_STEP, key, &answer, sizeof answer, 0, &err), 0);
    first = team_scores(team);
    cpu = team_cpu_seconds(team);
    assert_true(cpu > 0.2);
    close_journal(journal);

    open_case(SOUND);
    assert_true(team_cpu_seconds(team) < 0.2);
    journal = open_journal();
    assert_int_equal(team_score(team, candidates, CANDIDATES - 1, scores, &err), 0);
    assert_true(team_recall(team, JOURNAL_STEP, key, &answer, sizeof answer));
    assert_int_equal(team_score(team, candidates, CANDIDATES, scores, &err), 0);
    assert_true(team_cpu_seconds(team) > 0.99 * cpu);
    assert_true(team_cpu_seconds(team) < cpu + 0.15);
    /* Those that are asked for again are evaluations, but nothing runs. */
    assert_int_equal(team_scores(team).macs_run, first.macs_run);
    assert_int_equal(macs_of(team_scores(team)),
                     macs_of(first) / CANDIDATES * (2 * CANDIDATES - 1));
    close_journal(journal);
    unlink(journal_path);
    free(candidates);
}

static void a_team_whose_time_is_over_asks_nothing(void **state)
{
    struct score known, score;
    struct journal *journal;
    struct team_case opened;
    struct choice *candidates;

    (void)state;
    open_case(SOUND);
    journal = open_journal();
    candidates = some_candidates();
    assert_int_equal(team_score(team, candidates, 1, &known, &err), 0);
    link_stop_at(0);
    assert_int_equal(team_score(team, candidates, 1, &score, &err), 0); /* no work */
    assert_memory_equal(&score, &known, sizeof score);
    assert_int_equal(team_score(team, candidates + step_count(), 1, &score, &err), -1);
    assert_int_equal(err.code, EXIT_STOPPED);
    assert_int_equal(team_open(team, SOUND, &opened, &err), -1);
    assert_int_equal(err.code, EXIT_STOPPED);
    link_stop_at(INFINITY);
    close_journal(journal);
    unlink(journal_path);
    free(candidates);
    assert_team_is_well();
}

/* ---- the two ends ---------------------------------------------------------------------------- */

static int begin_team(void **state)
{
    (void)state;
    team = team_create(&config, &cases);
    alone = shard_create(&config, &cases, 0, 1);
    return 0;
}

static int stop_team(void **state)
{
    (void)state;
    team_destroy(team);
    shard_destroy(alone);
    remove_files();
    return 0;
}

static int coordinate(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_samples_are_shared_out),
        cmocka_unit_test(calibration_scores_are_those_of_one_process),
        cmocka_unit_test(validation_scores_are_those_of_one_process),
        cmocka_unit_test(ranges_and_histograms_are_those_of_one_process),
        cmocka_unit_test(statistics_of_batch_norms_are_those_of_one_process),
        cmocka_unit_test(
            measured_batch_norms_give_the_mean_and_variance_of_the_float_network),
        cmocka_unit_test(the_float_network_has_the_statistics_it_was_trained_with),
        cmocka_unit_test(statistics_can_be_tried_kept_and_given_up),
        cmocka_unit_test(corrected_layers_have_the_mean_outputs_of_the_float_network),
        cmocka_unit_test(biases_that_do_not_pay_are_not_kept),
        cmocka_unit_test(biases_that_are_kept_although_the_loss_rose_are_told),
        cmocka_unit_test(overlapping_samples_are_counted_once_and_the_first_is_found),
        cmocka_unit_test(ranks_without_a_block_take_part),
        cmocka_unit_test(what_one_rank_misses_is_told_by_it_and_the_team_stays_well),
        cmocka_unit_test(of_several_ranks_that_fail_the_lowest_tells),
        cmocka_unit_test(a_network_that_differs_on_one_rank_is_refused),
        cmocka_unit_test(a_spoilt_sample_is_told_by_the_rank_that_has_it),
        cmocka_unit_test(an_error_in_validation_leaves_the_case_open),
        cmocka_unit_test(only_what_the_journal_does_not_know_is_evaluated),
        cmocka_unit_test(contests_end_as_in_one_process_and_are_in_the_journal),
        cmocka_unit_test(answers_hold_for_the_statistics_of_batch_norms_in_force),
        cmocka_unit_test(scores_count_as_whole_evaluations_on_any_number_of_ranks),
        cmocka_unit_test(what_earlier_runs_took_is_counted_with_what_this_one_takes),
        cmocka_unit_test(a_team_whose_time_is_over_asks_nothing),
    };

    return cmocka_run_group_tests_name("team", tests, begin_team, stop_team);
}

int main(int count, char **arguments)
{
    int failed = 0;

    (void)count;
    (void)arguments;
    link_open();
    make_files();
    make_config();
    if (link_coordinates())
        failed = coordinate();
    else
        worker_answer(&config, &cases, &err);
    cases_clear(&cases);
    link_close();
    return failed;
}
