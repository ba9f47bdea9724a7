#include "core/case/case_onnx.h"

#include "core/base/version.h"
#include "core/export/coded_weights.h"
#include "core/export/onnx_write.h"
#include "core/layer/weight_ratios.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

const char *case_correction_name(const struct finished_case *finished)
{
    const struct state *state = &finished->result.result.state;

    return config_bias_correction_name(state_has(state, STATE_MEAN_CORRECTED) ||
                                               state_has(state, STATE_BIAS_SHIFT)
                                           ? finished->one->method->bias_correction
                                           : BIAS_CORRECTION_NONE);
}

bool case_rounds_activations(const struct finished_case *finished)
{
    for (int item = 0; item < finished->placement.count; item++)
        if (!finished->placement.items[item].is_weight)
            return true;
    return false;
}

bool case_is_for_integer_kernels(const struct finished_case *finished)
{
    return finished->one->target == TARGET_ONNX && case_rounds_activations(finished);
}

bool case_keeps_signs(const struct calibration_case *one)
{
    return one->target == TARGET_TENSORRT;
}

/* The name of a tensor of weights and what two of its integers are apart: a step, or one for each channel or block. */
static void print_weight_steps(const struct finished_case *finished, int item,
                               FILE *file)
{
    const struct quantized_tensor *tensor = &finished->placement.items[item];
    const struct quantizer quantizer = choice_quantizer(finished->choices[item]);
    const struct layer *layer = &finished->network->layers[tensor->index];
    const struct weight_rules rules = placement_weight_rules(tensor, &finished->rules);
    bool has_one = !tensor->ratios && !rules.corrects_variance;
    struct coded_weights weights;

    coded_weights_init(&weights, layer->weights, &rules, &quantizer, 8);
    fputs(tensor->name, file);
    for (size_t i = 0; i < (has_one ? 1 : step_layout_count(&weights.layout)); i++)
        fprintf(file, " %a", (double)weights.steps[i]);
    fputc('\n', file);
    coded_weights_clear(&weights);
}

/* A line for each tensor of weights, for files that hold them as floats; to be freed by the caller. */
static char *weight_steps_text(const struct finished_case *finished)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    assert(file);
    for (int item = 0; item < finished->placement.count; item++)
        if (finished->placement.items[item].is_weight)
            print_weight_steps(finished, item, file);
    fclose(file);
    return text;
}

/* Targets whose arithmetic no ONNX file says, and what to do. */
static const char *const not_in_onnx[] = {
    [TARGET_NCNN] = "ncnn, which rounds what a product reads and nothing else, as no "
                    "ONNX file says it: export it with --to ncnn",
    [TARGET_TFLITE] =
        "TensorFlow Lite, which adds codes as no ONNX file says it: export "
        "it with --to tflite",
};

int case_onnx_narrowest(const struct case_onnx_form *form)
{
    return form->in_2_bits ? 2 : form->in_4_bits ? 4 : 8;
}

bool case_onnx_has_integers(const struct case_onnx_form *form)
{
    return form->with_integers || case_onnx_narrowest(form) < 8;
}

int case_onnx(const struct finished_case *finished, const struct case_onnx_form *form,
              uint8_t **bytes, size_t *size, struct error *err)
{
    const struct calibration_case *one = finished->one;
    const struct state *state = &finished->result.result.state;
    bool with_integers = case_onnx_has_integers(form);
    bool has_floats = !case_rounds_activations(finished) && !with_integers;
    char bits[16], *weight_steps = has_floats ? weight_steps_text(finished) : NULL;
    struct onnx_property properties[] = {
        {"calq.version", version()},
        {"calq.case", one->id},
        {"calq.target", config_target_name(one->target)},
        {"calq.bits", bits},
        {"calq.method", one->method->method->name},
        {"calq.bias_correction", case_correction_name(finished)},
        {"calq.equalized", state_has(state, STATE_EQUALIZED) ? "true" : "false"},
        {CASE_ONNX_FORM, form->is_exact ? CASE_ONNX_EXACT : "qdq"},
        {"calq.float_network_hash", finished->network_hash},
        {"calq.identity", finished->result.identity},
        {"calq.weight_steps", weight_steps},
    };
    int status;

    if (not_in_onnx[one->target])
        return error_set(err, EXIT_INPUT,
                         "%s was found for %s, or search with `targets: onnx`", one->id,
                         not_in_onnx[one->target]);
    config_bits_text(one->bits, bits);
    status = onnx_write(
        &(struct onnx_calibrated){
            .network = finished->network,
            .placement = &finished->placement,
            .choices = finished->choices,
            .state = state,
            .rules = finished->rules,
            .is_folded = one->model->batchnorm == BATCHNORM_FOLD,
            .with_integers = with_integers,
            .narrowest = case_onnx_narrowest(form),
            .for_integer_kernels =
                case_is_for_integer_kernels(finished) && !form->is_exact,
            .keeps_signs = case_keeps_signs(one),
            .is_exact = form->is_exact,
            .properties = properties,
            .property_count = sizeof properties / sizeof *properties - !has_floats,
        },
        bytes, size, err);
    free(weight_steps);
    return status;
}
