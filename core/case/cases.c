#include "core/case/cases.h"

#include "core/base/memory.h"
#include "core/case/message.h"
#include "core/rewrite/fuse.h"
#include "core/rewrite/part_products.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_taken(const struct cases *cases, const char *id)
{
    for (int i = 0; i < cases->count; i++)
        if (strcmp(cases->list[i].id, id) == 0)
            return true;
    return false;
}

static void name_case(const struct cases *cases, struct calibration_case *one)
{
    char bits[16], plain[CASE_ID_BYTES - 16];

    config_bits_text(one->bits, bits);
    snprintf(plain, sizeof plain, "%s-%s-%s-%s", one->model->name,
             config_target_name(one->target), bits, config_method_title(one->method));
    snprintf(one->id, sizeof one->id, "%s", plain);
    for (int number = 2; is_taken(cases, one->id); number++)
        snprintf(one->id, sizeof one->id, "%s-%d", plain, number);
}

/* ---- the cases that are left out ------------------------------------------------------------ */

static bool fits(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text, 0) == 0;
}

/* w4a8 are the bits that W4A8 are. */
static bool fits_bits(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

static bool fits_entry(const struct config_exclude *entry,
                       const struct calibration_case *one)
{
    char bits[16];

    config_bits_text(one->bits, bits);
    return fits(entry->case_id, one->id) && fits(entry->model, one->model->name) &&
           fits(entry->target, config_target_name(one->target)) &&
           fits_bits(entry->bits, bits) &&
           fits(entry->method, config_method_title(one->method));
}

static bool is_left_out(const struct config *config, const struct calibration_case *one)
{
    for (int i = 0; i < config->exclude_count; i++)
        if (fits_entry(&config->exclude[i], one))
            return true;
    return false;
}

/* An entry that fits nothing is a slip of the pen. */
static int check_exclude(const struct cases *cases, const struct config *config,
                         struct error *err)
{
    for (int i = 0; i < config->exclude_count; i++) {
        bool is_used = false;

        for (int j = 0; j < cases->count; j++)
            is_used = is_used || fits_entry(&config->exclude[i], &cases->list[j]);
        if (!is_used)
            return error_set(err, EXIT_CONFIG,
                             "exclude: entry %d fits no case; correct it or remove it",
                             i + 1);
    }
    return 0;
}

static int leave_out(struct cases *cases, const struct config *config,
                     struct error *err)
{
    int count = 0;

    if (check_exclude(cases, config, err) < 0)
        return -1;
    for (int i = 0; i < cases->count; i++)
        if (!is_left_out(config, &cases->list[i]))
            cases->list[count++] = cases->list[i];
    cases->count = count;
    return count > 0 ? 0 : error_set(err, EXIT_CONFIG, "exclude leaves no case to run");
}

/* ---- overrides ------------------------------------------------------------------------------ */

static int check_override(const struct config_model *model, int index,
                          struct error *err)
{
    const struct override *entry = &model->overrides[index];
    bool has_bits = entry->bits.weights > 0 || entry->bits.activations > 0;

    if (!has_bits && entry->keeps_float == OVERRIDE_NOTHING && entry->weight_steps == 0)
        return error_set(err, EXIT_CONFIG,
                         "model %s: overrides: entry %d, \"%s\", says nothing; give it "
                         "bits, keep_float or weight_steps",
                         model->name, index + 1, entry->match);
    if (has_bits && entry->keeps_float == OVERRIDE_YES)
        return error_set(err, EXIT_CONFIG,
                         "model %s: overrides: entry %d, \"%s\", has both bits and "
                         "keep_float: true; give it one of them",
                         model->name, index + 1, entry->match);
    return 0;
}

static int check_overrides(const struct config *config, struct error *err)
{
    for (int i = 0; i < config->model_count; i++)
        for (int j = 0; j < config->models[i].override_count; j++)
            if (check_override(&config->models[i], j, err) < 0)
                return -1;
    return 0;
}

/* ---- blocks --------------------------------------------------------------------------------- */

static bool has_blocks(const struct calibration_case *one)
{
    const struct config_model *model = one->model;

    for (int i = 0; i < model->override_count; i++)
        if (model->overrides[i].weight_steps == 1 + WEIGHT_STEPS_PER_BLOCK)
            return true;
    return one->method->weight_steps == WEIGHT_STEPS_PER_BLOCK;
}

/* Runtimes' blocks have a code of zero, and what corrects the codes of channels knows none of blocks. */
static int check_blocks(const struct calibration_case *one, struct error *err)
{
    const struct config_method_settings *method = one->method;
    const struct {
        bool is_there;
        const char *text;
    } others[] = {
        {one->target == TARGET_PAPER, "target: paper, whose weights have no zero"},
        {one->target == TARGET_NCNN, "target: ncnn, which has a step for each channel"},
        {one->target == TARGET_TFLITE,
         "target: tflite, which has a step for each channel"},
        {method->splitting.ratio > 0, "outlier_splitting"},
        {method->second_above > 0, "a second tensor of codes (method dual)"},
        {(case_treatments(one) & TREAT_CORRECT) != 0,
         "bias_correction: mean or mean_and_variance; correct by empirical"},
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].is_there && has_blocks(one))
            return error_set(err, EXIT_CONFIG,
                             "%s: `weight_steps: per_block` does not go with %s",
                             one->id, others[i].text);
    return 0;
}

static int check_cases(const struct cases *cases, struct error *err)
{
    for (int i = 0; i < cases->count; i++)
        if (check_blocks(&cases->list[i], err) < 0)
            return -1;
    return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

static void add_all(struct cases *cases, const struct config *config)
{
    for (int model = 0; model < config->model_count; model++)
        for (int target = 0; target < config->target_count; target++)
            for (int bits = 0; bits < config->bits_count; bits++)
                for (int method = 0; method < config->method_count; method++) {
                    struct calibration_case *one = &cases->list[cases->count];

                    one->model = &config->models[model];
                    one->target = config->targets[target];
                    one->bits = config->bits[bits];
                    one->method = &config->methods[method];
                    name_case(cases, one);
                    cases->count++;
                }
}

int cases_init(struct cases *cases, const struct config *config, struct error *err)
{
    size_t most = (size_t)config->model_count * (size_t)config->target_count *
                  (size_t)config->bits_count * (size_t)config->method_count;

    *cases = (struct cases){.list = memory_zeroed(most, sizeof *cases->list)};
    if (check_overrides(config, err) < 0)
        return -1;
    add_all(cases, config);
    return leave_out(cases, config, err) < 0 ? -1 : check_cases(cases, err);
}

void cases_clear(struct cases *cases)
{
    free(cases->list);
    *cases = (struct cases){0};
}

bool cases_part_has(struct cases_part part, int index)
{
    return index % part.count == part.number - 1;
}

/* What runs the file multiplies the states of recurrences as they are. */
static bool runs_recurrences(const struct calibration_case *one)
{
    return one->target == TARGET_ONNX || one->target == TARGET_TENSORRT ||
           one->target == TARGET_OPENVINO;
}

/* ONNX Runtime has integer kernels for codes of 8 bits. */
static bool is_for_8_bit_kernels(const struct calibration_case *one)
{
    return one->target == TARGET_ONNX && one->bits.activations == BITS_MOST &&
           one->bits.weights <= BITS_MOST;
}

static bool is_for_ncnn(const struct calibration_case *one)
{
    return one->target == TARGET_NCNN;
}

/* TensorFlow Lite runs in integers throughout, network outputs included. */
static bool is_for_tflite(const struct calibration_case *one)
{
    return one->target == TARGET_TFLITE;
}

/* No runtime has activations whose channels are split. */
static bool quantizes_all_activations(const struct calibration_case *one)
{
    enum config_activations activations = one->model->activations;

    if (one->method->activation_splitting.ratio > 0)
        return false;
    return activations == ACTIVATIONS_ALL || is_for_tflite(one) ||
           (activations == ACTIVATIONS_BY_TARGET && is_for_8_bit_kernels(one));
}

static bool has_asymmetric_activations(const struct calibration_case *one)
{
    switch (one->model->activation_grid) {
    case ACTIVATION_GRID_BY_TARGET:
        return one->target == TARGET_OPENVINO || one->target == TARGET_TFLITE;
    case ACTIVATION_GRID_SYMMETRIC:
        return false;
    case ACTIVATION_GRID_ASYMMETRIC:
        return one->target == TARGET_ONNX || one->target == TARGET_OPENVINO ||
               one->target == TARGET_TFLITE;
    }
    return false;
}

/* ncnn has a step for each channel in any case. */
static enum weight_steps weight_steps_of(const struct calibration_case *one)
{
    return is_for_ncnn(one) ? WEIGHT_STEPS_PER_CHANNEL : one->method->weight_steps;
}

/* OpenVINO's quantizer (NNCF, docs/usage/Quantization.md) has 255 levels of weights, -127..127, a step
 * for each channel or one for all, and 256 of activations, unsigned, signed, or asymmetric with a whole
 * zero-point. ncnn has -127..127 for both, a step for each channel of weights, or one for a group. */
struct placement_rules case_rules(const struct calibration_case *one)
{
    static const struct target_grids grids[] = {
        [TARGET_PAPER] = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD},
        [TARGET_ONNX] = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        [TARGET_OCS] = {GRID_MIDTREAD, GRID_MIDTREAD, GRID_MIDTREAD},
        [TARGET_TENSORRT] = {GRID_NARROW, GRID_MIDTREAD, GRID_MIDTREAD},
        [TARGET_OPENVINO] = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        [TARGET_NCNN] = {GRID_NARROW, GRID_NARROW, GRID_NARROW},
        [TARGET_TFLITE] = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
    };
    struct target_grids of_target = grids[one->target];

    if (has_asymmetric_activations(one))
        of_target.signed_ = GRID_ASYMMETRIC;
    return (struct placement_rules){
        .grids = of_target,
        .weight_bits = one->bits.weights,
        .activation_bits = one->bits.activations,
        .weight_steps = weight_steps_of(one),
        .block_size = one->method->block_size,
        .groups_share_steps = is_for_ncnn(one),
        .keep_float = (const char *const *)one->model->keep_float,
        .keep_float_count = one->model->keep_float_count,
        .overrides = one->model->overrides,
        .override_count = one->model->override_count,
        .all_activations = quantizes_all_activations(one),
        .quantize_output = (one->model->quantize_output == QUANTIZE_OUTPUT_YES ||
                            is_for_tflite(one)) &&
                           one->bits.activations != BITS_FLOAT,
        .codes_clamp = one->target == TARGET_ONNX || is_for_tflite(one),
        .rounds_like_kernels = one->target == TARGET_ONNX || is_for_tflite(one),
        .rounds_like_xnnpack = is_for_tflite(one),
        .keeps_states = runs_recurrences(one),
        .splitting = {.ratio = one->method->splitting.ratio,
                      .halves_plainly = one->method->splitting.halves == HALVES_PLAIN},
        .activation_splitting = {.ratio = one->method->activation_splitting.ratio,
                                 .by_block =
                                     one->method->activation_splitting.channels ==
                                     SPLIT_CHANNELS_ORACLE},
        .second_above = one->method->second_above,
    };
}

void case_fuse(const struct calibration_case *one, struct network *network)
{
    if (quantizes_all_activations(one))
        network_fuse_but_sums(network);
    else
        network_fuse(network);
    if (one->model->batchnorm == BATCHNORM_FOLD || is_for_ncnn(one))
        network_fold_batchnorm(network);
    if (is_for_ncnn(one))
        network_part_products(network);
}

unsigned case_treatments(const struct calibration_case *one)
{
    enum config_bias_correction correction = one->method->bias_correction;
    bool corrects = correction == BIAS_CORRECTION_MEAN ||
                    correction == BIAS_CORRECTION_MEAN_AND_VARIANCE;

    return (one->method->equalize != EQUALIZE_NO ? TREAT_EQUALIZE : 0u) |
           (corrects ? TREAT_CORRECT : 0u);
}

unsigned case_settled_treatments(const struct calibration_case *one)
{
    const struct config_method_settings *method = one->method;
    unsigned settled =
        (method->equalize == EQUALIZE_YES ? TREAT_EQUALIZE : 0u) |
        (method->bias_correction_accept == ACCEPT_ALWAYS ? TREAT_CORRECT : 0u);

    return case_treatments(one) & settled;
}

unsigned case_first_treatments(const struct calibration_case *one)
{
    return case_settled_treatments(one) & TREAT_CORRECT;
}
