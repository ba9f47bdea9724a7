/* What the evaluator makes of networks whose activations are all quantized: sums and concatenations of
 * codes, codes that are handed on, averages, a rounded output. */
#include "core/evaluate/evaluator.h"

#include "core/rewrite/fuse.h"
#include "tests/support/measured.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 11, INPUTS = 3 * 8 * 8, CLASSES = 5, STEPS_MOST = 48 };

/* Residuals of codes and of codes that a strided, padded shortcut hands on; branches that are joined,
 * one of them behind a pool, one read by others, too; averages with and without padding; a Clip. */
static const char *const text =
    "input x N,3,8,8\n"
    "floats w0 8,3,3,3 = 0.5 -0.25 0.125 0.4 -0.3 0.75 0.3 -0.6 0.2 0.1 -0.7\n"
    "floats w1 8,8,3,3 = 0.1 0.2 -0.3 0.4 -0.55 0.05 -0.15 0.35 -0.2\n"
    "floats w2 8,8,1,1 = 0.6 -0.4 0.3 -0.2 0.5\n"
    "floats w3 12,8,3,3 = 0.2 -0.3 0.4 0.1 -0.15 0.25 0.35\n"
    "floats w4 12,1,3,3 = 0.7 -0.12 0.2 -0.5 0.13 0.8 -0.2\n"
    "floats w5 4,44,1,1 = 0.3 -0.1 0.2 0.25 -0.35\n"
    "floats fc 5,4 = 0.6 -0.5 0.4 0.3 -0.2 0.1 -0.7 0.8\n"
    "floats g 8 = 1.5 0.5 0.9 2\nfloats m 8 = 0.5 0 -0.5 1\nfloats v 8 = 1 2 0.5 4\n"
    "floats b 8 = 0.1 0.3 -0.1 0.2\n"
    "floats low - = 0\nfloats high - = 2.5\n"
    "integers s0 2 = 0 0\nintegers s1 2 = 8 8\nintegers s2 2 = 2 3\nintegers s3 2 = 2 "
    "2\n"
    "integers pads 8 = 0 2 0 0 0 2 0 0\n"
    "node Conv x w0 -> c0 pads=1,1,1,1\n"
    "node Relu c0 -> r0\n"
    "node Conv r0 w1 -> c1 pads=1,1,1,1\n"
    "node BatchNormalization c1 g b m v -> n1\n"
    "node Add n1 r0 -> a1\n"
    "node Relu a1 -> r1\n"
    "node Conv r1 w2 b -> c2\n"
    "node Clip c2 low high -> q2\n"
    "node Conv q2 w1 -> c3 pads=1,1,1,1\n"
    "node Add r1 c3 -> a2\n"
    "node Conv a2 w3 -> c4 pads=1,1,1,1 strides=2,2\n"
    "node Slice a2 s0 s1 s2 s3 -> cut\n"
    "node Pad cut pads -> wide\n"
    "node Add c4 wide -> a3\n"
    "node Relu a3 -> r3\n"
    "node Conv r3 w4 -> c5 pads=1,1,1,1 group=12\n"
    "node MaxPool r3 -> p3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1\n"
    "node AveragePool c4 -> p4 kernel_shape=2,2 strides=1,1 pads=0,0,1,1\n"
    "node Conv a2 w2 -> c6 strides=2,2\n"
    "node Relu c6 -> r6\n"
    "node Concat c5 p3 r6 p4 -> k axis=1\n"
    "node Conv k w5 -> c7\n"
    "node Relu c7 -> r7\n"
    "node GlobalAveragePool r7 -> p7\n"
    "node Flatten p7 -> f\n"
    "node Gemm f fc -> y transB=1\n"
    "output y\n";

static struct network *network;
static float values[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static const struct samples samples = {
    .values = {values}, .labels = {labels, 1, ELEMENT_INT32}, .count = SAMPLES};

static struct network *read_network(void (*fuse)(struct network *network))
{
    struct error err = {0};
    struct network *read = onnx_builder_read(text, &err);

    if (!read)
        fail_msg("%s", err.text);
    fuse(read);
    return read;
}

static int make_network(void **state)
{
    (void)state;
    network = read_network(network_fuse_but_sums);
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

struct trial {
    struct placement placement;
    struct evaluator *evaluator;
    struct choice choices[STEPS_MOST];
};

struct trial_options {
    int bits;
    bool rounds_output;
    const char *keep[2];
    int keep_count;
    const char *kernel;
    size_t memory_bytes;
    bool rounds_like_kernels, is_asymmetric;
};

static const struct trial_options plain = {
    .bits = 8, .kernel = "auto", .memory_bytes = 1 << 24};

static void make_evaluator(struct trial *trial, const struct network *of,
                           const struct trial_options *options)
{
    trial->evaluator = evaluator_create(
        of, &trial->placement,
        &(struct evaluator_options){.kernels = kernel_set_named(options->kernel),
                                    .block = 4,
                                    .memory_bytes = options->memory_bytes},
        samples);
}

static uint8_t zero_of_item(int item, int bits)
{
    return (uint8_t)((23 + 31 * item) % (1 << bits));
}

static void make_trial(struct trial *trial, const struct trial_options *options)
{
    struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED,
                  options->is_asymmetric ? GRID_ASYMMETRIC : GRID_MIDTREAD},
        .weight_bits = options->bits,
        .activation_bits = options->bits,
        .keep_float = options->keep,
        .keep_float_count = options->keep_count,
        .all_activations = true,
        .quantize_output = options->rounds_output,
        .codes_clamp = true,
        .rounds_like_kernels = options->rounds_like_kernels,
    };
    struct error err = {0};

    if (placement_init(&trial->placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(trial->placement.count <= STEPS_MOST);
    for (int item = 0; item < trial->placement.count; item++) {
        const struct quantized_tensor *tensor = &trial->placement.items[item];

        /* No round numbers: sums of round steps would often lie between two codes. */
        trial->choices[item] = placement_choice(
            tensor,
            placement_step_of_clip(tensor, (tensor->is_weight ? 0.4713 : 3.7177) *
                                               (1 + 0.0137 * tensor->index)));
        /* Sums that lie between two codes are rounded by the last bit. */
        if (options->rounds_like_kernels && !tensor->is_weight)
            trial->choices[item].step = 0.1f * (float)(1 + item % 6);
        if (trial->choices[item].grid == GRID_ASYMMETRIC)
            trial->choices[item].zero = zero_of_item(item, options->bits);
    }
    make_evaluator(trial, network, options);
}

static void clear_trial(struct trial *trial)
{
    evaluator_destroy(trial->evaluator);
    placement_clear(&trial->placement);
}

static struct score score_of(struct trial *trial)
{
    struct score score = {0};

    evaluator_score(trial->evaluator, trial->choices, 1, &score);
    return score;
}

/* ---- beside a plain simulation --------------------------------------------------------------- */

static struct quantizer quantizer_of(const struct trial *trial, int item)
{
    return choice_quantizer(trial->choices[item]);
}

static void round_values(const struct quantizer *quantizer, size_t count, float *of)
{
    for (size_t i = 0; i < count; i++)
        of[i] = quantizer_value(quantizer, quantizer_code(quantizer, of[i]));
}

/* Rounds what the placement says, where it is made. */
static void round_tensor(void *context, int tensor, float *of)
{
    const struct trial *trial = context;
    int item = trial->placement.of_tensor[tensor];
    struct quantizer quantizer;

    if (item < 0)
        return;
    quantizer = quantizer_of(trial, item);
    round_values(&quantizer, network->tensors[tensor].count, of);
}

static struct network *with_rounded_weights(const struct trial *trial)
{
    struct network *rounded = read_network(network_fuse_but_sums);

    for (int index = 0; index < rounded->layer_count; index++) {
        struct layer *layer = &rounded->layers[index];
        int item = placement_of_weights(&trial->placement, index, 0);
        struct quantizer quantizer;

        if (item < 0)
            continue;
        quantizer = quantizer_of(trial, item);
        round_values(&quantizer,
                     (size_t)layer->weights->outputs *
                         weights_per_output(layer->weights),
                     layer->weights->values);
    }
    return rounded;
}

static void to_onnx_order(const float *stored, float *written)
{
    for (int c = 0; c < 3; c++)
        for (int pixel = 0; pixel < 64; pixel++)
            written[c * 64 + pixel] = stored[pixel * 3 + c];
}

static void check_logits(struct trial *trial)
{
    float logits[SAMPLES * CLASSES], written[INPUTS];
    struct network *rounded = with_rounded_weights(trial);

    evaluator_logits(trial->evaluator, trial->choices, samples, logits);
    for (int sample = 0; sample < SAMPLES; sample++) {
        float **expected;

        to_onnx_order(values + sample * INPUTS, written);
        expected = plain_network_run_changed(rounded, written, round_tensor, trial);
        for (int class = 0; class < CLASSES; class ++)
            assert_float_equal(logits[sample * CLASSES + class],
                               expected[network->output][class], 1e-4);
        plain_network_free(rounded, expected);
    }
    network_destroy(rounded);
}

static const struct trial_options ways[] = {
    {8, false, {NULL}, 0, "auto", 1 << 24, false, false},
    {8, true, {NULL}, 0, "auto", 1 << 24, false, false},
    {4, true, {NULL}, 0, "auto", 1 << 24, false, false},
    {8, false, {"first", "last"}, 2, "auto", 1 << 24, false, false},
    {3, false, {"first"}, 1, "auto", 1 << 24, false, false},
    {8, true, {NULL}, 0, "auto", 1 << 24, false, true},
    {4, false, {NULL}, 0, "auto", 1 << 24, false, true},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void each_rounding_stands_where_the_placement_says(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        struct trial trial;

        make_trial(&trial, &ways[way]);
        check_logits(&trial);
        clear_trial(&trial);
    }
}

static void a_rounded_output_has_codes_of_its_step(void **state)
{
    float logits[SAMPLES * CLASSES];
    struct trial trial;
    float step;

    (void)state;
    make_trial(&trial, &ways[1]);
    step = trial.choices[trial.placement.of_tensor[network->output]].step;
    evaluator_logits(trial.evaluator, trial.choices, samples, logits);
    for (int i = 0; i < SAMPLES * CLASSES; i++)
        assert_true(logits[i] == step * rintf(logits[i] / step));
    clear_trial(&trial);
}

/* ---- digits ---------------------------------------------------------------------------------- */

static void floats_are_those_of_fused_sums(void **state)
{
    struct network *fused = read_network(network_fuse);
    float apart[SAMPLES * CLASSES], together[SAMPLES * CLASSES];
    struct trial trial, other = {0};
    struct placement_rules rules = {.weight_bits = 8, .activation_bits = 8};
    struct error err = {0};

    (void)state;
    make_trial(&trial, &plain);
    assert_int_equal(placement_init(&other.placement, fused, &rules, &err), 0);
    make_evaluator(&other, fused, &plain);
    assert_true(fused->layer_count < network->layer_count);
    evaluator_logits(trial.evaluator, NULL, samples, apart);
    evaluator_logits(other.evaluator, NULL, samples, together);
    assert_memory_equal(apart, together, sizeof apart);
    clear_trial(&other);
    clear_trial(&trial);
    network_destroy(fused);
}

static void every_kernel_set_gives_the_same_bits(void **state)
{
    (void)state;
    for (int way = 0; way < 2 * WAYS; way++) {
        struct trial_options options = ways[way / 2];
        struct score scalar = {0};

        options.rounds_like_kernels = way % 2;
        for (const struct kernel_set *set = kernel_sets; set->name; set++) {
            struct trial trial;
            struct score score;

            if (!set->runs_here())
                continue;
            options.kernel = set->name;
            make_trial(&trial, &options);
            score = score_of(&trial);
            clear_trial(&trial);
            if (scalar.samples == 0)
                scalar = score;
            assert_memory_equal(&score, &scalar, sizeof score);
        }
    }
}

/* Walks through candidates that change one step at a time, and leave a tensor in float now and then. */
static void what_is_remembered_never_changes_a_digit(void **state)
{
    static const size_t memory[] = {0, 200000, 1 << 24};

    (void)state;
    for (int way = 0; way < 2 * WAYS; way++) {
        struct trial_options options = ways[way / 2];
        struct trial trials[3];
        int items;

        options.rounds_like_kernels = way % 2;
        for (int i = 0; i < 3; i++) {
            options.memory_bytes = memory[i];
            make_trial(&trials[i], &options);
        }
        items = trials[0].placement.count;
        for (int move = 0; move < 60; move++) {
            int item = move * 7 % items, in_float = move * 5 % items;
            struct score scores[3];

            for (int i = 0; i < 3; i++) {
                struct choice kept;

                if (way % 2)
                    trials[i].choices[item].step = 0.1f * (float)(1 + move % 6);
                else
                    trials[i].choices[item].step *= move % 3 == 2 ? 0.8f : 1.1f;
                if (trials[i].choices[item].grid == GRID_ASYMMETRIC && move % 2)
                    trials[i].choices[item].zero =
                        zero_of_item(item + move, options.bits);
                kept = trials[i].choices[in_float];
                if (move % 4 == 3)
                    trials[i].choices[in_float] = (struct choice){0};
                scores[i] = score_of(&trials[i]);
                trials[i].choices[in_float] = kept;
            }
            assert_memory_equal(&scores[1], &scores[0], sizeof *scores);
            assert_memory_equal(&scores[2], &scores[0], sizeof *scores);
        }
        assert_true(evaluator_counters(trials[2].evaluator).layers_reused > 0);
        for (int i = 0; i < 3; i++)
            clear_trial(&trials[i]);
    }
}

/* Measured with all steps before it, the tensor itself and what follows left in float. */
static void each_tensor_can_be_measured(void **state)
{
    struct trial trial;

    (void)state;
    make_trial(&trial, &ways[1]);
    for (int item = 0; item < trial.placement.count; item++) {
        const struct quantized_tensor *tensor = &trial.placement.items[item];
        const struct measure range = {.kind = MEASURE_RANGE, .subject = item};
        struct range once, again;
        struct choice before[STEPS_MOST] = {{0}};

        if (tensor->is_weight)
            continue;
        memcpy(before, trial.choices, (size_t)item * sizeof *before);
        measured_alone(trial.evaluator, network, &trial.placement, range, before,
                       &once);
        measured_alone(trial.evaluator, network, &trial.placement, range, before,
                       &again);
        assert_true(once.high > once.low);
        assert_true(once.low == again.low && once.high == again.high);
        if (network->tensors[tensor->index].nonnegative)
            assert_true(once.low >= 0);
    }
    clear_trial(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rounding_stands_where_the_placement_says),
        cmocka_unit_test(a_rounded_output_has_codes_of_its_step),
        cmocka_unit_test(floats_are_those_of_fused_sums),
        cmocka_unit_test(every_kernel_set_gives_the_same_bits),
        cmocka_unit_test(what_is_remembered_never_changes_a_digit),
        cmocka_unit_test(each_tensor_can_be_measured),
    };

    return cmocka_run_group_tests(tests, make_network, free_network);
}
