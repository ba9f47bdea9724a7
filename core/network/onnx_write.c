#include "core/network/onnx_write.h"

#include "core/network/container.h"
#include "core/network/onnx_file.h"
#include "core/network/onnx_opset.h"
#include "core/network/onnx_write_parts.h"

#include <stdio.h>
#include <stdlib.h>

static struct quantizer quantizer_of(const struct onnx_calibrated *calibrated, int item)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];

    return (struct quantizer){
        .grid = tensor->grid, .bits = tensor->bits, .step = calibrated->steps[item]};
}

/* ---- the opset ---------------------------------------------------------------------------- */

static int raise_opset(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       struct error *err)
{
    char why[128];
    int wanted = 0;

    for (int item = 0; item < calibrated->placement->count; item++) {
        struct quantizer quantizer = quantizer_of(calibrated, item);
        struct container container = container_of(&quantizer, calibrated->in_4_bits);

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

/* `from` cut to the values of the codes; returns the name of the output. */
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

static void write_activation(struct onnx_edit *edit, const char *tensor,
                             const struct quantizer *quantizer, bool in_4_bits)
{
    struct container container = container_of(quantizer, in_4_bits);
    float unit = container_step(&container, quantizer->step);
    int after = onnx_edit_producer(edit, tensor);
    char *values = onnx_edit_fresh_name(edit, tensor, "_dequantized");
    char *step = add_scalar(edit, tensor, "_scale", unit);
    char *zero = add_zero_point(edit, tensor, &container);
    char *codes = onnx_edit_fresh_name(edit, tensor, "_quantized");
    char *clipped = NULL;

    onnx_edit_read_instead(edit, tensor, values);
    if (container_is_wider(&container))
        clipped = add_clip(edit, after, tensor, &container, unit);
    onnx_edit_add_node(edit, after, "QuantizeLinear",
                       (const char *[]){clipped ? clipped : tensor, step, zero}, 3,
                       codes);
    onnx_edit_add_node(edit, after, "DequantizeLinear",
                       (const char *[]){codes, step, zero}, 3, values);
    free(values);
    free(step);
    free(zero);
    free(codes);
    free(clipped);
}

/* ---- all ---------------------------------------------------------------------------------- */

static void write_items(struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated)
{
    const struct placement *placement = calibrated->placement;

    /* Activations first: what is added to layers reads what the layers read. */
    for (int item = 0; item < placement->count; item++) {
        struct quantizer quantizer = quantizer_of(calibrated, item);

        if (!placement->items[item].is_weight)
            write_activation(edit, placement->items[item].name, &quantizer,
                             calibrated->in_4_bits);
    }
    for (int item = 0; item < placement->count; item++) {
        struct quantizer quantizer = quantizer_of(calibrated, item);

        if (placement->items[item].is_weight)
            onnx_write_layer(edit, calibrated,
                             &calibrated->network->layers[placement->items[item].index],
                             &quantizer);
    }
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
    if (status == 0) {
        onnx_write_batchnorms(&edit, calibrated);
        write_items(&edit, calibrated);
        for (size_t i = 0; i < calibrated->property_count; i++)
            onnx_edit_set_property(&edit, calibrated->properties[i].key,
                                   calibrated->properties[i].value);
        onnx_edit_pack(&edit, bytes, size);
    }
    onnx_edit_clear(&edit);
    return status;
}
