#include "core/export/steps_file.h"

#include "core/base/version.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool are_same(const float *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static json_t *hexadecimal(float value)
{
    char text[64];

    snprintf(text, sizeof text, "%a", (double)value);
    return json_string(text);
}

static json_t *decimal(float value)
{
    return json_real((double)value);
}

static json_t *list_of(const float *values, size_t count, json_t *(*make)(float))
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, make(values[i]));
    return list;
}

static json_t *tensor_of(const struct quantized_tensor *tensor,
                         const struct quantizer *quantizer,
                         const struct container *container, const float *scales,
                         size_t count)
{
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:o, s:o}", "tensor", tensor->name,
        "kind", tensor->is_weight ? "weights" : "activations", "grid",
        grid_name(quantizer->grid), "bits", quantizer->bits, "type", container->name,
        "lowest", container->lowest + container->zero_point, "highest",
        container->highest + container->zero_point, "zero_point", container->zero_point,
        "scale", list_of(scales, count, decimal), "scale_hex",
        list_of(scales, count, hexadecimal));
}

static json_t *weights_of(const struct steps_file *steps,
                          const struct quantized_tensor *tensor,
                          const struct quantizer *quantizer)
{
    const struct layer *layer = &steps->network->layers[tensor->index];
    struct weight_rules rules = placement_weight_rules(tensor, &steps->rules);
    struct coded_weights weights;
    size_t count;
    json_t *json;

    coded_weights_init(&weights, layer->weights, &rules, quantizer, 8);
    count = step_layout_count(&weights.layout);
    json = tensor_of(tensor, quantizer, &weights.container, weights.steps,
                     are_same(weights.steps, count) ? 1 : count);
    json_object_set_new(json, "layer", json_string(layer->name));
    if (weights.block > 0)
        json_object_set_new(json, "block_size", json_integer(weights.block));
    if (weights.corrections)
        json_object_set_new(
            json, "correction_hex",
            list_of(weights.corrections, (size_t)layer->weights->outputs, hexadecimal));
    coded_weights_clear(&weights);
    return json;
}

static json_t *tensors_of(const struct steps_file *steps)
{
    json_t *tensors = json_array();

    for (int item = 0; item < steps->placement->count; item++) {
        const struct quantized_tensor *tensor = &steps->placement->items[item];
        struct quantizer quantizer = choice_quantizer(steps->choices[item]);
        struct container container = container_of(&quantizer, 8);
        float scale = container_step(&container, quantizer.step);

        json_array_append_new(
            tensors, tensor->is_weight
                         ? weights_of(steps, tensor, &quantizer)
                         : tensor_of(tensor, &quantizer, &container, &scale, 1));
    }
    return tensors;
}

static json_t *bias_shift_of(const struct network *network, const struct state_row *row)
{
    json_t *numbers = json_array();

    for (size_t i = 0; i < row->count; i++)
        json_array_append_new(numbers, hexadecimal((float)row->numbers[i]));
    return json_pack("{s:s, s:o}", "layer", network->layers[row->subject].name,
                     "shift_hex", numbers);
}

static json_t *bias_shifts_of_layers(const struct steps_file *steps)
{
    json_t *layers = json_array();

    for (size_t i = 0; i < steps->state->count; i++)
        if (steps->state->rows[i].kind == STATE_BIAS_SHIFT)
            json_array_append_new(
                layers, bias_shift_of(steps->network, &steps->state->rows[i]));
    return layers;
}

int steps_are_all(const struct steps_file *steps, struct error *err)
{
    if (state_has(steps->state, STATE_EQUALIZED))
        return error_set(err, EXIT_INPUT,
                         "%s was found with equalised weights, which are not those of "
                         "the network's file, so steps alone do not say what the codes "
                         "are; export it with --to onnx",
                         steps->case_id);
    if (state_has(steps->state, STATE_CODES))
        return error_set(err, EXIT_INPUT,
                         "%s was found with `rounding: gram`, whose codes are not the "
                         "nearest, so steps alone do not say what they are; export it "
                         "with --to onnx",
                         steps->case_id);
    if (steps->is_split)
        return error_set(
            err, EXIT_INPUT,
            "%s was found with split channels, whose codes are not those of "
            "steps alone; export it with --to onnx",
            steps->case_id);
    return 0;
}

int steps_file_write(const struct steps_file *steps, FILE *file, struct error *err)
{
    char bits[16];
    json_t *json;
    int status = 0;

    if (steps_are_all(steps, err) < 0)
        return -1;
    config_bits_text(steps->bits, bits);
    json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "format", 1,
                     "calq", version(), "case", steps->case_id, "network_hash",
                     steps->network_hash, "target", config_target_name(steps->target),
                     "bits", bits, "method", steps->method, "bias_correction",
                     steps->bias_correction, "tensors", tensors_of(steps),
                     "bias_shifts", bias_shifts_of_layers(steps));
    if (!json || json_dumpf(json, file, JSON_INDENT(2)) < 0 || fputc('\n', file) == EOF)
        status = error_set(err, EXIT_MACHINE, "cannot write the steps of %s: %s",
                           steps->case_id, strerror(errno));
    json_decref(json);
    return status;
}
