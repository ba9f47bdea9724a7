#include "core/case/shard.h"

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
#include "core/base/memory.h"
#include "core/case/case_state.h"
#include "core/evaluate/moments.h"
#include "core/evaluate/product_means.h"
#include "tests/support/hdf5_builder.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SAMPLES = 45, BLOCK = 4, ELEMENTS = 2 * 6 * 6, CLASSES = 5 };
enum { CALIBRATED = 26, VALIDATION_FIRST = 20 }; /* six of them in both sets */
enum { CHECKED = 9 };
enum { CANDIDATES = 2, STEPS = 6 };
enum { CHANNELS = 4, MOMENT_COUNT = MOMENTS_FIRST + 3 * CHANNELS };

static char *network;
static struct config config;
static struct config_model *model;
static struct cases cases;
static struct error err;

/* ---- a small network, data and configuration ----------------------------------------------- */

static const char network_text[] =
    "input x N,2,6,6\n"
    "floats w1 4,2,3,3 = 0.5 -0.25 0.1 0.3 -0.4 0.2 0.05\n"
    "floats g 4 = 1 0.5 1.5\n"
    "floats m 4 = 0.1 -0.1\n"
    "floats v 4 = 1 2 0.5 0.1\n"
    "floats w2 6,4,3,3 = 0.3 -0.2 0.15 -0.35 0.25 -0.1 0.4 0.02 -0.05 0.12 -0.3\n"
    "floats w3 5,6 = 1 -1 0.5 0.25 -0.75 0.4 0.9\n"
    "node Conv x w1 -> a pads=1,1,1,1 name=one\n"
    "node BatchNormalization a g m m v -> n\n"
    "node Relu n -> b\n"
    "node Conv b w2 -> c pads=1,1,1,1 name=two\n"
    "node Relu c -> d\n"
    "node GlobalAveragePool d -> e\n"
    "node Flatten e -> f\n"
    "node Gemm f w3 -> y transB=1 name=three\n"
    "output y\n";

static void write_data(int classes)
{
    static const size_t sizes[] = {SAMPLES, 2, 6, 6};
    double samples[SAMPLES * ELEMENTS], labels[SAMPLES];
    unsigned state = 1;

    for (size_t i = 0; i < SAMPLES * ELEMENTS; i++) {
        state = state * 1664525u + 1013904223u;
        samples[i] = (double)(state >> 8) / (1 << 23) - 1;
    }
    for (size_t i = 0; i < SAMPLES; i++)
        labels[i] = (double)((int)i % classes);
    hdf5_builder_samples(scratch_file, HDF5_F32, sizes, samples, labels);
}

static int make_files(void **state)
{
    Onnx__ModelProto *made = onnx_builder_model(network_text);

    (void)state;
    network = onnx_builder_save(made);
    onnx__model_proto__free_unpacked(made, NULL);
    if (scratch_make(state) < 0)
        return -1;
    write_data(CLASSES);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    onnx_builder_delete(network);
    return scratch_remove(state);
}

static struct choice candidates[CANDIDATES][STEPS];

/* Items of the network: x (signed), w1, b, w2, f, w3. */
static void choose(void)
{
    static const float steps[CANDIDATES][STEPS] = {
        {0.2f, 0.07f, 0.1f, 0.05f, 0.06f, 0.15f},
        {0.1f, 0.05f, 0.2f, 0.07f, 0.03f, 0.1f}};
    const struct target_grids grids = case_rules(&cases.list[0]).grids;
    const enum grid of_items[STEPS] = {grids.signed_,     grids.weights,
                                       grids.nonnegative, grids.weights,
                                       grids.nonnegative, grids.weights};

    for (int i = 0; i < CANDIDATES; i++)
        for (int item = 0; item < STEPS; item++)
            candidates[i][item] = (struct choice){
                .step = steps[i][item], .bits = 4, .grid = (uint8_t)of_items[item]};
}

static int start(void **state)
{
    (void)state;
    config = (struct config){
        .block = BLOCK,
        .memory_bytes = 1 << 20,
        .kernel = "auto",
        .models = {{
            .name = "small",
            .network = network,
            .calibration = {.file = scratch_file, .samples = {0, CALIBRATED, false}},
            .validation = {.file = scratch_file,
                           .samples = {VALIDATION_FIRST, SIZE_MAX, false}},
            .inputs = {{{.data = "/x", .constants = {.scale = NAN}}}, 1},
            .labels = "/y",
            .constants = {.scale = 1},
        }},
        .model_count = 1,
        .targets = {TARGET_ONNX},
        .target_count = 1,
        .bits = {{4, 4}},
        .bits_count = 1,
        .methods = {{.method = &minmax_method.known}},
        .method_count = 1,
    };
    model = &config.models[0];
    err = (struct error){0};
    assert_int_equal(cases_init(&cases, &config, &err), 0);
    choose();
    return 0;
}

static int end(void **state)
{
    (void)state;
    cases_clear(&cases);
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int open_case(struct shard *shard)
{
    struct request request = {.kind = REQUEST_OPEN};
    struct reply reply;
    int status;

    reply_init(&reply, &request);
    status = shard_answer(shard, &request, NULL, &reply, &err);
    reply_clear(&reply);
    return status;
}

/* Adds what a shard answers to `merged`, as ranks merge their replies. */
static void merge_answer(struct shard *shard, const struct request *request,
                         const void *payload, struct reply *merged)
{
    struct reply reply;

    reply_init(&reply, request);
    if (shard_answer(shard, request, payload, &reply, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < reply.sum_count; i++)
        merged->sums[i] += reply.sums[i];
    for (size_t i = 0; i < reply.maximum_count; i++)
        merged->maxima[i] = fmax(merged->maxima[i], reply.maxima[i]);
    reply_clear(&reply);
}

/* The merged reply of `ranks` shards; clear it. */
static void ask_ranks(int ranks, const struct request *request, const void *payload,
                      struct reply *merged)
{
    reply_init(merged, request);
    for (int rank = 0; rank < ranks; rank++) {
        struct shard *shard = shard_create(&config, &cases, rank, ranks);

        if (request->kind != REQUEST_OPEN) {
            if (open_case(shard) < 0)
                fail_msg("%s", err.text);
            assert_int_equal(shard_placement(shard)->count, STEPS);
        }
        merge_answer(shard, request, payload, merged);
        shard_destroy(shard);
    }
}

static void assert_same_reply(const struct reply *left, const struct reply *right)
{
    assert_int_equal(left->sum_count, right->sum_count);
    assert_int_equal(left->maximum_count, right->maximum_count);
    assert_memory_equal(left->sums, right->sums, left->sum_count * sizeof *left->sums);
    assert_memory_equal(left->maxima, right->maxima,
                        left->maximum_count * sizeof *left->maxima);
}

/* ---- shares -------------------------------------------------------------------------------- */

static void every_block_belongs_to_one_rank_and_shares_are_even(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 9; ranks++)
        for (size_t blocks = 0; blocks <= 30; blocks++) {
            size_t next = 0;

            for (int rank = 0; rank < ranks; rank++) {
                struct share share = share_of(blocks, rank, ranks);
                size_t own = share.end_block - share.first_block;

                assert_int_equal(share.first_block, next);
                assert_true(share.end_block >= share.first_block);
                assert_true(own == blocks / (size_t)ranks ||
                            own == blocks / (size_t)ranks + 1);
                next = share.end_block;
            }
            assert_int_equal(next, blocks);
        }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void assert_same_on_any_ranks(const struct request *request, const void *payload)
{
    static const int ranks[] = {2, 3, 5, 8, 20}; /* there are seven blocks */
    struct reply expected;

    ask_ranks(1, request, payload, &expected);
    for (size_t i = 0; i < COUNT(ranks); i++) {
        struct reply reply;

        ask_ranks(ranks[i], request, payload, &reply);
        assert_same_reply(&reply, &expected);
        reply_clear(&reply);
    }
    reply_clear(&expected);
}

/* What comes with a request for one measure. */
struct measuring {
    struct measure measure;
    struct choice choices[STEPS];
};

static struct measuring measuring_of(struct measure measure)
{
    struct measuring one = {.measure = measure};

    memcpy(one.choices, candidates[0], sizeof one.choices);
    return one;
}

/* In the float network. */
static struct request request_to_measure(const struct measure *measures, int count)
{
    static const struct measure_room rooms[] = {
        [MEASURE_RANGE] = {0, 2},
        [MEASURE_HISTOGRAM] = {3 + 101, 2},
        [MEASURE_MOMENTS] = {MOMENT_COUNT, 0},
        [MEASURE_PRODUCT_MEANS] = {PRODUCT_MEANS_FIRST + 3 * CHANNELS, 0}};
    struct request request = {.kind = REQUEST_MEASURE, .measure_count = count};

    for (int i = 0; i < count; i++) {
        request.room.sums += rooms[measures[i].kind].sums;
        request.room.maxima += rooms[measures[i].kind].maxima;
    }
    return request;
}

static void merged_answers_do_not_depend_on_the_number_of_ranks(void **state)
{
    struct request all;
    static const struct request requests[] = {
        {.kind = REQUEST_OPEN},
        {.kind = REQUEST_OVERLAP},
        {.kind = REQUEST_SCORE},
        {.kind = REQUEST_SCORE, .candidate_count = CANDIDATES},
        {.kind = REQUEST_VALIDATE},
        {.kind = REQUEST_VALIDATE, .candidate_count = CANDIDATES},
    };
    static const struct measure measures[] = {
        {.kind = MEASURE_RANGE, .subject = 0},
        {.kind = MEASURE_RANGE, .subject = 2},
        {MEASURE_HISTOGRAM, 2, {0, 1.5f}, 101},
        {.kind = MEASURE_MOMENTS, .subject = 0},
        {.kind = MEASURE_PRODUCT_MEANS, .subject = 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++)
        assert_same_on_any_ranks(&requests[i], candidates[0]);
    for (size_t i = 0; i < COUNT(measures); i++) {
        struct measuring one = measuring_of(measures[i]);
        struct request request = request_to_measure(&measures[i], 1);

        assert_same_on_any_ranks(&request, &one);
        request.candidate_count = 1;
        assert_same_on_any_ranks(&request, &one);
    }
    all = request_to_measure(measures, (int)COUNT(measures));
    assert_same_on_any_ranks(&all, measures);
}

/* The rival is the first candidate. */
static void contests_do_not_depend_on_the_number_of_ranks(void **state)
{
    struct request request = {.kind = REQUEST_CONTEST,
                              .candidate_count = CANDIDATES - 1};

    (void)state;
    for (request.turns.halvings = 1; request.turns.halvings <= 3;
         request.turns.halvings++)
        for (int turn = 0; turn <= request.turns.halvings; turn++) {
            request.turns.chosen = 1u << turn;
            assert_same_on_any_ranks(&request, candidates[0]);
        }
}

static void samples_put_aside_are_scored_apart(void **state)
{
    static const int ranks[] = {1, 2, 3, 5, 20};
    struct request of_search = {.kind = REQUEST_SCORE, .candidate_count = CANDIDATES};
    struct request of_check = of_search;
    struct reply all, search, check;

    (void)state;
    of_check.kind = REQUEST_CHECK;
    ask_ranks(1, &of_search, candidates[0], &all);
    model->calibration.check = CHECKED;
    for (size_t i = 0; i < COUNT(ranks); i++) {
        ask_ranks(ranks[i], &of_search, candidates[0], &search);
        ask_ranks(ranks[i], &of_check, candidates[0], &check);
        for (int candidate = 0; candidate < CANDIDATES; candidate++) {
            struct score sum = reply_scores(&search)[candidate];
            struct score part = reply_scores(&check)[candidate];
            struct score expected = reply_scores(&all)[candidate];

            assert_int_equal(sum.samples, CALIBRATED - CHECKED);
            assert_int_equal(part.samples, CHECKED);
            score_merge(&sum, &part);
            assert_memory_equal(&sum, &expected, sizeof sum);
        }
        reply_clear(&search);
        reply_clear(&check);
    }
    reply_clear(&all);
}

static void losses_to_float_do_not_depend_on_the_number_of_ranks(void **state)
{
    static const enum request_kind kinds[] = {REQUEST_SCORE, REQUEST_CHECK};
    static const enum loss losses[] = {LOSS_KL_TO_FLOAT, LOSS_MSE_TO_FLOAT};
    struct request in_float = {.candidate_count = 0}, quantized = in_float;

    (void)state;
    quantized.candidate_count = CANDIDATES;
    model->calibration.check = CHECKED;
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (size_t j = 0; j < COUNT(losses); j++) {
            struct reply one, three;

            model->loss = losses[j];
            in_float.kind = quantized.kind = kinds[i];
            ask_ranks(1, &in_float, NULL, &one);
            assert_true(score_loss(&reply_scores(&one)[0]) == 0); /* it is as it is */
            reply_clear(&one);
            ask_ranks(1, &quantized, candidates[0], &one);
            ask_ranks(3, &quantized, candidates[0], &three);
            assert_true(score_loss(&reply_scores(&one)[0]) > 0);
            assert_same_reply(&three, &one);
            reply_clear(&one);
            reply_clear(&three);
        }
}

/* ---- one output ------------------------------------------------------------------------------ */

/* Another network and other labels for one test; `network` and the data file are the others again after
 * end_one_output(). */
static char *several_outputs;

static int start_one_output(void **state)
{
    static const char last[] = "floats w3 5,6 =";
    char text[sizeof network_text];
    Onnx__ModelProto *made;

    memcpy(text, network_text, sizeof text);
    memcpy(strstr(text, last), "floats w3 1,6 =", sizeof last - 1);
    made = onnx_builder_model(text);
    several_outputs = network;
    network = onnx_builder_save(made);
    onnx__model_proto__free_unpacked(made, NULL);
    write_data(2);
    return start(state);
}

static int end_one_output(void **state)
{
    onnx_builder_delete(network);
    network = several_outputs;
    write_data(CLASSES);
    return end(state);
}

static void one_output_that_says_yes_or_no_is_scored_by_its_labels(void **state)
{
    static const enum request_kind kinds[] = {REQUEST_SCORE, REQUEST_VALIDATE};
    struct request request = {.candidate_count = CANDIDATES};

    (void)state;
    model->loss = LOSS_BINARY_CROSS_ENTROPY;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct reply one, three;
        const struct score *score;

        request.kind = kinds[i];
        ask_ranks(1, &request, candidates[0], &one);
        ask_ranks(3, &request, candidates[0], &three);
        assert_same_reply(&three, &one);
        score = &reply_scores(&one)[0];
        assert_int_equal(score->labelled, score->samples);
        assert_true(score_loss(score) > 0 && isfinite(score_loss(score)));
        assert_true(score->metrics[METRIC_TOP1] > 0 &&
                    score->metrics[METRIC_TOP1] < score->samples);
        reply_clear(&one);
        reply_clear(&three);
    }
}

static void a_loss_of_other_outputs_is_refused_with_those_there_are(void **state)
{
    struct shard *shard = shard_create(&config, &cases, 0, 1);

    (void)state;
    assert_int_equal(open_case(shard), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "has 1 value, and the loss cross_entropy"));
    assert_non_null(strstr(
        err.text, "`loss: mse_to_float, binary_cross_entropy or mean_squared_error`"));
    shard_destroy(shard);
}

static void other_labels_than_no_and_yes_are_refused(void **state)
{
    struct shard *shard = shard_create(&config, &cases, 0, 1);

    (void)state;
    model->loss = LOSS_BINARY_CROSS_ENTROPY;
    write_data(CLASSES);
    assert_int_equal(open_case(shard), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "sample 2 has the label 2"));
    assert_non_null(strstr(err.text, "the network has the classes 0..1"));
    shard_destroy(shard);
}

static void as_many_put_aside_as_there_are_is_refused(void **state)
{
    struct shard *shard = shard_create(&config, &cases, 0, 1);

    (void)state;
    model->calibration.check = CALIBRATED;
    assert_int_equal(open_case(shard), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_string_equal(err.text,
                        "model small: check: 26 leaves nothing of the 26 "
                        "calibration samples to search with; hold out fewer, or take "
                        "more samples");
    model->calibration.check = CALIBRATED - 1;
    assert_int_equal(open_case(shard), 0);
    shard_destroy(shard);
}

static void neither_memory_nor_kernels_change_an_answer(void **state)
{
    struct request request = {.kind = REQUEST_SCORE, .candidate_count = CANDIDATES};
    struct reply expected, reply;

    (void)state;
    ask_ranks(1, &request, candidates[0], &expected);
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        if (!set->runs_here())
            continue;
        config.kernel = (char *)set->name;
        for (config.memory_bytes = 0; config.memory_bytes <= 4096;
             config.memory_bytes += 4096) {
            ask_ranks(2, &request, candidates[0], &reply);
            assert_same_reply(&reply, &expected);
            reply_clear(&reply);
        }
    }
    reply_clear(&expected);
}

static void opening_tells_how_many_samples_there_are(void **state)
{
    struct request request = {.kind = REQUEST_OPEN};
    struct reply reply;

    (void)state;
    ask_ranks(3, &request, NULL, &reply);
    assert_int_equal(reply.sums[REPLY_CALIBRATION_SAMPLES], CALIBRATED);
    assert_int_equal(reply.sums[REPLY_VALIDATION_SAMPLES], SAMPLES - VALIDATION_FIRST);
    assert_true(reply.maxima[REPLY_HASH] == -reply.maxima[REPLY_MINUS_HASH]);
    reply_clear(&reply);
    model->validation.file = NULL;
    ask_ranks(3, &request, NULL, &reply);
    assert_int_equal(reply.sums[REPLY_VALIDATION_SAMPLES], 0);
    reply_clear(&reply);
}

static void samples_in_both_sets_are_found(void **state)
{
    struct request request = {.kind = REQUEST_OVERLAP};
    struct reply reply;

    (void)state;
    ask_ranks(2, &request, NULL, &reply);
    assert_int_equal(reply.sums[REPLY_OVERLAPPING], CALIBRATED - VALIDATION_FIRST);
    assert_true(reply.maxima[REPLY_MINUS_FIRST_OVERLAPPING] == -VALIDATION_FIRST);
    reply_clear(&reply);
    model->validation.samples.first = CALIBRATED;
    ask_ranks(2, &request, NULL, &reply);
    assert_int_equal(reply.sums[REPLY_OVERLAPPING], 0);
    reply_clear(&reply);
    model->validation.file = NULL;
    ask_ranks(2, &request, NULL, &reply);
    assert_int_equal(reply.sums[REPLY_OVERLAPPING], 0);
    reply_clear(&reply);
}

static void scores_count_every_sample_once(void **state)
{
    static const struct {
        enum request_kind kind;
        int samples;
    } kinds[] = {{REQUEST_SCORE, CALIBRATED},
                 {REQUEST_VALIDATE, SAMPLES - VALIDATION_FIRST}};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct request request = {.kind = kinds[i].kind, .candidate_count = CANDIDATES};
        struct reply reply;

        ask_ranks(3, &request, candidates[0], &reply);
        for (int j = 0; j < CANDIDATES; j++) {
            struct score score = reply_scores(&reply)[j];

            assert_int_equal(score.samples, kinds[i].samples);
            assert_true(score_loss(&score) > 0 && score_loss(&score) < 10);
        }
        reply_clear(&reply);
    }
}

static void bias_correction_reaches_the_evaluator(void **state)
{
    struct request request = {.kind = REQUEST_SCORE, .candidate_count = 1};
    struct reply without, with;

    (void)state;
    ask_ranks(1, &request, candidates[0], &without);
    config.methods[0].bias_correction = BIAS_CORRECTION_MEAN;
    ask_ranks(1, &request, candidates[0], &with);
    assert_true(reply_scores(&with)[0].loss != reply_scores(&without)[0].loss);
    reply_clear(&without);
    reply_clear(&with);
}

static struct score answered_score(struct shard *shard)
{
    struct request request = {.kind = REQUEST_SCORE, .candidate_count = 1};
    struct reply reply;
    struct score score;

    reply_init(&reply, &request);
    merge_answer(shard, &request, candidates[0], &reply);
    score = reply_scores(&reply)[0];
    reply_clear(&reply);
    return score;
}

/* Puts a state in force. */
static void put(struct shard *shard, const struct state *wanted)
{
    size_t bytes;
    char *text = state_text(wanted, &bytes);
    struct request request = {.kind = REQUEST_STATE, .payload_bytes = bytes + 1};
    struct reply reply;

    reply_init(&reply, &request);
    merge_answer(shard, &request, text, &reply);
    reply_clear(&reply);
    free(text);
}

static const struct state none;

static void a_state_is_in_force_until_another_is_put_or_a_case_is_opened(void **unused)
{
    static const float statistics[2 * CHANNELS] = {0.4f, 0.2f, 0, -0.1f, 2, 1, 0.1f, 3};
    static const float shifts[CHANNELS] = {0.4f, -0.2f, 0.1f, -0.3f};
    struct shard *shard = shard_create(&config, &cases, 0, 1);
    struct state one = {0}, both;
    struct score trained, of_one, again;

    (void)unused;
    state_set_floats(&one, STATE_STATISTICS, 0, statistics, 2 * CHANNELS);
    both = state_copy(&one);
    state_set_floats(&both, STATE_BIAS_SHIFT, 0, shifts, CHANNELS);
    assert_int_equal(open_case(shard), 0);
    trained = answered_score(shard);
    put(shard, &one);
    of_one = answered_score(shard);
    assert_true(of_one.loss != trained.loss);
    put(shard, &both);
    assert_true(state_is_equal(shard_state(shard), &both));
    again = answered_score(shard);
    assert_true(again.loss != trained.loss && again.loss != of_one.loss);
    put(shard, &one);
    again = answered_score(shard);
    assert_memory_equal(&again, &of_one, sizeof again);
    put(shard, &none);
    again = answered_score(shard);
    assert_memory_equal(&again, &trained, sizeof again);
    put(shard, &both);
    assert_int_equal(open_case(shard), 0);
    again = answered_score(shard);
    assert_memory_equal(&again, &trained, sizeof again);
    state_clear(&one);
    state_clear(&both);
    shard_destroy(shard);
}

static void treatments_change_scores_and_can_be_undone_to_the_bit(void **unused)
{
    static const unsigned each[] = {TREAT_EQUALIZE, TREAT_CORRECT,
                                    TREAT_EQUALIZE | TREAT_CORRECT};
    struct shard *shard;
    struct state first;
    struct score plain, treated[COUNT(each)], again;

    (void)unused;
    config.methods[0].bias_correction = BIAS_CORRECTION_MEAN_AND_VARIANCE;
    config.methods[0].bias_correction_accept = ACCEPT_IF_LOSS_DROPS;
    config.methods[0].weight_steps = WEIGHT_STEPS_PER_CHANNEL;
    shard = shard_create(&config, &cases, 0, 1);
    assert_int_equal(open_case(shard), 0);
    first = state_copy(shard_state(shard));
    assert_true(state_has(&first, STATE_RATIOS));
    assert_false(state_has(&first, STATE_MEAN_CORRECTED));
    plain = answered_score(shard);
    for (size_t i = 0; i < COUNT(each); i++) {
        struct state state = state_copy(&first);

        case_treat(&cases.list[0], each[i], &state);
        put(shard, &state);
        assert_true(state_has(shard_state(shard), STATE_RATIOS));
        treated[i] = answered_score(shard);
        assert_true(treated[i].loss != plain.loss);
        assert_true(i == 0 || treated[i].loss != treated[i - 1].loss);
        put(shard, i == 1 ? &none : &first); /* ratios are found again */
        assert_true(state_is_equal(shard_state(shard), &first));
        again = answered_score(shard);
        assert_memory_equal(&again, &plain, sizeof again);
        state_clear(&state);
    }
    state_clear(&first);
    shard_destroy(shard);
}

/* Equalised weights, statistics and biases come and go together, in any order. */
static void a_whole_state_can_be_taken_back(void **unused)
{
    static const float statistics[2 * CHANNELS] = {0.4f, 0.2f, 0, -0.1f, 2, 1, 0.1f, 3};
    struct shard *shard = shard_create(&config, &cases, 0, 1);
    struct state one = {0}, other = {0};
    struct score plain, of_one, again;

    (void)unused;
    state_set_floats(&one, STATE_STATISTICS, 0, statistics, 2 * CHANNELS);
    state_set(&one, STATE_EQUALIZED, 0, NULL, 0);
    state_set_floats(&other, STATE_BIAS_SHIFT, 0, statistics, CHANNELS);
    assert_int_equal(open_case(shard), 0);
    plain = answered_score(shard);
    put(shard, &one);
    of_one = answered_score(shard);
    put(shard, &other);
    assert_true(answered_score(shard).loss != of_one.loss);
    put(shard, &one);
    again = answered_score(shard);
    assert_memory_equal(&again, &of_one, sizeof again);
    put(shard, &none);
    again = answered_score(shard);
    assert_memory_equal(&again, &plain, sizeof again);
    state_clear(&one);
    state_clear(&other);
    shard_destroy(shard);
}

static void a_state_of_another_network_is_refused(void **unused)
{
    static const char text[] = "bias_shift 0 1 0x1p+0\n";
    static const struct request request = {.kind = REQUEST_STATE,
                                           .payload_bytes = sizeof text};
    struct shard *shard = shard_create(&config, &cases, 0, 1);
    struct reply reply;

    (void)unused;
    assert_int_equal(open_case(shard), 0);
    reply_init(&reply, &request);
    assert_int_equal(shard_answer(shard, &request, text, &reply, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_int_equal(shard_state(shard)->count, 0);
    reply_clear(&reply);
    shard_destroy(shard);
}

/* Multiply-adds that scoring `count` candidates on so many samples takes without a memory. */
static int64_t whole_macs(const struct shard *shard, int count, int64_t samples)
{
    return (int64_t)network_macs(shard_network(shard)) * count * samples;
}

/* What an answer took to score candidates, and that it took time. */
static struct executor_counters scores_of_answer(struct shard *shard,
                                                 const void *payload,
                                                 const struct request *request)
{
    struct executor_counters scores;
    struct reply reply;

    reply_init(&reply, request);
    if (shard_answer(shard, request, payload, &reply, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(reply_work(&reply)->cpu_nanoseconds > 0);
    scores = reply_work(&reply)->scores;
    reply_clear(&reply);
    return scores;
}

static void expect_run_and_avoided(struct executor_counters done, int64_t run,
                                   int64_t avoided)
{
    assert_int_equal(done.macs_run, run);
    assert_int_equal(done.macs_avoided, avoided);
}

static void answers_count_the_candidates_that_they_score(void **state)
{
    static const struct request score = {.kind = REQUEST_SCORE, .candidate_count = 1},
                                in_float = {.kind = REQUEST_SCORE},
                                check = {.kind = REQUEST_CHECK,
                                         .candidate_count = CANDIDATES},
                                validate = {.kind = REQUEST_VALIDATE,
                                            .candidate_count = 1};
    struct measuring range = measuring_of((struct measure){.kind = MEASURE_RANGE});
    struct request measure = request_to_measure(&range.measure, 1);
    struct state equalized = {0};
    struct shard *shard = shard_create(&config, &cases, 0, 1);
    int64_t whole;

    (void)state;
    model->calibration.check = CHECKED;
    assert_int_equal(open_case(shard), 0);
    whole = whole_macs(shard, 1, CALIBRATED - CHECKED);
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &in_float), 0, 0);
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &score), whole, 0);
    scores_of_answer(shard, candidates[0], &score); /* worth remembering now */
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &score), 0, whole);
    expect_run_and_avoided(scores_of_answer(shard, &range, &measure), 0, 0);
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &check),
                           whole_macs(shard, CANDIDATES, CHECKED), 0);
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &validate),
                           whole_macs(shard, 1, SAMPLES - VALIDATION_FIRST), 0);
    state_set(&equalized, STATE_EQUALIZED, 0, NULL, 0);
    put(shard, &equalized);
    state_clear(&equalized);
    expect_run_and_avoided(scores_of_answer(shard, candidates[0], &score), whole, 0);
    shard_destroy(shard);
}

static void scores_of_several_ranks_add_up_to_whole_evaluations(void **state)
{
    static const struct request score = {.kind = REQUEST_SCORE,
                                         .candidate_count = CANDIDATES};

    (void)state;
    for (int ranks = 1; ranks <= 20; ranks += 4) { /* there are seven blocks */
        int64_t macs = 0, whole = 0;

        for (int rank = 0; rank < ranks; rank++) {
            struct shard *shard = shard_create(&config, &cases, rank, ranks);
            struct executor_counters done;

            assert_int_equal(open_case(shard), 0);
            whole = whole_macs(shard, CANDIDATES, CALIBRATED);
            done = scores_of_answer(shard, candidates[0], &score);
            macs += done.macs_run + done.macs_avoided;
            shard_destroy(shard);
        }
        assert_int_equal(macs, whole);
    }
}

static void means_of_products_count_every_calibration_sample_once(void **state)
{
    struct measuring means =
        measuring_of((struct measure){.kind = MEASURE_PRODUCT_MEANS});
    struct request request = request_to_measure(&means.measure, 1);
    struct reply reply;

    (void)state;
    request.candidate_count = 1;
    ask_ranks(3, &request, &means, &reply);
    assert_int_equal(reply.sums[PRODUCT_MEANS_SAMPLES], CALIBRATED);
    reply_clear(&reply);
}

static void moments_count_every_calibration_sample_once(void **state)
{
    const struct measure moments = {.kind = MEASURE_MOMENTS};
    struct request request = request_to_measure(&moments, 1);
    struct reply reply;

    (void)state;
    ask_ranks(3, &request, &moments, &reply);
    assert_int_equal(reply.sums[MOMENTS_SAMPLES], CALIBRATED);
    reply_clear(&reply);
}

/* ---- what can be wrong ----------------------------------------------------------------------- */

static char *nothing[] = {"no_such*"};

static void break_network(void)
{
    model->network = "no/such.onnx";
}

static void break_input(void)
{
    model->inputs.list[0].name = "image";
}

static void break_kernel(void)
{
    config.kernel = "neon";
}

static void break_keep_float(void)
{
    model->keep_float[0] = nothing[0];
    model->keep_float_count = 1;
}

static void break_calibration(void)
{
    model->calibration.file = "no/such.h5";
}

static void break_validation(void)
{
    model->validation.samples = (struct sample_range){SAMPLES, 1, false};
}

static void what_is_wrong_is_told_and_the_shard_stays_usable(void **state)
{
    static const struct {
        void (*break_it)(void);
        enum exit_code code;
        const char *sentence;
    } list[] = {
        {break_network, EXIT_INPUT, "no/such.onnx"},
        {break_input, EXIT_CONFIG, "has no input \"image\"; its input is \"x\""},
        {break_kernel, EXIT_CONFIG, "kernel: \"neon\" is unknown"},
        {break_keep_float, EXIT_CONFIG, "keep_float: \"no_such*\" fits no"},
        {break_calibration, EXIT_INPUT, "no/such.h5"},
        {break_validation, EXIT_INPUT, "holds only 45 samples"},
    };
    struct shard *shard;

    for (size_t i = 0; i < COUNT(list); i++) {
        struct request request = {.kind = REQUEST_SCORE};
        struct reply reply;

        start(state);
        shard = shard_create(&config, &cases, 0, 1);
        assert_int_equal(open_case(shard), 0);
        list[i].break_it();
        assert_int_equal(open_case(shard), -1);
        assert_int_equal(err.code, list[i].code);
        if (!strstr(err.text, list[i].sentence))
            fail_msg("\"%s\" does not say \"%s\"", err.text, list[i].sentence);
        end(state);
        start(state);
        assert_int_equal(open_case(shard), 0);
        reply_init(&reply, &request);
        merge_answer(shard, &request, NULL, &reply);
        assert_int_equal(reply_scores(&reply)[0].samples, CALIBRATED);
        reply_clear(&reply);
        shard_destroy(shard);
        end(state);
    }
}

static int looks_left;

static bool no_looks_are_left(void)
{
    return looks_left-- <= 0;
}

/* Whether a request is answered when there is time for so many looks at the clock. */
static int answer_in_time(struct shard *shard, enum request_kind kind, int looks)
{
    static const struct measure both[] = {{.kind = MEASURE_MOMENTS},
                                          {.kind = MEASURE_RANGE}};
    struct request request = request_to_measure(both, 2);
    struct reply reply;
    int status;

    request.kind = kind;
    looks_left = looks;
    shard_cut_when(shard, no_looks_are_left);
    reply_init(&reply, &request);
    status = shard_answer(shard, &request, both, &reply, &err);
    reply_clear(&reply);
    shard_cut_when(shard, NULL);
    return status;
}

static void work_that_is_cut_is_no_answer_and_the_next_one_is_right(void **state)
{
    static const enum request_kind kinds[] = {REQUEST_SCORE, REQUEST_VALIDATE,
                                              REQUEST_OVERLAP, REQUEST_MEASURE};
    struct shard *shard = shard_create(&config, &cases, 0, 1);
    struct score before, after;

    (void)state;
    assert_int_equal(open_case(shard), 0);
    before = answered_score(shard);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        int looks = 0;

        while (answer_in_time(shard, kinds[i], looks) < 0) {
            assert_int_equal(err.code, EXIT_STOPPED);
            after = answered_score(shard);
            assert_memory_equal(&after, &before, sizeof after);
            looks++;
        }
        assert_true(looks > 0 && looks < 100);
    }
    assert_int_equal(answer_in_time(shard, REQUEST_OPEN, 0), -1);
    assert_int_equal(err.code, EXIT_STOPPED);
    assert_int_equal(open_case(shard), 0);
    after = answered_score(shard);
    assert_memory_equal(&after, &before, sizeof after);
    shard_destroy(shard);
}

static void a_shard_that_was_never_opened_can_be_destroyed(void **state)
{
    (void)state;
    shard_destroy(shard_create(&config, &cases, 1, 3));
    shard_destroy(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
#define TEST_ONE_OUTPUT(test)                                                          \
    cmocka_unit_test_setup_teardown(test, start_one_output, end_one_output)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_belongs_to_one_rank_and_shares_are_even),
        TEST(merged_answers_do_not_depend_on_the_number_of_ranks),
        TEST(contests_do_not_depend_on_the_number_of_ranks),
        TEST(samples_put_aside_are_scored_apart),
        TEST(losses_to_float_do_not_depend_on_the_number_of_ranks),
        TEST_ONE_OUTPUT(one_output_that_says_yes_or_no_is_scored_by_its_labels),
        TEST_ONE_OUTPUT(a_loss_of_other_outputs_is_refused_with_those_there_are),
        TEST_ONE_OUTPUT(other_labels_than_no_and_yes_are_refused),
        TEST(as_many_put_aside_as_there_are_is_refused),
        TEST(neither_memory_nor_kernels_change_an_answer),
        TEST(opening_tells_how_many_samples_there_are),
        TEST(samples_in_both_sets_are_found),
        TEST(scores_count_every_sample_once),
        TEST(bias_correction_reaches_the_evaluator),
        TEST(a_state_is_in_force_until_another_is_put_or_a_case_is_opened),
        TEST(treatments_change_scores_and_can_be_undone_to_the_bit),
        TEST(a_whole_state_can_be_taken_back),
        TEST(a_state_of_another_network_is_refused),
        TEST(answers_count_the_candidates_that_they_score),
        TEST(scores_of_several_ranks_add_up_to_whole_evaluations),
        TEST(means_of_products_count_every_calibration_sample_once),
        TEST(moments_count_every_calibration_sample_once),
        TEST(work_that_is_cut_is_no_answer_and_the_next_one_is_right),
        cmocka_unit_test(what_is_wrong_is_told_and_the_shard_stays_usable),
        TEST(a_shard_that_was_never_opened_can_be_destroyed),
    };

    return cmocka_run_group_tests_name("shard", tests, make_files, remove_files);
}
