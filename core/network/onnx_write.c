#include "core/network/onnx_write.h"

#include "core/base/memory.h"
#include "core/network/coded_weights.h"
#include "core/network/onnx_file.h"
#include "core/network/onnx_opset.h"
#include "core/network/onnx_write_parts.h"
#include "core/network/weight_ratios.h"

#include <stdio.h>
#include <stdlib.h>

static struct quantizer quantizer_of(const struct onnx_calibrated *calibrated, int item)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];

    return (struct quantizer){
        .grid = tensor->grid, .bits = tensor->bits, .step = calibrated->steps[item]};
}

/* ---- the opset ---------------------------------------------------------------------------- */

/* That of folded codes depends on what they are. */
static struct container container_of_item(const struct onnx_calibrated *calibrated,
                                          int item)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];
    const struct quantizer quantizer = quantizer_of(calibrated, item);
    struct container container = container_of(&quantizer, calibrated->in_4_bits);
    struct coded_weights weights;
    struct weight_rules rules;

    if (tensor->wide.added == 0)
        return container;
    rules = placement_weight_rules(calibrated->placement, tensor->index,
                                   &calibrated->rules);
    coded_weights_init(&weights, &calibrated->network->layers[tensor->index], &rules,
                       &quantizer, calibrated->in_4_bits);
    container = weights.container;
    coded_weights_clear(&weights);
    return container;
}

static int raise_opset(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       struct error *err)
{
    char why[128];
    int wanted = 0;

    for (int item = 0; item < calibrated->placement->count; item++) {
        const struct quantizer quantizer = quantizer_of(calibrated, item);
        const struct container container = container_of_item(calibrated, item);

        if (container_opset(&container) <= wanted)
            continue;
        wanted = container_opset(&container);
        snprintf(why, sizeof why, "%s of %d bits on the grid %s, held as %s,",
                 calibrated->placement->items[item].is_weight ? "a weight"
                                                              : "an activation",
                 quantizer.bits, grid_name(quantizer.grid), container.name);
    }
    return onnx_opset_raise(edit, calibrated->network->path, wanted, why, err);
}

/* ---- activations -------------------------------------------------------------------------- */

/* Adds a scalar named after the tensor; the name is the caller's. */
static char *add_scalar(struct onnx_edit *edit, const char *base, const char *suffix,
                        float value)
{
    char *name = onnx_edit_fresh_name(edit, base, suffix);

    onnx_edit_add_floats(edit, name, NULL, 0, &value);
    return name;
}

static char *add_zero_point(struct onnx_edit *edit, const char *base,
                            const struct container *container)
{
    static const uint8_t zero[2] = {0, 0};
    char *name = onnx_edit_fresh_name(edit, base, "_zero_point");

    onnx_edit_add_tensor(edit, name, container->type, NULL, 0, zero,
                         container->bits == 16 ? 2 : 1);
    return name;
}

/* Adds a node with one constant behind it; returns the name of the output. */
static char *add_limit(struct onnx_edit *edit, int after, const char *operator,
                       const char * from, const char *suffix, float limit)
{
    char *constant = add_scalar(edit, from, suffix, limit);
    char *output = onnx_edit_fresh_name(edit, constant, "_output");

    onnx_edit_add_node(edit, after, operator,(const char *[]){from, constant}, 2,
                       output);
    free(constant);
    return output;
}

/* `from` cut to the values of the codes by Min, and by Max where the type has lower integers. */
static char *add_min_and_max(struct onnx_edit *edit, int after, const char *from,
                             const struct container *container, float step)
{
    char *below =
        add_limit(edit, after, "Min", from, "_most", (float)container->highest * step);
    char *output;

    if (container->lowest == container->least)
        return below;
    output =
        add_limit(edit, after, "Max", below, "_least", (float)container->lowest * step);
    free(below);
    return output;
}

/* The same by Clip. */
static char *add_clip(struct onnx_edit *edit, int after, const char *from,
                      const struct container *container, float step)
{
    char *low = add_scalar(edit, from, "_clip_low", (float)container->lowest * step);
    char *high = add_scalar(edit, from, "_clip_high", (float)container->highest * step);
    char *output = onnx_edit_fresh_name(edit, from, "_clipped");

    onnx_edit_add_node(edit, after, "Clip", (const char *[]){from, low, high}, 3,
                       output);
    free(low);
    free(high);
    return output;
}

static bool has_bias(const struct conv *conv)
{
    for (int channel = 0; channel < conv->out_channels; channel++)
        if (conv->shift[channel] != 0)
            return true;
    return false;
}

/* Whether an item, if there is one, has as many codes as 8 bits of the file have. */
static bool fills_8_bits(const struct placement *placement, int item)
{
    return item >= 0 && placement->items[item].bits == BITS_MOST &&
           placement->items[item].grid != GRID_MIDRISE;
}

/* The layer whose values are rounded in a tensor; pools and rearrangements hand them on. */
static const struct layer *maker_of(const struct network *network, int tensor)
{
    const struct layer *layer = NULL;

    for (int at = network->tensors[tensor].producer; at >= 0;
         at = network->tensors[layer->inputs[0]].producer) {
        layer = &network->layers[at];
        if (layer->kind != LAYER_MAX_POOL && layer->kind != LAYER_REARRANGE)
            return layer;
    }
    return NULL;
}

/* Whether ONNX Runtime (1.30, with optimisations: WeightBiasQuantization) would round more than the
 * file says. Where a layer stands between DequantizeLinear and QuantizeLinear with at most Relu and
 * Clip behind it, it rounds float weights to 8 bits and a bias to multiples of the product of both
 * steps, which is little with 8 bits, where it makes one integer kernel of all, and much with fewer.
 * With Min behind it, it leaves both. */
static bool would_be_rounded(const struct onnx_calibrated *calibrated, int tensor)
{
    const struct placement *placement = calibrated->placement;
    const struct network *network = calibrated->network;
    const struct layer *layer = maker_of(network, tensor);
    int weights;

    if (!layer || layer->kind != LAYER_CONV || layer->conv.has_residual ||
        layer->inputs[0] == network->input)
        return false;
    weights = placement->of_layer[layer - network->layers];
    if (weights < 0)
        return true;
    return !layer->batchnorm && has_bias(&layer->conv) &&
           !(fills_8_bits(placement, weights) &&
             fills_8_bits(placement, placement->of_tensor[layer->inputs[0]]));
}

/* What QuantizeLinear reads: the tensor, cut where it must be; the caller's. */
static char *add_cut(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     const struct quantized_tensor *tensor, int after,
                     const struct container *container, float step)
{
    if (would_be_rounded(calibrated, tensor->index))
        return add_min_and_max(edit, after, tensor->name, container, step);
    if (container_is_wider(container))
        return add_clip(edit, after, tensor->name, container, step);
    return memory_text(tensor->name);
}

/* `unit` is what the tensor's values are in: 1, or its step, where an exact layer has made it. Returns the
 * name of the dequantized values. */
static char *write_activation(struct onnx_edit *edit,
                              const struct onnx_calibrated *calibrated, int item,
                              int after, bool is_in_steps)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];
    struct quantizer quantizer = quantizer_of(calibrated, item);
    struct container container = container_of(&quantizer, calibrated->in_4_bits);
    float unit = container_step(&container, quantizer.step);
    char *values = onnx_edit_fresh_name(edit, tensor->name, "_dequantized");
    char *step = add_scalar(edit, tensor->name, "_scale", unit);
    char *unit_step =
        is_in_steps ? add_scalar(edit, tensor->name, "_scale", 1) : memory_text(step);
    char *zero = add_zero_point(edit, tensor->name, &container);
    char *codes = onnx_edit_fresh_name(edit, tensor->name, "_quantized");
    char *cut;

    onnx_edit_read_instead(edit, tensor->name, values);
    cut = is_in_steps ? memory_text(tensor->name)
                      : add_cut(edit, calibrated, tensor, after, &container, unit);
    onnx_edit_add_node(edit, after, "QuantizeLinear",
                       (const char *[]){cut, unit_step, zero}, 3, codes);
    onnx_edit_add_node(edit, after, "DequantizeLinear",
                       (const char *[]){codes, step, zero}, 3, values);
    free(step);
    free(unit_step);
    free(zero);
    free(codes);
    free(cut);
    return values;
}

/* ---- all ---------------------------------------------------------------------------------- */

/* Which layers are exact, and what tensors are dequantized to. */
struct plan {
    bool *is_exact; /* [layers] owned */
    char **values;  /* [placement->count] NULL: of weights, or not written yet; owned */
};

static struct plan plan_of(const struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated)
{
    int layers = calibrated->network->layer_count;
    struct plan plan = {
        .is_exact = memory_zeroed((size_t)layers, sizeof *plan.is_exact),
        .values =
            memory_zeroed((size_t)calibrated->placement->count, sizeof *plan.values),
    };

    for (int index = 0; index < layers; index++) {
        int item = calibrated->placement->of_layer[index];
        struct quantizer weights;

        if (item < 0 || !calibrated->is_exact)
            continue;
        weights = quantizer_of(calibrated, item);
        plan.is_exact[index] = onnx_is_exact(edit, calibrated, index, &weights);
    }
    return plan;
}

static void plan_clear(struct plan *plan, int items)
{
    for (int item = 0; item < items; item++)
        free(plan->values[item]);
    free(plan->values);
    free(plan->is_exact);
}

static void write_exact(struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated,
                        const struct plan *plan, int index,
                        const struct quantizer *output)
{
    struct quantizer quantizer =
        quantizer_of(calibrated, calibrated->placement->of_layer[index]);

    onnx_write_exact_layer(edit, calibrated, index, &quantizer, output, plan->values);
}

/* An exact layer stands before its output is rounded, all others may be written afterwards. */
static void write_tensor(struct onnx_edit *edit,
                         const struct onnx_calibrated *calibrated,
                         const struct plan *plan, int item)
{
    int tensor = calibrated->placement->items[item].index;
    int producer = calibrated->network->tensors[tensor].producer;
    bool is_exact = producer >= 0 && plan->is_exact[producer];
    struct quantizer quantizer = quantizer_of(calibrated, item);
    int after = onnx_edit_producer(edit, calibrated->network->tensors[tensor].name);

    if (is_exact)
        write_exact(edit, calibrated, plan, producer, &quantizer);
    plan->values[item] = write_activation(edit, calibrated, item, after, is_exact);
}

static void write_conv(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       const struct plan *plan, int index)
{
    const struct layer *layer = &calibrated->network->layers[index];
    const struct placement *placement = calibrated->placement;
    struct quantizer quantizer;

    if (placement->of_layer[index] < 0) {
        onnx_write_float_layer(edit, calibrated, layer);
    } else if (!plan->is_exact[index]) {
        quantizer = quantizer_of(calibrated, placement->of_layer[index]);
        onnx_write_layer(edit, calibrated, layer, &quantizer);
    } else if (placement->of_tensor[layer->output] < 0) {
        write_exact(edit, calibrated, plan, index, NULL);
    }
}

static void write_items(struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated,
                        const struct plan *plan)
{
    const struct placement *placement = calibrated->placement;
    const struct network *network = calibrated->network;

    /* Activations first: what is added to layers reads what the layers read. */
    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight)
            write_tensor(edit, calibrated, plan, item);
    for (int index = 0; index < network->layer_count; index++)
        if (network->layers[index].kind == LAYER_CONV)
            write_conv(edit, calibrated, plan, index);
    for (int item = 0; item < placement->count; item++)
        if (plan->values[item])
            onnx_edit_drop_added(edit, plan->values[item]);
}

static int check_exact(const struct onnx_calibrated *calibrated,
                       const struct plan *plan, struct error *err)
{
    bool has_exact = false;

    for (int index = 0; index < calibrated->network->layer_count; index++)
        has_exact = has_exact || plan->is_exact[index];
    return !calibrated->is_exact || has_exact
               ? 0
               : error_set(err, EXIT_INPUT,
                           "no layer multiplies quantized weights with codes, so there "
                           "is nothing to write exactly; export without --exact");
}

static int write_all(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     struct error *err)
{
    struct plan plan = plan_of(edit, calibrated);
    int status = check_exact(calibrated, &plan, err);

    if (status == 0) {
        onnx_write_batchnorms(edit, calibrated);
        write_items(edit, calibrated, &plan);
    }
    plan_clear(&plan, calibrated->placement->count);
    return status;
}

int onnx_write(const struct onnx_calibrated *calibrated, uint8_t **bytes, size_t *size,
               struct error *err)
{
    Onnx__ModelProto *model = onnx_file_read(calibrated->network->path, err);
    struct onnx_edit edit;
    int status;

    if (!model)
        return -1;
    onnx_edit_init(&edit, model);
    status = raise_opset(&edit, calibrated, err);
    if (status == 0)
        status = write_all(&edit, calibrated, err);
    if (status == 0) {
        for (size_t i = 0; i < calibrated->property_count; i++)
            onnx_edit_set_property(&edit, calibrated->properties[i].key,
                                   calibrated->properties[i].value);
        onnx_edit_pack(&edit, bytes, size);
    }
    onnx_edit_clear(&edit);
    return status;
}
