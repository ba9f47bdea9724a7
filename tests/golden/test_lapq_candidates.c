/* The loss of given step sizes on the kit's ResNet-20 against the reference implementation. */
#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "core/evaluate/score.h"
#include "core/quant/quantizer.h"
#include "tests/support/golden.h"
#include "tests/support/kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IMAGES = 512, CLASSES = 10 };

static struct network *network;
static struct samples images;

/* Skips the test where there is no kit. */
static void need_kit(void)
{
    if (network)
        return;
    network = kit_resnet20();
    images = kit_images(0, IMAGES);
}

static int free_kit(void **state)
{
    (void)state;
    network_destroy(network);
    kit_samples_clear(&images);
    return 0;
}

/* A network ready to evaluate at some bits. */
struct trial {
    struct placement placement;
    struct evaluator *evaluator;
    struct choice *choices;
};

static void make_trial(struct trial *trial, int weight_bits, int activation_bits,
                       bool corrects_mean)
{
    static const char *const keep[] = {"first", "last"};
    struct placement_rules rules = {
        .grids = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = weight_bits,
        .activation_bits = activation_bits,
        .keep_float = keep,
        .keep_float_count = 2,
    };
    struct error err = {0};

    if (placement_init(&trial->placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    trial->evaluator = evaluator_create(
        network, &trial->placement,
        &(struct evaluator_options){
            .kernels = kernel_set_best(), .corrects_mean = corrects_mean, .block = 8},
        images);
    trial->choices =
        memory_zeroed((size_t)trial->placement.count, sizeof *trial->choices);
}

static void clear_trial(struct trial *trial)
{
    evaluator_destroy(trial->evaluator);
    placement_clear(&trial->placement);
    free(trial->choices);
}

static void set_clip(struct trial *trial, int item, double clip)
{
    const struct quantized_tensor *tensor = &trial->placement.items[item];

    trial->choices[item] =
        placement_choice(tensor, placement_step_of_clip(tensor, clip));
}

/* Mean cross entropy, and each image's into `losses` [IMAGES]. */
static double losses_of(const struct trial *trial, const struct choice *choices,
                        double *losses)
{
    float *logits = memory_get(IMAGES * CLASSES * sizeof *logits);
    double sum = 0;

    evaluator_logits(trial->evaluator, choices, images, logits);
    for (int i = 0; i < IMAGES; i++) {
        losses[i] = loss_of_sample(
            LOSS_CROSS_ENTROPY, logits + i * CLASSES, CLASSES,
            (struct expected){.label = ((const int32_t *)images.labels.values)[i]});
        sum += losses[i];
    }
    free(logits);
    return sum / IMAGES;
}

static double share_within(const double *losses, json_t *expected, double tolerance)
{
    int within = 0;

    for (int i = 0; i < IMAGES; i++)
        within +=
            fabs(losses[i] - json_number_value(json_array_get(expected, (size_t)i))) <=
            tolerance;
    return (double)within / IMAGES;
}

/* A row of lapq_resnet20.csv. */
struct row {
    char set[8], method[32];
    int weight_bits, activation_bits, corrects_mean;
    double p, loss;
    double clips[64];
    int clip_count;
};

static int parse_row(const char *line, struct row *row)
{
    const char *last = strrchr(line, '[');
    char lw[16];

    *row = (struct row){0};
    if (sscanf(line, "20,%7[^,],%d,%d,%d,%15[^,],%31[^,],", row->set, &row->weight_bits,
               &row->activation_bits, &row->corrects_mean, lw, row->method) != 6)
        return -1;
    line = strstr(line, row->method) + strlen(row->method) + 1;
    row->p = atof(line);
    row->loss = atof(strchr(line, ',') + 1);
    for (const char *at = last + 1; *at && *at != ']'; row->clip_count++) {
        char *end;

        row->clips[row->clip_count] = strtod(at, &end);
        at = end + strspn(end, ", ");
    }
    return 0;
}

/* Rows of our set of tensors whose clips are positive: where the reference's parabola ran away,
 * they are not. */
static bool is_candidate(const struct row *row)
{
    for (int i = 0; i < row->clip_count; i++)
        if (row->clips[i] <= 0)
            return false;
    return strcmp(row->set, "IN") == 0;
}

/* The weights as the reference has them: a float32 multiple of the step less the float32 clip.
 * Calq's levels are exact multiples of half a step; these are off by up to a rounding of the
 * clip, all by about the same. */
static void take_reference_weights(struct weights *weights,
                                   const struct quantizer *quantizer, float clip)
{
    for (size_t i = 0; i < weights_count(weights); i++) {
        int code = quantizer_code(quantizer, weights->values[i]);

        weights->values[i] =
            (float)(code - quantizer_lowest(quantizer)) * quantizer->step - clip;
    }
}

/* Gives the weights, already the reference's, the channel means of the float weights. */
static void take_reference_means(struct weights *weights, const float *original)
{
    size_t each = weights_per_output(weights);

    for (size_t channel = 0; channel < (size_t)weights->outputs; channel++) {
        double excess = 0;

        for (size_t i = 0; i < each; i++)
            excess +=
                weights->values[channel * each + i] - original[channel * each + i];
        for (size_t i = 0; i < each; i++)
            weights->values[channel * each + i] -= (float)(excess / (double)each);
    }
}

/* Replaces the weights by the reference's; calq's codes stay as they are, and its correction of
 * the mean then adds exactly what the reference's levels are off. Returns the float weights. */
static float **take_reference_network(const struct row *row, const struct trial *trial)
{
    float **originals = memory_zeroed((size_t)network->layer_count, sizeof *originals);

    for (int item = 0; item < trial->placement.count; item++) {
        const struct quantized_tensor *tensor = &trial->placement.items[item];
        struct quantizer quantizer = choice_quantizer(trial->choices[item]);
        struct weights *weights;

        if (!tensor->is_weight)
            continue;
        weights = network->layers[tensor->index].weights;
        originals[tensor->index] =
            memory_copy(weights->values, weights_count(weights) * sizeof(float));
        take_reference_weights(weights, &quantizer, (float)row->clips[item]);
        if (row->corrects_mean)
            take_reference_means(weights, originals[tensor->index]);
    }
    return originals;
}

static void give_back_network(float **originals)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        if (originals[layer]) {
            free(network->layers[layer].weights->values);
            network->layers[layer].weights->values = originals[layer];
        }
    free(originals);
}

/* The losses of a row, with calq's levels or with the reference's; a row without clips is the
 * float network. Returns the mean. */
static double loss_of_row(const struct row *row, bool reference_levels, double *losses)
{
    float **originals = NULL;
    double loss;
    struct trial trial;

    make_trial(&trial, row->weight_bits, row->activation_bits,
               row->corrects_mean || reference_levels);
    if (row->clip_count > 0)
        assert_int_equal(trial.placement.count, row->clip_count);
    for (int item = 0; item < row->clip_count; item++)
        set_clip(&trial, item, row->clips[item]);
    if (reference_levels && row->clip_count > 0)
        originals = take_reference_network(row, &trial);
    loss = losses_of(&trial, row->clip_count > 0 ? trial.choices : NULL, losses);
    if (originals)
        give_back_network(originals);
    clear_trial(&trial);
    return loss;
}

/* The five candidates whose losses are known image by image. Some images hang on the rounding of
 * a borderline activation: of 94 million codes, the reference's way to round its levels flips up
 * to 77. A float64 simulation of the last candidate is within 1e-4 for 93.4 % of the images with
 * exact levels and for 98.0 % with the reference's. */
static void losses_of_each_image_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    json_t *cases, *one;
    size_t index;

    (void)state;
    if (!golden)
        skip();
    need_kit();
    cases = golden_at(golden, "f_per_image_ce_512.cases");
    json_array_foreach(cases, index, one)
    {
        json_t *clips = json_object_get(one, "alphas");
        struct row row = {.weight_bits = 4, .activation_bits = 4};
        double losses[IMAGES], shares[2];

        row.clip_count = (int)golden_numbers(clips, row.clips, 64);
        for (int levels = 0; levels < 2; levels++) {
            loss_of_row(&row, levels == 1, losses);
            shares[levels] = share_within(losses, json_object_get(one, "ce"), 1e-4);
        }
        print_message(
            "%s: %.1f %% of the images within 1e-4, %.1f %% with the reference's "
            "levels\n",
            json_string_value(json_object_get(one, "config")), 100 * shares[0],
            100 * shares[1]);
        assert_true(shares[0] >= 0.93 && shares[1] >= 0.975);
    }
    json_decref(golden);
}

/* Evaluates the rows of the table; a row outside 5e-3 is shown, and once more with the levels of
 * the reference, which it must meet as well as the reference meets itself (2e-2). */
static void candidates_have_the_mean_loss_of_the_reference(void **state)
{
    FILE *file;
    int rows = 0, outside = 0, outside_with_levels = 0;
    char *line = NULL;
    size_t room = 0;
    struct row row;

    (void)state;
    file = fopen(kit_path("CALQ_GOLDEN", "../shared/golden", "lapq_resnet20.csv"), "r");
    assert_non_null(file);
    need_kit();
    while (getline(&line, &room, file) > 0) {
        double losses[IMAGES], loss, with_levels;

        if (parse_row(line, &row) < 0 || !is_candidate(&row))
            continue;
        rows++;
        loss = loss_of_row(&row, false, losses);
        assert_float_equal(loss, row.loss, 0.1 * row.loss);
        if (fabs(loss - row.loss) <= 5e-3 || row.loss > 100)
            continue;
        outside++;
        with_levels = loss_of_row(&row, true, losses);
        outside_with_levels += fabs(with_levels - row.loss) > 5e-3;
        print_message(
            "W%dA%d %s p=%.3f bias correction %d: reference %.5f, calq %.5f, with "
            "the reference's levels %.5f\n",
            row.weight_bits, row.activation_bits, row.method, row.p, row.corrects_mean,
            row.loss, loss, with_levels);
        assert_float_equal(with_levels, row.loss, 2e-2);
    }
    free(line);
    fclose(file);
    print_message(
        "%d candidates, %d outside 5e-3, %d of them still with the reference's "
        "levels\n",
        rows, outside, outside_with_levels);
    /* 6 of 170 on one kind of CPU, 7 on another: their float layers round differently. */
    assert_true(rows >= 160 && outside <= rows / 8 && outside_with_levels <= rows / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_of_each_image_equal_the_reference),
        cmocka_unit_test(candidates_have_the_mean_loss_of_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, free_kit);
}
