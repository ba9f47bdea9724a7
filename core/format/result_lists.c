#include "core/format/result_lists.h"

#include "core/base/memory.h"
#include "core/format/result_choices.h"
#include "core/format/result_row.h"
#include "core/network/tensor_rules.h"
#include "core/quant/step_ratios.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- steps -------------------------------------------------------------------------------- */

/* Hexadecimal floats in one line, a blank between two. */
static json_t *line_of(const double *values, size_t count)
{
    enum { MOST = 20 }; /* characters of one */
    size_t size = count * MOST + 1, at = 0;
    char *text = memory_get(size);
    json_t *line;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%a", i > 0 ? " " : "",
                               (double)(float)values[i]);
    line = json_string(text);
    free(text);
    return line;
}

/* The step of each output channel, or of each block, of weights that have more than one, else null. */
static json_t *channel_steps_of(const struct result *result, int item)
{
    const struct quantized_tensor *tensor = &result->placement->items[item];
    struct quantizer quantizer = choice_quantizer(result->result.choices[item]);
    size_t count;
    double *steps;
    json_t *line;

    if (!tensor->ratios)
        return json_null();
    count = placement_step_count(result->network, tensor);
    steps = memory_get(count * sizeof *steps);
    for (size_t i = 0; i < count; i++)
        steps[i] = step_ratios_quantizer(&quantizer, tensor->ratios, i).step;
    line = line_of(steps, count);
    free(steps);
    return line;
}

/* Other grids have none to tell: zero is at one end, or in the middle. */
static json_t *zero_point_of(struct choice choice)
{
    return choice.grid == GRID_ASYMMETRIC ? json_integer(choice.zero) : json_null();
}

static json_t *step_of(const struct result *result, int item)
{
    const struct quantized_tensor *tensor = &result->placement->items[item];
    const struct result_line *line = &result->lines[item];
    const struct choice *start = &result->start.choices[item],
                        *choice = &result->result.choices[item];

    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "tensor",
        tensor->name, "kind", tensor->is_weight ? "weights" : "activations", "grid",
        grid_name(choice->grid), "bits", choice->step > 0 ? choice->bits : BITS_FLOAT,
        "override", tensor->why, "zero_point", zero_point_of(*choice), "step",
        result_row_real(choice->step), "step_hex", result_row_hex(choice->step), "clip",
        result_row_real(choice_clip(*choice)), "start_step_hex",
        result_row_hex(start->step), "channel_steps_hex",
        channel_steps_of(result, item), "evaluations", (json_int_t)line->evaluations,
        "gain", result_row_real(line->gain));
}

json_t *result_lists_steps(const void *of)
{
    const struct result *result = of;
    json_t *steps = json_array();

    for (int i = 0; i < result->placement->count; i++)
        steps = result_row_append(steps, step_of(result, i));
    return steps;
}

static float float_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? strtof(text, NULL) : 0;
}

/* Names, too; what a caller goes on with is read by result_read_choices(), which is strict. */
static void read_tensor(struct result *result, size_t index, const json_t *step)
{
    const char *name = json_string_value(json_object_get(step, "tensor"));
    const char *kind = json_string_value(json_object_get(step, "kind"));
    struct result_line *line = &result->lines[index];

    result->tensors[index] = (struct result_tensor){
        result_keep(result, name ? name : ""), kind && strcmp(kind, "weights") == 0};
    line->evaluations = json_integer_value(json_object_get(step, "evaluations"));
    line->gain = json_number_value(json_object_get(step, "gain"));
}

bool result_lists_read_steps(const json_t *list, void *into)
{
    struct result *result = into;
    const json_t *step;
    size_t i;

    result->tensors = memory_zeroed(json_array_size(list), sizeof *result->tensors);
    json_array_foreach(list, i, step)
    {
        struct choice *choice = &result->result.choices[i];

        if (!result_choices_read_codes(step, choice))
            *choice = (struct choice){0};
        result->start.choices[i] = *choice;
        result->start.choices[i].step = float_at(step, "start_step_hex");
        choice->step = float_at(step, "step_hex");
        read_tensor(result, i, step);
    }
    return true;
}

/* ---- what stays in float ------------------------------------------------------------------- */

/* Whether the method has left a layer's weights in float. */
static bool is_left_in_float(const struct result *result, int layer)
{
    int item = placement_of_weights(result->placement, layer, 0);

    return item >= 0 && result->result.choices[item].step == 0;
}

json_t *result_lists_kept(const void *of)
{
    const struct result *result = of;
    const struct placement *placement = result->placement;
    json_t *layers = json_array();

    for (int i = 0; i < placement->layer_count; i++) {
        const struct layer *layer = &result->network->layers[i];
        const char *why =
            tensor_rules_why_kept(layer, placement->kept ? placement->kept[i] : NULL);

        if (!why && placement->of_layers && is_left_in_float(result, i))
            why = "bits of the result";
        if (why)
            layers = result_row_append(layers, json_pack("{s:s, s:s?, s:s}", "layer",
                                                         layer->name, "operator",
                                                         layer->op, "why", why));
    }
    return layers;
}

/* ---- what is in force --------------------------------------------------------------------- */

static json_t *batchnorm_of(const char *layer, const struct state_row *row)
{
    size_t channels = row->count / 2;

    return json_pack("{s:s, s:o, s:o}", "layer", layer, "mean_hex",
                     line_of(row->numbers, channels), "variance_hex",
                     line_of(row->numbers + channels, channels));
}

static json_t *bias_shift_of(const char *layer, const struct state_row *row)
{
    return json_pack("{s:s, s:o}", "layer", layer, "shift_hex",
                     line_of(row->numbers, row->count));
}

/* The rows of a kind in the result's state; null: there are none. */
static json_t *rows_of(const struct result *result, enum state_kind kind,
                       json_t *(*make)(const char *layer, const struct state_row *row))
{
    const struct state *state = &result->result.state;
    json_t *layers;

    if (!state_has(state, kind))
        return json_null();
    layers = json_array();
    for (size_t i = 0; i < state->count; i++)
        if (state->rows[i].kind == kind)
            layers = result_row_append(
                layers, make(result->network->layers[state->rows[i].subject].name,
                             &state->rows[i]));
    return layers;
}

json_t *result_lists_batchnorms(const void *result)
{
    return rows_of(result, STATE_STATISTICS, batchnorm_of);
}

json_t *result_lists_bias_shifts(const void *result)
{
    return rows_of(result, STATE_BIAS_SHIFT, bias_shift_of);
}

/* ---- what is more than before ------------------------------------------------------------- */

/* The layers that are more than before. */
static json_t *enlarged_layers_of(const struct result *result)
{
    json_t *layers = json_array();

    for (int i = 0; i < result->placement->count; i++) {
        const struct quantized_tensor *item = &result->placement->items[i];
        int factor = result->overhead.factors[i];

        if (item->wide.added > 0 || factor > 1)
            layers = result_row_append(
                layers,
                json_pack(
                    "{s:s, s:s, s:i, s:o}", "layer",
                    result->network->layers[item->index].name, "tensor", item->name,
                    "channels_added", item->wide.added, "second_step_hex",
                    factor > 1
                        ? result_row_hex(result->result.choices[i].step / (float)factor)
                        : json_null()));
    }
    return layers;
}

json_t *result_lists_overhead(const void *of)
{
    const struct result *result = of;
    const struct overhead *overhead = &result->overhead;

    if (!overhead->factors)
        return json_null();
    return json_pack(
        "{s:I, s:o, s:I, s:o, s:i, s:o, s:i}", "parameters_added",
        (json_int_t)overhead->added_parameters, "parameters_added_percent",
        result_row_real(
            overhead_per_cent(overhead->added_parameters, overhead->parameters)),
        "macs_added", (json_int_t)overhead->added_macs, "macs_added_percent",
        result_row_real(overhead_per_cent(overhead->added_macs, overhead->macs)),
        "layers_left_out_for_groups", overhead->grouped_layers, "layers",
        enlarged_layers_of(result), "activation_channels_added",
        overhead->activation_channels);
}
