#include "core/evaluate/moments.h"

#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SAMPLES = 13, INPUTS = 4 * 8 * 8, CHANNELS = 8, PIXELS_MOST = 8 * 8 };

#define CONSTANTS                                                                      \
    "input x N,4,8,8\n"                                                                \
    "floats w 8,4,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75 0.3 -0.6 0.2 0.1 -0.7\n"         \
    "floats dw 8,1,3,3 = 0.2 -0.3 0.4 0.1 -0.15 0.25 0.35\n"                           \
    "floats gw 8,4,3,3 = 0.1 -0.12 0.2 -0.05 0.13 0.08 -0.2\n"                         \
    "floats pw 8,8,1,1 = 0.6 -0.4 0.3 -0.2 0.5\n"                                      \
    "floats bias 8 = 1 -2 0.5\n"                                                       \
    "floats g 8 = 1.5 0.5 0.9 2 1\n"                                                   \
    "floats b 8 = 0.1 0.3 -0.1\n"                                                      \
    "floats m 8 = 0.5 0 -0.5 1\n"                                                      \
    "floats v 8 = 1 2 0.5 4 3\n"                                                       \
    "node Conv x w bias -> c1 pads=1,1,1,1\n"                                          \
    "node BatchNormalization c1 g b m v -> n1\n"                                       \
    "node Relu n1 -> r1\n"
#define END                                                                            \
    "node BatchNormalization c2 g b m v -> n2\n"                                       \
    "node Flatten n2 -> y\n"                                                           \
    "output y\n"

/* The last batch norm gives the output, so that its input follows from the logits. */
static const char *const texts[] = {
    CONSTANTS "node Conv r1 pw -> c2\n" END,
    CONSTANTS "node Conv r1 dw bias -> c2 pads=1,1,1,1 group=8\n" END,
    CONSTANTS "node Conv r1 gw -> c2 pads=1,1,1,1 group=2 strides=2,2\n" END,
    CONSTANTS "node Conv r1 pw -> d\nnode Relu d -> c2\n" END, /* on its own */
};

static float values[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static const struct samples samples = {
    .values = {values}, .labels = {labels, 1, ELEMENT_INT32}, .count = SAMPLES};
static struct error err;

static int make_samples(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        values[i] = 2 * sinf((float)i * 1.37f) + 0.5f * cosf((float)i * 0.11f);
    return 0;
}

/* ---- a network with an evaluator ----------------------------------------------------------- */

struct trial {
    struct network *network;
    struct placement placement;
    struct evaluator *evaluator;
    struct choice choices[8];
    int last; /* layer with the last batch norm */
    int pixels;
};

struct trial_options {
    int weight_bits, activation_bits;
    bool corrects_mean;
    enum grid weights;
    bool is_float; /* no choices */
};

static const struct trial_options plain = {4, 4, false, GRID_MIDRISE, false};

static void make_trial(struct trial *trial, const char *text,
                       const struct trial_options *options, int block, size_t memory)
{
    struct placement_rules rules = {
        .grids = {options->weights, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = options->weight_bits,
        .activation_bits = options->activation_bits,
    };
    struct network *network = onnx_builder_read_fused(text, &err);

    assert_non_null(network);
    *trial = (struct trial){.network = network};
    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            trial->last = layer;
    trial->pixels = (int)network->tensors[network->output].count / CHANNELS;
    if (placement_init(&trial->placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    for (int item = 0; item < trial->placement.count; item++) {
        const struct quantized_tensor *tensor = &trial->placement.items[item];

        trial->choices[item] = placement_choice(
            tensor,
            placement_step_of_clip(tensor, tensor->is_weight ? 0.4713 : 2.7177));
    }
    trial->evaluator = evaluator_create(network, &trial->placement,
                                        &(struct evaluator_options){
                                            .kernels = kernel_set_best(),
                                            .corrects_mean = options->corrects_mean,
                                            .block = block,
                                            .memory_bytes = memory,
                                        },
                                        samples);
}

static void clear_trial(struct trial *trial)
{
    evaluator_destroy(trial->evaluator);
    placement_clear(&trial->placement);
    network_destroy(trial->network);
}

static const struct batchnorm *last_batchnorm(const struct trial *trial)
{
    return trial->network->layers[trial->last].batchnorm;
}

static struct score score_of(const struct trial *trial)
{
    struct score score = {0};

    evaluator_score(trial->evaluator, trial->choices, 1, &score);
    return score;
}

/* Mean and variance of each channel of the logits [samples, channels, pixels], brought back to what
 * came before scale and shift. */
static void plain_statistics(const struct trial *trial, const struct choice *choices,
                             const float *scale, const float *shift, double *mean,
                             double *variance)
{
    int pixels = trial->pixels;
    float logits[SAMPLES * CHANNELS * PIXELS_MOST];

    evaluator_logits(trial->evaluator, choices, samples, logits);
    for (int channel = 0; channel < CHANNELS; channel++) {
        double sum = 0, squares = 0;

        for (int i = 0; i < SAMPLES * pixels; i++) {
            const float *sample = logits + i / pixels * CHANNELS * pixels;
            double x = ((double)sample[channel * pixels + i % pixels] -
                        (shift ? shift[channel] : 0)) /
                       (scale ? scale[channel] : 1);

            sum += x;
            squares += x * x;
        }
        mean[channel] = sum / (SAMPLES * pixels);
        variance[channel] =
            squares / (SAMPLES * pixels) - mean[channel] * mean[channel];
    }
}

static void add_moments(const struct trial *trial, int layer,
                        const struct choice *choices, int64_t *sums)
{
    const struct measure moments = {.kind = MEASURE_MOMENTS, .subject = layer};

    evaluator_measure(trial->evaluator, &moments, 1, choices, sums, NULL);
}

static void measure(const struct trial *trial, const struct choice *choices,
                    float *mean, float *variance)
{
    int64_t *sums = memory_zeroed(moments_count(CHANNELS), sizeof *sums);

    add_moments(trial, trial->last, choices, sums);
    assert_int_equal(sums[MOMENTS_SAMPLES], SAMPLES);
    moments_statistics(last_batchnorm(trial), sums, mean, variance);
    free(sums);
}

/* ---- of a network --------------------------------------------------------------------------- */

static void check_statistics(const char *text, const struct trial_options *options)
{
    struct trial trial;
    double mean[CHANNELS], variance[CHANNELS];
    float measured_mean[CHANNELS], measured_variance[CHANNELS];
    const struct layer *layer;
    bool is_conv;
    const struct choice *choices;

    make_trial(&trial, text, options, 4, 1 << 20);
    layer = &trial.network->layers[trial.last];
    is_conv = layer->kind == LAYER_CONV;
    choices = options->is_float ? NULL : trial.choices;
    measure(&trial, choices, measured_mean, measured_variance);
    plain_statistics(&trial, choices, is_conv ? layer->conv.scale : layer->affine.scale,
                     is_conv ? layer->conv.shift : layer->affine.shift, mean, variance);
    for (int channel = 0; channel < CHANNELS; channel++) {
        assert_true(variance[channel] > 1e-3);
        assert_float_equal(measured_mean[channel], mean[channel], 2e-6);
        assert_float_equal(measured_variance[channel], variance[channel],
                           2e-6 * (1 + variance[channel]));
    }
    clear_trial(&trial);
}

static void
measured_are_the_statistics_of_what_comes_before_scale_and_shift(void **state)
{
    static const struct trial_options options[] = {
        {4, 4, false, GRID_MIDRISE, true},   {4, 4, false, GRID_MIDRISE, false},
        {4, 4, true, GRID_MIDRISE, false},   {8, 8, false, GRID_NARROW, false},
        {2, 32, false, GRID_MIDRISE, false}, {32, 3, false, GRID_MIDRISE, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t j = 0; j < COUNT(options); j++)
            check_statistics(texts[i], &options[j]);
}

static void put_in_force_they_give_the_mean_and_variance_that_were_trained(void **state)
{
    static const float gamma[] = {1.5f, 0.5f, 0.9f, 2, 1}, beta[] = {0.1f, 0.3f, -0.1f};
    float measured_mean[CHANNELS], measured_variance[CHANNELS];
    double mean[CHANNELS], variance[CHANNELS];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct trial trial;

        make_trial(&trial, texts[i], &plain, 4, 1 << 20);
        measure(&trial, trial.choices, measured_mean, measured_variance);
        batchnorm_put(&trial.network->layers[trial.last], measured_mean,
                      measured_variance);
        plain_statistics(&trial, trial.choices, NULL, NULL, mean, variance);
        for (int channel = 0; channel < CHANNELS; channel++) {
            assert_float_equal(mean[channel], beta[channel % 3], 1e-5);
            assert_float_equal(sqrt(variance[channel]), gamma[channel % 5], 2e-3);
        }
        clear_trial(&trial);
    }
}

/* Statistics of the first layer change what the last one sees; what is remembered must know. */
static void blocks_and_memory_never_change_a_digit(void **state)
{
    static const float means[CHANNELS] = {0.3f, -0.2f, 0.1f},
                       variances[CHANNELS] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const struct {
        int block;
        size_t memory;
    } kinds[] = {{SAMPLES, 1 << 20}, {4, 0}, {1, 1 << 20}, {4, 1 << 14}, {5, 1 << 20}};
    int64_t sums[COUNT(kinds)][2][MOMENTS_FIRST + 3 * CHANNELS] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct trial trial;

        make_trial(&trial, texts[2], &plain, kinds[i].block, kinds[i].memory);
        add_moments(&trial, trial.last, trial.choices, sums[i][0]);
        batchnorm_put(&trial.network->layers[0], means, variances);
        add_moments(&trial, trial.last, trial.choices, sums[i][1]);
        clear_trial(&trial);
        assert_memory_equal(sums[i], sums[0], sizeof sums[0]);
    }
    assert_memory_not_equal(sums[0][0], sums[0][1], sizeof sums[0][0]);
}

static void scores_follow_what_is_in_force(void **state)
{
    float mean[CHANNELS], variance[CHANNELS];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct score before, after, again;
        struct trial trial, forgetful;

        make_trial(&trial, texts[i], &plain, 4, 1 << 20);
        make_trial(&forgetful, texts[i], &plain, 4, 0);
        before = score_of(&trial);
        measure(&trial, trial.choices, mean, variance);
        again = score_of(&trial);
        assert_memory_equal(&again, &before, sizeof before);
        batchnorm_put(&trial.network->layers[trial.last], mean, variance);
        batchnorm_put(&forgetful.network->layers[trial.last], mean, variance);
        after = score_of(&trial);
        again = score_of(&forgetful);
        assert_true(after.loss != before.loss);
        assert_memory_equal(&again, &after, sizeof after);
        batchnorm_restore(&trial.network->layers[trial.last]);
        again = score_of(&trial);
        assert_memory_equal(&again, &before, sizeof before);
        clear_trial(&trial);
        clear_trial(&forgetful);
    }
}

static void all_batch_norms_in_float_are_measured_in_one_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t all[2 * (MOMENTS_FIRST + 3 * CHANNELS)] = {0}, each[COUNT(all)] = {0};
        struct measure both[] = {{.kind = MEASURE_MOMENTS}, {.kind = MEASURE_MOMENTS}};
        const struct choice in_float[8] = {{0}};
        struct trial trial;

        make_trial(&trial, texts[i], &plain, 4, 1 << 20);
        both[1].subject = trial.last;
        add_moments(&trial, 0, in_float, each);
        add_moments(&trial, trial.last, in_float, each + moments_count(CHANNELS));
        evaluator_measure(trial.evaluator, both, 2, NULL, all, NULL);
        assert_memory_equal(all, each, sizeof all);
        clear_trial(&trial);
    }
}

/* ---- of numbers ----------------------------------------------------------------------------- */

enum { MANY = 70, FEW_PIXELS = 3 };

static struct batchnorm *make_batchnorm(void)
{
    float mean[MANY], variance[MANY];

    for (int i = 0; i < MANY; i++) {
        mean[i] = 0.1f * (float)i - 2;
        variance[i] = 0.5f + (float)(i % 5);
    }
    return batchnorm_create(MANY, 1e-5f, mean, variance);
}

static float *make_input(void)
{
    float *input = memory_get(SAMPLES * FEW_PIXELS * MANY * sizeof *input);

    for (int i = 0; i < SAMPLES * FEW_PIXELS * MANY; i++)
        input[i] = 3 * sinf((float)i * 0.7f) + (float)(i % MANY);
    return input;
}

static void parts_of_the_samples_add_up_to_the_same_sums(void **state)
{
    struct batchnorm *batchnorm = make_batchnorm();
    int64_t whole[MOMENTS_FIRST + 3 * MANY] = {0};
    float *input = make_input();

    (void)state;
    assert_int_equal(moments_count(MANY), COUNT(whole));
    moments_add(batchnorm, input, SAMPLES, FEW_PIXELS, whole);
    for (int first = 1; first < SAMPLES; first++) {
        int64_t sums[COUNT(whole)] = {0};

        moments_add(batchnorm, input + first * FEW_PIXELS * MANY, SAMPLES - first,
                    FEW_PIXELS, sums);
        moments_add(batchnorm, input, first, FEW_PIXELS, sums);
        assert_memory_equal(sums, whole, sizeof whole);
    }
    free(input);
    batchnorm_destroy(batchnorm);
}

/* Without epsilon nothing hides a variance of zero. */
static void a_constant_channel_has_the_least_variance(void **state)
{
    static const float zero[1], one[1] = {1}, input[2] = {0.25f, 0.25f};
    struct batchnorm *batchnorm = batchnorm_create(1, 0, zero, one);
    int64_t sums[MOMENTS_FIRST + 3] = {0};
    float mean, variance;

    (void)state;
    moments_add(batchnorm, input, 2, 1, sums);
    moments_statistics(batchnorm, sums, &mean, &variance);
    assert_float_equal(mean, 0.25, 0);
    assert_float_equal(variance, ldexpf(1, -24), 0);
    batchnorm_destroy(batchnorm);
}

/* A trained variance of next to nothing, and an input that has one: right as far as it is told. */
static void nothing_is_told_of_what_is_too_far_from_what_was_trained(void **state)
{
    static const float zero[1];
    struct batchnorm *batchnorm = batchnorm_create(1, 1e-5f, zero, zero);
    int told = 0;

    (void)state;
    for (int centre = 0; centre < 6; centre++) {
        int64_t sums[MOMENTS_FIRST + 3] = {0};
        float input[200], mean, variance;

        for (int i = 0; i < 200; i++)
            input[i] = (float)centre + sinf((float)i);
        moments_add(batchnorm, input, 2, 100, sums);
        moments_statistics(batchnorm, sums, &mean, &variance);
        if (isnan(mean)) {
            assert_true(isnan(variance));
            continue;
        }
        assert_float_equal(mean, centre, 0.02);
        assert_float_equal(variance, 0.5, 0.02);
        told++;
    }
    assert_int_equal(told, 4);
    batchnorm_destroy(batchnorm);
}

static void nothing_is_told_of_what_is_not_finite(void **state)
{
    static const float zero[2], one[2] = {1, 1}, bad[] = {NAN, INFINITY, -INFINITY};
    struct batchnorm *batchnorm = batchnorm_create(2, 0, zero, one);
    float mean[2], variance[2];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const float input[] = {bad[i], 0.5f};
        int64_t sums[MOMENTS_FIRST + 6] = {0};

        moments_add(batchnorm, input, 1, 1, sums);
        moments_statistics(batchnorm, sums, mean, variance);
        assert_true(isnan(mean[0]) && isnan(variance[0]));
        assert_float_equal(mean[1], 0.5, 0);
    }
    batchnorm_destroy(batchnorm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            measured_are_the_statistics_of_what_comes_before_scale_and_shift),
        cmocka_unit_test(
            put_in_force_they_give_the_mean_and_variance_that_were_trained),
        cmocka_unit_test(blocks_and_memory_never_change_a_digit),
        cmocka_unit_test(scores_follow_what_is_in_force),
        cmocka_unit_test(all_batch_norms_in_float_are_measured_in_one_go),
        cmocka_unit_test(parts_of_the_samples_add_up_to_the_same_sums),
        cmocka_unit_test(a_constant_channel_has_the_least_variance),
        cmocka_unit_test(nothing_is_told_of_what_is_too_far_from_what_was_trained),
        cmocka_unit_test(nothing_is_told_of_what_is_not_finite),
    };

    return cmocka_run_group_tests_name("moments", tests, make_samples, NULL);
}
