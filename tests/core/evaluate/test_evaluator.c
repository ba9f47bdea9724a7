#include "core/evaluate/evaluator.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/layer/weight_codes.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"
#include "core/network/state.h"
#include "core/quant/bias_correction.h"
#include "core/quant/packed_codes.h"
#include "core/rewrite/fuse.h"
#include "tests/support/channel_steps.h"
#include "tests/support/measured.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 13, INPUTS = 3 * 8 * 8, CLASSES = 5 };

/* Everything that an evaluator treats differently: a float first layer, padding, a residual, a
 * strided 1x1 shortcut, depthwise, groups, pools, a concat, a signed activation, a float end. */
static const char *const text =
    "input x N,3,8,8\n"
    "floats w0 8,3,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75 0.3 -0.6 0.2 0.1 -0.7\n"
    "floats w1 8,8,3,3 = 0.1 0.2 -0.3 0.4 -0.55 0.05 -0.15 0.35 -0.2\n"
    "floats w2 12,8,1,1 = 0.6 -0.4 0.3 -0.2 0.5\n"
    "floats w3 12,1,3,3 = 0.2 -0.3 0.4 0.1 -0.15 0.25 0.35\n"
    "floats w4 12,6,3,3 = 0.1 -0.12 0.2 -0.05 0.13 0.08 -0.2\n"
    "floats w5 6,24,1,1 = 0.3 -0.1 0.2 0.25 -0.35\n"
    "floats w6 7,6,2,2 = 0.5 -0.3 0.2 -0.4 0.1 0.15 -0.25\n"
    "floats fc 5,7 = 0.6 -0.5 0.4 0.3 -0.2 0.1 -0.7 0.8\n"
    "floats b0 8 = 0.1 0.3 -0.1 0.2\n"
    "floats b3 12 = 0.5 0.1 0.2\n"
    "floats g 8 = 1.5 0.5 0.9 2\n"
    "floats m 8 = 0.5 0 -0.5 1\n"
    "floats v 8 = 1 2 0.5 4\n"
    "node Conv x w0 b0 -> c0 pads=1,1,1,1\n"
    "node Relu c0 -> r0\n"
    "node Conv r0 w1 -> c1 pads=1,1,1,1\n"
    "node BatchNormalization c1 g b0 m v -> n1\n"
    "node Add n1 r0 -> a1\n"
    "node Relu a1 -> r1\n"
    "node Conv r1 w2 -> c2 strides=2,2\n"
    "node Relu c2 -> r2\n"
    "node Conv r2 w3 b3 -> c3 pads=1,1,1,1 group=12\n"
    "node Relu c3 -> r3\n"
    "node Conv r3 w4 -> c4 pads=1,1,1,1 group=2\n"
    "node Relu c4 -> r4\n"
    "node MaxPool r4 -> p4 kernel_shape=3,3 strides=1,1 pads=1,1,1,1\n"
    "node Concat p4 r2 -> k axis=1\n"
    "node Conv k w5 -> c5\n"
    "node Conv c5 w6 -> c6 pads=0,0,1,1\n"
    "node Relu c6 -> r6\n"
    "node GlobalAveragePool r6 -> p6\n"
    "node Flatten p6 -> f\n"
    "node Gemm f fc -> y transB=1\n"
    "output y\n";

static struct network *network;
static float values[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static const struct samples samples = {
    .values = {values}, .labels = {labels, 1, ELEMENT_INT32}, .count = SAMPLES};

static struct network *read_network(void)
{
    struct error err = {0};
    struct network *read = onnx_builder_read(text, &err);

    if (!read)
        fail_msg("%s", err.text);
    network_fuse(read);
    return read;
}

static int make_network(void **state)
{
    (void)state;
    network = read_network();
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        values[i] = 2 * sinf((float)i * 1.37f) + 0.5f * cosf((float)i * 0.11f);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % CLASSES;
    return 0;
}

static int free_network(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

/* A placement with an evaluator, and choices of plausible steps. */
struct trial {
    struct placement placement;
    struct evaluator *evaluator;
    struct choice choices[32];
};

struct trial_options {
    int weight_bits, activation_bits;
    bool corrects_mean;
    const char *kernel;
    size_t memory_bytes;
    enum grid weights;
    const char *keep[2];
    enum grid nonnegative;
    bool corrects_variance;
    bool by_channel; /* a weight step for each output channel */
    struct splitting_rules splitting;
    double second_above; /* relative error of weights that get a second tensor */
    struct activation_splitting_rules activation_splitting;
    size_t near_bytes;
};

static const struct trial_options plain = {
    .weight_bits = 4,
    .activation_bits = 4,
    .kernel = "auto",
    .memory_bytes = 1 << 24,
    .weights = GRID_MIDRISE,
    .keep = {"first", "last"},
    .nonnegative = GRID_UNSIGNED,
};

/* As if some channels had larger values than others. */
static void calibrate_splits(struct placement *placement)
{
    for (int item = 0; item < placement->count; item++) {
        struct quantized_tensor *tensor = &placement->items[item];
        float maxima[65];
        int channels;

        if (tensor->split.added == 0)
            continue;
        channels = network->tensors[tensor->index].channels;
        for (int channel = 0; channel <= channels; channel++)
            maxima[channel] = 1 + (float)(channel * 7 % 5);
        activation_split_calibrate(&tensor->split, maxima, (size_t)channels);
    }
}

static void make_trial(struct trial *trial, const struct trial_options *options,
                       int block)
{
    struct placement_rules rules = {
        .grids = {options->weights, options->nonnegative, GRID_MIDTREAD},
        .weight_bits = options->weight_bits,
        .activation_bits = options->activation_bits,
        .keep_float = options->keep,
        .keep_float_count = 2,
        .splitting = options->splitting,
        .second_above = options->second_above,
        .activation_splitting = options->activation_splitting,
    };
    struct error err = {0};

    if (placement_init(&trial->placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    if (options->by_channel)
        give_channel_steps(&trial->placement, network, RATIO_OF_MMSE);
    for (int item = 0; item < trial->placement.count; item++) {
        const struct quantized_tensor *tensor = &trial->placement.items[item];

        /* No round numbers: sums of round weights would often lie between two codes. */
        trial->choices[item] = placement_choice(
            tensor,
            placement_step_of_clip(tensor, tensor->is_weight ? 0.4713 : 2.7177) *
                (1 + 0.0137f * (float)tensor->index));
    }
    calibrate_splits(&trial->placement);
    trial->evaluator = evaluator_create(
        network, &trial->placement,
        &(struct evaluator_options){.kernels = kernel_set_named(options->kernel),
                                    .corrects_mean = options->corrects_mean,
                                    .corrects_variance = options->corrects_variance,
                                    .block = block,
                                    .memory_bytes = options->memory_bytes,
                                    .near_bytes = options->near_bytes},
        samples);
}

static void clear_trial(struct trial *trial)
{
    evaluator_destroy(trial->evaluator);
    placement_clear(&trial->placement);
}

static void range_of(const struct trial *trial, int item, const struct choice *choices,
                     struct range *range)
{
    measured_alone(trial->evaluator, network, &trial->placement,
                   (struct measure){.kind = MEASURE_RANGE, .subject = item}, choices,
                   range);
}

static void histogram_of(const struct trial *trial, int item,
                         const struct choice *choices, struct range range, int bins,
                         struct histogram *histogram)
{
    measured_alone(trial->evaluator, network, &trial->placement,
                   (struct measure){MEASURE_HISTOGRAM, item, range, bins}, choices,
                   histogram);
}

static struct score score_of(struct trial *trial)
{
    struct score score = {0};

    evaluator_score(trial->evaluator, trial->choices, 1, &score);
    return score;
}

static void assert_same_score(struct score a, struct score b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

static void to_onnx_order(const struct tensor *tensor, const float *stored,
                          float *written)
{
    for (int c = 0; c < tensor->channels; c++)
        for (int y = 0; y < tensor->height; y++)
            for (int x = 0; x < tensor->width; x++)
                written[(c * tensor->height + y) * tensor->width + x] =
                    stored[(y * tensor->width + x) * tensor->channels + c];
}

static void float_logits_equal_plain_loops(void **state)
{
    float logits[SAMPLES * CLASSES], written[INPUTS];
    struct trial trial;

    (void)state;
    make_trial(&trial, &plain, 4);
    evaluator_logits(trial.evaluator, NULL, samples, logits);
    for (int sample = 0; sample < SAMPLES; sample++) {
        float **expected;

        to_onnx_order(network_input(network, 0), values + sample * INPUTS, written);
        expected = plain_network_run(network, written);
        for (int class = 0; class < CLASSES; class ++)
            assert_float_equal(logits[sample * CLASSES + class],
                               expected[network->output][class], 1e-4);
        plain_network_free(network, expected);
    }
    clear_trial(&trial);
}

/* Replaces the weights of a convolution by their quantized, corrected values. */
static void quantize_weights(const struct layer *layer,
                             const struct quantizer *of_tensor,
                             const struct quantized_tensor *tensor,
                             const struct trial_options *options)
{
    const struct weight_rules rules = {.ratios = tensor->ratios, .wide = tensor->wide};
    const struct weights *of_layer = layer->weights;
    size_t channels = (size_t)of_layer->outputs, count = weights_per_output(of_layer);
    int16_t *all = memory_get(channels * count * sizeof *all);
    struct weight_codes found = weight_codes_find(of_layer, &rules, of_tensor, all);

    for (size_t channel = 0; channel < channels; channel++) {
        struct code_values meaning = {
            step_ratios_quantizer(of_tensor, tensor->ratios, channel).step *
                found.step_factor,
            found.centre};
        float *weights = of_layer->values + channel * count, correction = 0;
        const int16_t *codes = all + channel * count;

        if (options->corrects_variance)
            meaning.step = bias_correction_step(weights, codes, count, meaning);
        if (options->corrects_mean || options->corrects_variance)
            bias_correction_mean(weights, codes, 1, count, meaning, &correction);
        for (size_t i = 0; i < count; i++)
            weights[i] = meaning.step * ((float)codes[i] + meaning.centre) + correction;
    }
    free(all);
}

/* The logits when every quantized value is a float, and every product too. */
static void logits_in_floats(const struct trial *trial,
                             const struct trial_options *options, float *logits)
{
    struct network *integers = network;
    struct trial_options in_floats = *options;
    struct trial other;

    network = read_network();
    for (int item = 0; item < trial->placement.count; item++) {
        const struct quantized_tensor *tensor = &trial->placement.items[item];
        struct quantizer quantizer = choice_quantizer(trial->choices[item]);

        if (tensor->is_weight)
            quantize_weights(&network->layers[tensor->index], &quantizer, tensor,
                             options);
    }
    in_floats.weight_bits = BITS_FLOAT;
    in_floats.by_channel = false;
    make_trial(&other, &in_floats, 4);
    evaluator_logits(other.evaluator, other.choices, samples, logits);
    clear_trial(&other);
    network_destroy(network);
    network = integers;
}

/* Ways to treat weights, beside their grid. */
static const struct treatment {
    bool corrects_mean, corrects_variance, by_channel;
    int weight_bits; /* with 8, folded codes and those of two tensors do not fit 8 bits */
    struct splitting_rules splitting;
    double second_above;
} treatments[] = {
    {false, false, false, 4, {0, 0}, 0},   {true, false, false, 4, {0, 0}, 0},
    {false, true, false, 4, {0, 0}, 0},    {false, false, true, 4, {0, 0}, 0},
    {true, false, true, 4, {0, 0}, 0},     {false, true, true, 4, {0, 0}, 0},
    {false, false, false, 4, {0.3, 0}, 0}, {false, false, false, 4, {0.3, 1}, 0},
    {false, false, false, 8, {0.3, 0}, 0}, {true, false, false, 8, {0.6, 0}, 0},
    {false, true, true, 8, {0.6, 0}, 0},   {false, false, false, 4, {0, 0}, 1e-9},
    {false, false, true, 8, {0, 0}, 1e-9}, {true, false, false, 8, {0, 0}, 1e-9},
};
enum { TREATMENTS = sizeof treatments / sizeof *treatments };

static struct trial_options treated(struct treatment treatment)
{
    struct trial_options options = plain;

    options.corrects_mean = treatment.corrects_mean;
    options.corrects_variance = treatment.corrects_variance;
    options.by_channel = treatment.by_channel;
    options.weight_bits = treatment.weight_bits;
    options.splitting = treatment.splitting;
    options.second_above = treatment.second_above;
    return options;
}

/* The integer path, with its window sums, zero codes and divided scales, against float products
 * of the same quantized values: equal but for float rounding. */
static void integers_compute_what_quantized_floats_do(void **state)
{
    static const struct {
        enum grid weights, nonnegative;
    } grids[] = {
        {GRID_MIDRISE, GRID_UNSIGNED},
        {GRID_NARROW, GRID_UNSIGNED},
        {GRID_MIDTREAD, GRID_UNSIGNED},
        {GRID_MIDTREAD, GRID_MIDTREAD},
    };

    (void)state;
    for (size_t way = 0; way < TREATMENTS; way++)
        for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
            struct trial_options options = treated(treatments[way]);
            float in_floats[SAMPLES * CLASSES], in_integers[SAMPLES * CLASSES];
            struct trial trial;

            options.weights = grids[i].weights;
            options.nonnegative = grids[i].nonnegative;
            make_trial(&trial, &options, 4);
            evaluator_logits(trial.evaluator, trial.choices, samples, in_integers);
            logits_in_floats(&trial, &options, in_floats);
            for (int j = 0; j < SAMPLES * CLASSES; j++)
                assert_float_equal(in_integers[j], in_floats[j], 1e-4);
            clear_trial(&trial);
        }
}

/* So that none of the comparisons above is one of equals. */
static void each_treatment_of_weights_gives_a_loss_of_its_own(void **state)
{
    struct score scores[TREATMENTS];

    (void)state;
    for (size_t way = 0; way < TREATMENTS; way++) {
        struct trial_options options = treated(treatments[way]);
        struct trial trial;

        make_trial(&trial, &options, 4);
        scores[way] = score_of(&trial);
        clear_trial(&trial);
        for (size_t before = 0; before < way; before++)
            assert_true(scores[before].loss != scores[way].loss);
    }
}

static void every_kernel_set_gives_the_same_bits(void **state)
{
    struct trial trial;
    struct score scalar;

    (void)state;
    for (size_t way = 0; way < TREATMENTS; way++) {
        struct trial_options options = treated(treatments[way]);

        options.kernel = "scalar";
        make_trial(&trial, &options, 4);
        scalar = score_of(&trial);
        clear_trial(&trial);
        for (const struct kernel_set *set = kernel_sets; set->name; set++) {
            if (!set->runs_here())
                continue;
            options.kernel = set->name;
            make_trial(&trial, &options, 4);
            assert_same_score(score_of(&trial), scalar);
            clear_trial(&trial);
        }
    }
}

/* Walks through candidates that change one step at a time, there and back. */
static void what_is_remembered_never_changes_a_digit(void **state)
{
    static const int bits[][2] = {{4, 4}, {4, 32}, {32, 4}, {8, 2}, {4, 4}, {4, 3}};
    /* Without slices, in slices of one sample, of some. */
    static const struct {
        size_t memory, near;
        int like; /* does as much as that one */
    } rooms[] = {{0, 0, 0},      {200000, 0, 1},  {1 << 24, 0, 2}, {0, 1, 0},
                 {200000, 1, 1}, {1 << 24, 1, 2}, {0, 1400, 0},    {1 << 24, 1400, 2}};
    enum { TRIALS = sizeof rooms / sizeof *rooms };

    (void)state;
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        struct trial_options options = plain;
        struct trial trials[TRIALS];

        options.weight_bits = bits[b][0];
        options.activation_bits = bits[b][1];
        options.by_channel = b % 2 == 0;
        options.splitting.ratio = b == 3 ? 0.3 : 0;
        options.second_above = b == 0 ? 1e-9 : 0;
        options.activation_splitting =
            (struct activation_splitting_rules){b >= 4 ? 0.3 : 0, b == 5};
        for (int i = 0; i < TRIALS; i++) {
            options.memory_bytes = rooms[i].memory;
            options.near_bytes = rooms[i].near;
            make_trial(&trials[i], &options, 4);
        }
        for (int move = 0; move < 40; move++) {
            int item = move * 7 % trials[0].placement.count;
            struct score scores[TRIALS];

            for (int i = 0; i < TRIALS; i++) {
                trials[i].choices[item].step *= move % 3 == 2 ? 0.8f : 1.1f;
                scores[i] = score_of(&trials[i]);
                assert_same_score(scores[i], scores[0]);
            }
        }
        for (int i = 0; i < TRIALS; i++) {
            struct executor_counters whole =
                evaluator_counters(trials[rooms[i].like].evaluator);
            struct executor_counters sliced = evaluator_counters(trials[i].evaluator);

            assert_memory_equal(&sliced, &whole, sizeof whole);
        }
        assert_true(evaluator_counters(trials[2].evaluator).layers_reused > 0);
        assert_int_equal(evaluator_counters(trials[0].evaluator).layers_reused, 0);
        for (int i = 0; i < TRIALS; i++)
            clear_trial(&trials[i]);
    }
}

static void finer_steps(struct trial *trial, float factor)
{
    for (int item = 0; item < trial->placement.count; item++)
        trial->choices[item].step *= factor;
}

/* In floats, so that both ways come to the same values. */
static void splitting_activations_counts_only_where_they_are_clipped(void **state)
{
    static const struct activation_splitting_rules ways[] = {{0.3, false}, {0.3, true}};
    struct trial_options options = plain;
    struct trial whole;

    (void)state;
    options.weight_bits = BITS_FLOAT;
    options.activation_bits = 8;
    make_trial(&whole, &options, 4);
    for (size_t i = 0; i < 2; i++) {
        struct trial split;

        options.activation_splitting = ways[i];
        make_trial(&split, &options, 4);
        finer_steps(&whole, 8);
        finer_steps(&split, 8);
        assert_same_score(score_of(&split), score_of(&whole));
        finer_steps(&whole, 1.f / 64);
        finer_steps(&split, 1.f / 64);
        assert_true(score_of(&split).loss != score_of(&whole).loss);
        finer_steps(&whole, 8);
        clear_trial(&split);
    }
    clear_trial(&whole);
}

/* Batches of candidates that differ in one step or in several, after one another. */
static void candidates_together_score_as_one_by_one(void **state)
{
    static const size_t memory[] = {0, 200000, 1 << 24};
    static const int bits[][2] = {{4, 4}, {4, 32}, {32, 4}};
    enum { MOST = 6 };

    (void)state;
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++)
        for (size_t m = 0; m < 3; m++) {
            struct trial_options options = plain;
            struct trial together, alone;

            options.weight_bits = bits[b][0];
            options.activation_bits = bits[b][1];
            options.corrects_mean = b == 0;
            options.memory_bytes = 0;
            make_trial(&alone, &options, 4);
            options.memory_bytes = memory[m];
            options.near_bytes = 1;
            make_trial(&together, &options, 4);
            for (int batch = 0; batch < 24; batch++) {
                int items = together.placement.count, count = 1 + batch % MOST;
                struct score scores[MOST] = {{.samples = 0}};
                struct choice choices[MOST * 32];

                for (int i = 0; i < count; i++) {
                    struct choice *candidate = choices + i * items;

                    memcpy(candidate, alone.choices, (size_t)items * sizeof *candidate);
                    candidate[batch % items].step *= 1 + 0.05f * (float)(i + 1);
                    if (i == 3)
                        candidate[(batch + 2) % items].step *= 0.9f;
                    if (i == 4)
                        candidate[(batch + 3) % items] =
                            (struct choice){0}; /* left in float */
                }
                evaluator_score(together.evaluator, choices, count, scores);
                for (int i = 0; i < count; i++) {
                    memcpy(alone.choices, choices + i * items,
                           (size_t)items * sizeof *choices);
                    assert_same_score(scores[i], score_of(&alone));
                }
            }
            clear_trial(&together);
            clear_trial(&alone);
        }
}

/* Candidates of 4, 8, and both bits in one evaluator score as in evaluators of their own, whatever
 * bits the placement was made with. */
static void a_candidate_chooses_its_bits(void **state)
{
    enum { FEW, MANY, BOTH, KINDS };

    (void)state;
    for (size_t way = 0; way < TREATMENTS; way++) {
        struct trial_options options = treated(treatments[way]);
        struct choice choices[KINDS * 32];
        struct score scores[KINDS] = {{.samples = 0}};
        struct trial trials[2];
        int items;

        if (options
                .by_channel) /* ratios are found once, for the bits of the placement */
            continue;
        for (int i = FEW; i <= MANY; i++) {
            options.weight_bits = options.activation_bits = i == FEW ? 4 : 8;
            make_trial(&trials[i], &options, 4);
            items = trials[i].placement.count;
            memcpy(choices + i * items, trials[i].choices,
                   (size_t)items * sizeof *choices);
        }
        for (int item = 0; item < items; item++)
            choices[BOTH * items + item] = choices[(item / 2 % 2) * items + item];
        evaluator_score(trials[FEW].evaluator, choices, KINDS, scores);
        assert_same_score(scores[FEW], score_of(&trials[FEW]));
        assert_same_score(scores[MANY], score_of(&trials[MANY]));
        memcpy(trials[MANY].choices, choices + BOTH * items,
               (size_t)items * sizeof *choices);
        assert_same_score(scores[BOTH], score_of(&trials[MANY]));
        for (int i = FEW; i <= MANY; i++) {
            assert_false(score_is_equal(&scores[i], &scores[BOTH]));
            clear_trial(&trials[i]);
        }
        assert_false(score_is_equal(&scores[FEW], &scores[MANY]));
    }
}

/* Codes of a convolution's weights and a shift of its outputs: as codes of whatever width and a bias shift, or as
 * codes of one width. */
static void put_given(struct trial *trial, int item, bool of_bits)
{
    int layer = trial->placement.items[item].index;
    const struct weights *weights =
        placement_weights(network, &trial->placement.items[item]);
    size_t count = weights_count(weights), packed = packed_codes_count(count);
    size_t outputs = (size_t)weights->outputs;
    int8_t *codes = memory_get(count);
    double *numbers = memory_get((packed + outputs + 1) * sizeof *numbers);
    struct state given = {0};

    for (size_t i = 0; i < count; i++)
        codes[i] = (int8_t)(i * 7 % 16) - 8;
    packed_codes_pack(codes, count, numbers);
    for (size_t i = 0; i < outputs; i++)
        numbers[packed + i] = 0.125 * (double)i - 0.25;
    numbers[packed + outputs] = 1;
    if (of_bits) {
        state_set(&given, STATE_CODES_OF_BITS, GIVEN_CODES * item + 4, numbers,
                  packed + outputs + 1);
    } else {
        state_set(&given, STATE_CODES, item, numbers, packed);
        state_set(&given, STATE_BIAS_SHIFT, layer, numbers + packed, outputs);
    }
    state_put(&given, network, &trial->placement);
    state_clear(&given);
    free(numbers);
    free(codes);
}

/* In integers and, behind activations in float, in floats. */
static void codes_of_a_width_come_with_their_shift(void **unused)
{
    static const int widths[] = {4, BITS_FLOAT};

    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        struct trial_options options = plain;
        struct score bare, together, of_bits, others, others_bare;
        struct choice narrow;
        struct trial trial;
        int item = 0;

        options.activation_bits = widths[i];
        make_trial(&trial, &options, 4);
        while (!trial.placement.items[item].is_weight)
            item++;
        bare = score_of(&trial);
        put_given(&trial, item, false);
        together = score_of(&trial);
        put_given(&trial, item, true);
        of_bits = score_of(&trial);
        assert_same_score(of_bits, together);
        assert_false(score_is_equal(&of_bits, &bare));
        narrow = trial.choices[item];
        trial.choices[item].bits = 3;
        others = score_of(&trial);
        state_put(&(struct state){0}, network, &trial.placement);
        others_bare = score_of(&trial);
        assert_same_score(others, others_bare);
        trial.choices[item] = narrow;
        assert_same_score(score_of(&trial), bare);
        clear_trial(&trial);
    }
}

static int item_named(const struct trial *trial, const char *name)
{
    int item = 0;

    while (strcmp(trial->placement.items[item].name, name) != 0)
        item++;
    return item;
}

/* Two layers read the same tensor, and both of their outputs change from candidate to candidate:
 * left in float and not. */
static void branches_that_start_from_the_same_sums_are_kept_apart(void **state)
{
    static const int bits[][2] = {{4, 4}, {32, 4}};
    struct network *whole = network;
    struct error err = {0};

    (void)state;
    network = onnx_builder_read("input x N,3,8,8\n"
                                "floats w0 8,3,1,1 = 0.5 -0.25 0.3\n"
                                "floats w1 8,8,3,3 = 0.3 -0.2 0.1 0.17 -0.4\n"
                                "floats w2 8,8,3,3 = -0.1 0.2 0.15 -0.37\n"
                                "floats fc 5,8 = 0.6 -0.5 0.4\n"
                                "node Conv x w0 -> c0\n"
                                "node Relu c0 -> r0\n"
                                "node Conv r0 w1 -> c1 pads=1,1,1,1\n"
                                "node Relu c1 -> r1\n"
                                "node Conv r0 w2 -> c2 pads=1,1,1,1\n"
                                "node Relu c2 -> r2\n"
                                "node Conv r1 w2 -> c3 pads=1,1,1,1\n"
                                "node Conv r2 w1 -> c4 pads=1,1,1,1\n"
                                "node Add c3 c4 -> a\n"
                                "node GlobalAveragePool a -> p\n"
                                "node Flatten p -> f\n"
                                "node Gemm f fc -> y transB=1\n"
                                "output y\n",
                                &err);
    assert_non_null(network);
    network_fuse(network);
    for (size_t b = 0; b < 2; b++) {
        struct trial_options options = plain;
        struct trial trial, alone;

        options.weight_bits = bits[b][0];
        options.activation_bits = bits[b][1];
        make_trial(&trial, &options, 4);
        options.memory_bytes = 0;
        make_trial(&alone, &options, 4);
        for (int move = 0; move < 15; move++) {
            bool in_float = move % 5 == 1;

            alone.choices[item_named(&alone, "r1")].step =
                in_float ? 0 : 0.2f + 0.03f * (float)move;
            alone.choices[item_named(&alone, "r2")].step =
                in_float ? 0 : 0.2f + 0.03f * (float)(move / 5);
            memcpy(trial.choices, alone.choices, sizeof trial.choices);
            assert_same_score(score_of(&trial), score_of(&alone));
        }
        assert_true(evaluator_counters(trial.evaluator).epilogues_rerun > 0);
        clear_trial(&trial);
        clear_trial(&alone);
    }
    network_destroy(network);
    network = whole;
}

static int64_t all_macs(void)
{
    int64_t macs = 0;

    for (int layer = 0; layer < network->layer_count; layer++) {
        const struct layer *of = &network->layers[layer];

        macs += (int64_t)layer_macs(of, network->tensors[of->output].count);
    }
    return macs;
}

/* What was done since `before`. */
static struct executor_counters done_since(const struct trial *trial,
                                           struct executor_counters before)
{
    struct executor_counters now = evaluator_counters(trial->evaluator);

    return executor_counters_since(now, before);
}

/* r1 has a residual; the layers behind it read nothing else of what lies before it. */
static void another_step_of_an_activation_needs_its_epilogue_only(void **state)
{
    enum { BLOCKS = 4 };
    struct score scores[2] = {{.samples = 0}};
    struct executor_counters before, done;
    struct trial trial;
    struct choice choices[2][32];
    int64_t macs;
    int item;

    (void)state;
    make_trial(&trial, &plain, 4);
    item = item_named(&trial, "r1");
    score_of(&trial);
    for (int i = 0; i < 2; i++) {
        trial.choices[item].step *= 1.1f;
        memcpy(choices[i], trial.choices, sizeof choices[i]);
    }
    memmove(choices[0] + trial.placement.count, choices[1],
            (size_t)trial.placement.count * sizeof choices[1][0]);
    before = evaluator_counters(trial.evaluator);
    evaluator_score(trial.evaluator, choices[0], 2, scores);
    done = done_since(&trial, before);
    macs = all_macs() * SAMPLES;
    assert_int_equal(done.macs_run + done.macs_avoided, 2 * macs);
    assert_int_equal(done.epilogues_rerun, BLOCKS); /* of the second candidate */

    before = evaluator_counters(trial.evaluator);
    trial.choices[item].step *= 1.1f;
    score_of(&trial);
    done = done_since(&trial, before);
    assert_int_equal(done.epilogues_rerun, BLOCKS);
    assert_true(done.macs_run < macs / 2); /* neither the first layer nor that of r1 */
    assert_int_equal(done.macs_run + done.macs_avoided, macs);
    clear_trial(&trial);
}

/* The losses of all samples under choices, one by one, by an evaluator of their own. */
static void find_losses(const struct choice *choices, int items, double *losses)
{
    struct trial_options options = plain;
    struct trial trial;

    make_trial(&trial, &options, 4);
    for (size_t i = 0; i < samples.count; i++) {
        struct score score = {0};
        struct samples one = samples;

        one.values[0] = values + i * INPUTS;
        one.labels.values = labels + i;
        one.count = 1;
        assert_int_equal(items, trial.placement.count);
        evaluator_score_others(trial.evaluator, choices, 1, one, &score);
        losses[i] = score_loss(&score);
    }
    clear_trial(&trial);
}

/* Candidates [MOST, items] around those of the trial. */
static void vary(const struct trial *trial, int count, struct choice *choices)
{
    int items = trial->placement.count;

    for (int i = 0; i < count; i++) {
        memcpy(choices + i * items, trial->choices, (size_t)items * sizeof *choices);
        choices[i * items + i % items].step *= 1 + 0.2f * (float)(i + 1);
    }
}

/* More than are evaluated together, with a rival that is known and with one that is not. */
static void turns_of_a_contest_add_up_to_scores_and_differences(void **state)
{
    enum { MOST = 6, HALVINGS = 1, RIVAL = MOST };
    static const size_t memory[] = {1 << 24, 0};

    (void)state;
    for (int m = 0; m < 2; m++)
        for (int is_known = 0; is_known < 2; is_known++) {
            double losses[MOST + 1][SAMPLES];
            struct score scores[MOST] = {{.samples = 0}},
                         whole[MOST] = {{.samples = 0}};
            struct score ignored = {.samples = 0};
            struct paired paired[MOST] = {{0}};
            struct choice choices[(MOST + 1) * 32];
            struct trial_options options = plain;
            struct executor_counters before, done;
            struct trial trial;
            int items;

            options.memory_bytes = memory[m];
            make_trial(&trial, &options, 4);
            items = trial.placement.count;
            vary(&trial, MOST + 1, choices);
            for (int i = 0; i <= MOST; i++)
                find_losses(choices + i * items, items, losses[i]);
            if (is_known)
                evaluator_score(trial.evaluator, choices + RIVAL * items, 1, &ignored);
            before = evaluator_score_counters(trial.evaluator);
            for (int turn = 0; turn <= HALVINGS; turn++)
                evaluator_contest(trial.evaluator, choices + RIVAL * items, choices,
                                  MOST, (struct turns){HALVINGS, 1u << turn}, scores,
                                  paired);
            done = executor_counters_since(evaluator_score_counters(trial.evaluator),
                                           before);
            assert_int_equal(done.macs_run + done.macs_avoided,
                             MOST * all_macs() * SAMPLES);
            evaluator_score(trial.evaluator, choices, MOST, whole);
            for (int i = 0; i < MOST; i++) {
                struct paired expected = {0};

                for (int sample = 0; sample < SAMPLES; sample++)
                    paired_add(&expected, losses[i][sample], losses[RIVAL][sample]);
                assert_same_score(scores[i], whole[i]);
                assert_int_equal(expected.samples, SAMPLES);
                assert_memory_equal(&paired[i], &expected, sizeof expected);
            }
            clear_trial(&trial);
        }
}

static void a_turn_has_the_blocks_that_are_its_own_among_all_ranks(void **state)
{
    struct score score = {0};
    struct paired paired = {0};
    struct trial trial;
    struct evaluator *second;

    (void)state;
    make_trial(&trial, &plain, 4);
    second = evaluator_create(
        network, &trial.placement,
        &(struct evaluator_options){
            .kernels = kernel_set_named("auto"), .block = 4, .first_block = 3},
        samples);
    evaluator_contest(second, trial.choices, trial.choices, 1, (struct turns){2, 1},
                      &score, &paired);
    assert_int_equal(score.samples, 4); /* of blocks 3, 4, ...: block 4 */
    evaluator_contest(second, trial.choices, trial.choices, 1, (struct turns){2, 4},
                      &score, &paired);
    assert_int_equal(score.samples, 4 + 8); /* and blocks 3 and 5 */
    assert_true(paired_sum(&paired) == 0);
    evaluator_destroy(second);
    clear_trial(&trial);
}

static void the_same_candidate_again_is_taken_from_memory(void **state)
{
    struct executor_counters before, done;
    struct trial trial;

    (void)state;
    make_trial(&trial, &plain, 4);
    score_of(&trial);
    score_of(&trial); /* worth remembering now */
    before = evaluator_counters(trial.evaluator);
    score_of(&trial);
    done = done_since(&trial, before);
    assert_int_equal(done.layers_run, 0);
    assert_int_equal(done.macs_run, 0);
    assert_int_equal(done.macs_avoided, all_macs() * SAMPLES);
    clear_trial(&trial);
}

/* Range, histogram and the codes of one tensor after the other, and the score in the end: a signature
 * of all that. */
static uint64_t measure_in_sequence(struct trial *trial)
{
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct choice choices[32] = {{0}};
    struct score score;
    uint64_t signature = 1;

    for (int item = 0; item < trial->placement.count; item++) {
        struct range range = range_empty();

        if (!trial->placement.items[item].is_weight) {
            range_of(trial, item, choices, &range);
            histogram_of(trial, item, choices, range, HISTOGRAM_BINS, histogram);
            signature = hash_bytes(histogram, sizeof *histogram, signature);
        }
        choices[item] = trial->choices[item];
    }
    score = score_of(trial);
    free(histogram);
    return hash_bytes(&score, sizeof score, signature);
}

static int64_t macs_in_sequence(size_t memory_bytes)
{
    struct trial_options options = plain;
    struct executor_counters done;
    struct trial trial;

    options.memory_bytes = memory_bytes;
    make_trial(&trial, &options, 4);
    measure_in_sequence(&trial);
    done = evaluator_counters(trial.evaluator);
    assert_true(memory_bytes == 0 || done.epilogues_rerun > 0);
    clear_trial(&trial);
    return done.macs_run;
}

static void measuring_in_sequence_multiplies_once(void **state)
{
    /* All but the two groups' convolution, whose sums are not kept. */
    int64_t most = all_macs() * SAMPLES * 6 / 5;

    (void)state;
    assert_true(macs_in_sequence(1 << 24) < most);
    /* Tensors of all blocks have room here where they share it. */
    assert_true(macs_in_sequence(90000) < most);
    assert_true(macs_in_sequence(40000) > most);
    assert_true(macs_in_sequence(0) > macs_in_sequence(40000));
}

/* Again and again, each time with other steps from somewhere on. */
static void what_is_measured_in_sequence_never_depends_on_memory(void **state)
{
    static const size_t memory[] = {0, 40000, 90000, 130000, 1 << 24};
    enum { WALKS = 4 };
    uint64_t expected[WALKS];

    (void)state;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        struct trial_options options = plain;
        struct trial trial;

        options.memory_bytes = memory[i];
        make_trial(&trial, &options, 4);
        for (int walk = 0; walk < WALKS; walk++) {
            uint64_t signature = measure_in_sequence(&trial);

            if (i == 0)
                expected[walk] = signature;
            assert_int_equal(signature, expected[walk]);
            score_of(&trial);
            for (int item = walk; item < trial.placement.count; item += walk + 1)
                trial.choices[item].step *= 0.9f;
        }
        clear_trial(&trial);
    }
}

/* What scoring did since `before`. */
static struct executor_counters scored_since(const struct trial *trial,
                                             struct executor_counters before)
{
    return executor_counters_since(evaluator_score_counters(trial->evaluator), before);
}

static void expect_run_and_avoided(struct executor_counters done, int64_t run,
                                   int64_t avoided)
{
    assert_int_equal(done.macs_run, run);
    assert_int_equal(done.macs_avoided, avoided);
}

static void measuring_is_no_score_and_spares_none(void **state)
{
    struct trial_options options = plain;
    int64_t whole = all_macs() * SAMPLES;
    struct range range = range_empty();
    struct executor_counters before;
    struct trial trial;
    int item;

    (void)state;
    options.memory_bytes = 1 << 24;
    make_trial(&trial, &options, 4);
    item = item_named(&trial, "r1");
    range_of(&trial, item, trial.choices, &range);
    assert_true(evaluator_counters(trial.evaluator).macs_run > 0);
    expect_run_and_avoided(evaluator_score_counters(trial.evaluator), 0, 0);

    before = evaluator_counters(trial.evaluator);
    score_of(&trial); /* takes what the range left */
    assert_true(done_since(&trial, before).macs_avoided > 0);
    expect_run_and_avoided(evaluator_score_counters(trial.evaluator), whole, 0);
    score_of(&trial);
    before = evaluator_score_counters(trial.evaluator);
    score_of(&trial); /* takes what scores left */
    expect_run_and_avoided(scored_since(&trial, before), 0, whole);
    clear_trial(&trial);
}

static void other_samples_are_scored_whole(void **state)
{
    struct score others = {0};
    struct trial trial;
    float logits[SAMPLES * CLASSES];

    (void)state;
    make_trial(&trial, &plain, 4);
    for (int times = 1; times <= 2; times++) {
        evaluator_logits(trial.evaluator, trial.choices, samples, logits);
        evaluator_score_others(trial.evaluator, trial.choices, 1, samples, &others);
        expect_run_and_avoided(evaluator_score_counters(trial.evaluator),
                               times * all_macs() * SAMPLES, 0);
    }
    clear_trial(&trial);
}

static void own_and_other_samples_score_alike(void **state)
{
    struct score others = {0};
    struct trial trial;

    (void)state;
    make_trial(&trial, &plain, 4);
    evaluator_score_others(trial.evaluator, trial.choices, 1, samples, &others);
    assert_same_score(score_of(&trial), others);
    assert_int_equal(others.samples, SAMPLES);
    clear_trial(&trial);
}

/* The sequential measure: a tensor is looked at before its own step is in force. */
static void a_measured_tensor_is_left_in_float(void **state)
{
    struct range range = range_empty(), again = range_empty();
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct trial trial;
    int64_t counted;
    int item = 0;

    (void)state;
    make_trial(&trial, &plain, 4);
    while (trial.placement.items[item].is_weight || item < 3)
        item++;
    range_of(&trial, item, trial.choices, &range);
    assert_true(range.low < range.high);
    assert_true(range.high != 15 * trial.choices[item].step);
    trial.choices[item].step *= 3;
    range_of(&trial, item, trial.choices, &again);
    assert_memory_equal(&range, &again, sizeof range);
    histogram_of(&trial, item, trial.choices, range, HISTOGRAM_BINS, histogram);
    counted = histogram->zeros;
    for (int bin = 0; bin < HISTOGRAM_BINS; bin++)
        counted += histogram->counts[bin];
    assert_int_equal(
        counted, SAMPLES * network->tensors[trial.placement.items[item].index].count);
    free(histogram);
    clear_trial(&trial);
}

/* All at once, and one after the other. */
static void tensors_of_the_float_network_are_measured_together(void **state)
{
    enum { ITEMS_MOST = 64 };
    const struct choice in_float[ITEMS_MOST] = {{0}};
    struct histogram *histograms = memory_zeroed(ITEMS_MOST, sizeof *histograms);
    struct histogram *alone = memory_get(sizeof *alone);
    struct measure measures[ITEMS_MOST];
    struct range ranges[ITEMS_MOST];
    void *answers[ITEMS_MOST];
    struct trial_options options = plain;
    struct trial trial;
    int count = 0;

    (void)state;
    options.keep[0] = "last"; /* so that the input is measured too */
    make_trial(&trial, &options, 4);
    assert_in_range(trial.placement.count, 1, ITEMS_MOST);
    for (int item = 0; item < trial.placement.count; item++)
        if (!trial.placement.items[item].is_weight) {
            measures[count] = (struct measure){.kind = MEASURE_RANGE, .subject = item};
            answers[count] = &ranges[count];
            count++;
        }
    measured_together(trial.evaluator, network, &trial.placement, measures, count, NULL,
                      answers);
    for (int i = 0; i < count; i++) {
        measures[i] =
            (struct measure){MEASURE_HISTOGRAM, measures[i].subject, ranges[i], 10 + i};
        answers[i] = &histograms[i];
    }
    measured_together(trial.evaluator, network, &trial.placement, measures, count, NULL,
                      answers);
    for (int i = 0; i < count; i++) {
        struct range range;

        range_of(&trial, measures[i].subject, in_float, &range);
        histogram_of(&trial, measures[i].subject, in_float, ranges[i], 10 + i, alone);
        assert_memory_equal(&range, &ranges[i], sizeof range);
        assert_int_equal(alone->zeros, histograms[i].zeros);
        assert_memory_equal(&alone->inner, &histograms[i].inner, sizeof alone->inner);
        assert_memory_equal(alone->counts, histograms[i].counts,
                            (size_t)alone->bins * sizeof *alone->counts);
    }
    free(alone);
    free(histograms);
    clear_trial(&trial);
}

static void the_input_can_be_quantized_too(void **state)
{
    struct trial_options options = plain;
    struct trial trial;
    struct score score;

    (void)state;
    options.keep[0] = "last";
    options.activation_bits = options.weight_bits = 8;
    make_trial(&trial, &options, 4);
    assert_int_equal(trial.placement.items[0].index, network->inputs[0]);
    assert_int_equal(trial.placement.items[0].grid, GRID_MIDTREAD);
    score = score_of(&trial);
    assert_int_equal(score.not_finite, 0);
    clear_trial(&trial);
}

/* A clamp that lies below the lowest code: the code must be the lowest one with every set. */
static void a_clamp_beyond_the_codes_gives_the_end_code(void **state)
{
    struct error err = {0};
    struct network *whole = network;
    struct score best = {0};

    (void)state;
    network = onnx_builder_read("input x N,3,8,8\n"
                                "floats w0 4,3,1,1 = 0.5 -0.25\n"
                                "floats w1 4,4,1,1 = 0.3 -0.2 0.1\n"
                                "floats fc 5,4 = 0.6 -0.5 0.4\n"
                                "floats low - = -3\n"
                                "floats high - = -1\n"
                                "node Conv x w0 -> c0\n"
                                "node Conv c0 w1 -> c1\n"
                                "node Clip c1 low high -> r1\n"
                                "node Conv r1 w1 -> c2\n"
                                "node GlobalAveragePool c2 -> p\n"
                                "node Flatten p -> f\n"
                                "node Gemm f fc -> y transB=1\n"
                                "output y\n",
                                &err);
    assert_non_null(network);
    network_fuse(network);
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        struct trial_options options = plain;
        struct trial trial;
        struct score score;

        if (!set->runs_here())
            continue;
        options.kernel = set->name;
        make_trial(&trial, &options, 4);
        for (int item = 0; item < trial.placement.count; item++)
            trial.choices[item].step = 0.1f;
        score = score_of(&trial);
        clear_trial(&trial);
        if (set == kernel_set_best())
            best = score;
        assert_same_score(score, best);
        assert_true(score_loss(&score) < 3);
    }
    network_destroy(network);
    network = whole;
}

/* Of the network's own output there are other ways to know both. */
static void what_an_output_lost_is_known_beside_the_float_network(void **state)
{
    enum { COUNT = SAMPLES * CLASSES };
    float rounded[COUNT], in_float[COUNT];
    double signal = 0, noise = 0, cross = 0, square = 0;
    struct measure measure = {.kind = MEASURE_OUTPUT};
    struct tensor_error error;
    struct trial trial;

    (void)state;
    make_trial(&trial, &plain, 4);
    evaluator_logits(trial.evaluator, trial.choices, samples, rounded);
    evaluator_logits(trial.evaluator, NULL, samples, in_float);
    for (int i = 0; i < COUNT; i++) {
        signal += (double)in_float[i] * in_float[i];
        noise += pow((double)in_float[i] - rounded[i], 2);
        cross += (double)in_float[i] * rounded[i];
        square += (double)rounded[i] * rounded[i];
    }
    measure.subject = network->output;
    measured_alone(trial.evaluator, network, &trial.placement, measure, trial.choices,
                   &error);
    assert_true(noise > 0);
    assert_true(fabs(error.sqnr - 10 * log10(signal / noise)) < 1e-9);
    assert_true(fabs(error.cosine - cross / sqrt(signal * square)) < 1e-12);
    clear_trial(&trial);
}

/* Also of the input, which no layer makes. */
static void what_an_input_lost_is_what_its_rounding_errs(void **state)
{
    struct trial_options options = plain;
    struct measure measure = {.kind = MEASURE_OUTPUT};
    struct tensor_error lost, rounded;
    struct trial trial;
    int item;

    (void)state;
    options.keep[0] = "last"; /* so that the input is an item */
    make_trial(&trial, &options, 4);
    measure.subject = network->inputs[0];
    item = trial.placement.of_tensor[measure.subject];
    assert_true(item >= 0);
    measured_alone(trial.evaluator, network, &trial.placement, measure, trial.choices,
                   &lost);
    measured_alone(trial.evaluator, network, &trial.placement,
                   measure_of_error(item, trial.choices[item]), trial.choices,
                   &rounded);
    assert_true(isfinite(lost.sqnr) && lost.sqnr == rounded.sqnr);
    assert_true(lost.cosine == rounded.cosine);
    clear_trial(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_logits_equal_plain_loops),
        cmocka_unit_test(integers_compute_what_quantized_floats_do),
        cmocka_unit_test(each_treatment_of_weights_gives_a_loss_of_its_own),
        cmocka_unit_test(every_kernel_set_gives_the_same_bits),
        cmocka_unit_test(what_is_remembered_never_changes_a_digit),
        cmocka_unit_test(splitting_activations_counts_only_where_they_are_clipped),
        cmocka_unit_test(candidates_together_score_as_one_by_one),
        cmocka_unit_test(branches_that_start_from_the_same_sums_are_kept_apart),
        cmocka_unit_test(another_step_of_an_activation_needs_its_epilogue_only),
        cmocka_unit_test(the_same_candidate_again_is_taken_from_memory),
        cmocka_unit_test(turns_of_a_contest_add_up_to_scores_and_differences),
        cmocka_unit_test(a_turn_has_the_blocks_that_are_its_own_among_all_ranks),
        cmocka_unit_test(measuring_in_sequence_multiplies_once),
        cmocka_unit_test(what_is_measured_in_sequence_never_depends_on_memory),
        cmocka_unit_test(measuring_is_no_score_and_spares_none),
        cmocka_unit_test(other_samples_are_scored_whole),
        cmocka_unit_test(a_candidate_chooses_its_bits),
        cmocka_unit_test(codes_of_a_width_come_with_their_shift),
        cmocka_unit_test(own_and_other_samples_score_alike),
        cmocka_unit_test(a_measured_tensor_is_left_in_float),
        cmocka_unit_test(tensors_of_the_float_network_are_measured_together),
        cmocka_unit_test(what_an_output_lost_is_known_beside_the_float_network),
        cmocka_unit_test(what_an_input_lost_is_what_its_rounding_errs),
        cmocka_unit_test(the_input_can_be_quantized_too),
        cmocka_unit_test(a_clamp_beyond_the_codes_gives_the_end_code),
    };

    return cmocka_run_group_tests(tests, make_network, free_network);
}
