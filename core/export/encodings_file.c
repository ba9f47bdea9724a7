#include "core/export/encodings_file.h"

#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { BITS_OF_AIMET = 4 };

/* ---- what cannot be said --------------------------------------------------------------------- */

static int check_tensor(const struct quantized_tensor *tensor, struct choice choice,
                        struct error *err)
{
    if (choice.bits < BITS_OF_AIMET)
        return error_set(err, EXIT_INPUT,
                         "\"%s\" has %d bits; AIMET's encodings have %d or more",
                         tensor->name, choice.bits, BITS_OF_AIMET);
    if (grid_centre(choice.grid) != 0)
        return error_set(err, EXIT_INPUT,
                         "\"%s\" is on the grid %s, which has no zero, as AIMET's "
                         "encodings have; search with another target",
                         tensor->name, grid_name(choice.grid));
    return 0;
}

/* Whether the integers of a layer's weights are those of the float file's weights or of folded ones. */
static int check_scales(const struct layer *layer, struct error *err)
{
    if (layer->kind == LAYER_CONV && !layer_is_unscaled(layer))
        return error_set(err, EXIT_INPUT,
                         "layer %s has a batch norm, which converters fold into the "
                         "weights; search with `batchnorm: fold`",
                         layer->name);
    return 0;
}

static int check_item(const struct steps_file *steps, int item, struct error *err)
{
    const struct quantized_tensor *tensor = &steps->placement->items[item];

    if (check_tensor(tensor, steps->choices[item], err) < 0)
        return -1;
    if (tensor->block > 0)
        return error_set(
            err, EXIT_INPUT,
            "\"%s\" has steps of blocks, and AIMET's encodings have one for "
            "each output channel; search with `weight_steps: per_channel`",
            tensor->name);
    return tensor->is_weight ? check_scales(&steps->network->layers[tensor->index], err)
                             : 0;
}

static int check(const struct steps_file *steps, struct error *err)
{
    if (steps_are_all(steps, err) < 0)
        return -1;
    if (state_has(steps->state, STATE_BIAS_SHIFT) ||
        state_has(steps->state, STATE_MEAN_CORRECTED) ||
        state_has(steps->state, STATE_VARIANCE_CORRECTED))
        return error_set(
            err, EXIT_INPUT,
            "%s was found with a bias correction, for which encodings have "
            "no place; search without it, or export it with --to onnx",
            steps->case_id);
    for (int item = 0; item < steps->placement->count; item++)
        if (check_item(steps, item, err) < 0)
            return -1;
    return 0;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static int offset_of(const struct quantizer *quantizer)
{
    if (quantizer->grid == GRID_ASYMMETRIC)
        return -quantizer->zero;
    return quantizer->grid == GRID_UNSIGNED ? 0 : -(1 << (quantizer->bits - 1));
}

static json_t *encoding_of(const struct quantizer *quantizer, float step)
{
    int offset = offset_of(quantizer);
    bool is_symmetric =
        quantizer->grid == GRID_MIDTREAD || quantizer->grid == GRID_NARROW;
    double scale = (double)step;

    return json_pack("{s:i, s:s, s:s, s:f, s:f, s:i, s:f}", "bitwidth", quantizer->bits,
                     "dtype", "int", "is_symmetric", is_symmetric ? "True" : "False",
                     "max", scale * (offset + (1 << quantizer->bits) - 1), "min",
                     scale * offset, "offset", offset, "scale", scale);
}

static json_t *encodings_of_weights(const struct steps_file *steps,
                                    const struct quantized_tensor *tensor,
                                    const struct quantizer *quantizer)
{
    const struct weights *of = placement_weights(steps->network, tensor);
    const struct weight_rules rules = placement_weight_rules(tensor, &steps->rules);
    json_t *list = json_array();
    struct coded_weights weights;

    coded_weights_init(&weights, of, &rules, quantizer, 8);
    for (int i = 0; i < (tensor->ratios ? of->outputs : 1); i++)
        json_array_append_new(list, encoding_of(quantizer, weights.steps[i]));
    coded_weights_clear(&weights);
    return list;
}

static json_t *encodings_of(const struct steps_file *steps, bool of_weights)
{
    json_t *encodings = json_object();

    for (int item = 0; item < steps->placement->count; item++) {
        const struct quantized_tensor *tensor = &steps->placement->items[item];
        struct quantizer quantizer = choice_quantizer(steps->choices[item]);

        if (tensor->is_weight != of_weights)
            continue;
        json_object_set_new(
            encodings, tensor->name,
            of_weights ? encodings_of_weights(steps, tensor, &quantizer)
                       : json_pack("[o]", encoding_of(&quantizer, quantizer.step)));
    }
    return encodings;
}

int encodings_file_write(const struct steps_file *steps, FILE *file, struct error *err)
{
    json_t *json;
    int status = 0;

    if (check(steps, err) < 0)
        return -1;
    json = json_pack("{s:s, s:o, s:o}", "version", "0.6.1", "activation_encodings",
                     encodings_of(steps, false), "param_encodings",
                     encodings_of(steps, true));
    if (!json || json_dumpf(json, file, JSON_INDENT(2)) < 0 || fputc('\n', file) == EOF)
        status = error_set(err, EXIT_MACHINE, "cannot write the encodings of %s: %s",
                           steps->case_id, strerror(errno));
    json_decref(json);
    return status;
}
