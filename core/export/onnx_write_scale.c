/* The scale and the shift of each channel, as nodes behind a layer. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"

#include <stdlib.h>

size_t onnx_place_channel_dims(const struct place *place, int64_t dims[4])
{
    for (int i = 0; i < 4; i++)
        dims[i] = i == 0 ? place->layer->weights->outputs : 1;
    return place->is_conv ? 1 + (size_t)place->layer->weights->axes : 1;
}

/* A constant for each channel of what the layer gives. */
static char *add_channels(const struct place *place, const char *suffix,
                          const float *values)
{
    char *name = onnx_edit_fresh_name(place->edit, place->node->output[0], suffix);
    int64_t dims[4];
    size_t rank = onnx_place_channel_dims(place, dims);

    onnx_edit_add_floats(place->edit, name, dims, rank, values);
    return name;
}

static void put_behind(struct place *place)
{
    char *scale = add_channels(place, "_channel_scale", place->layer->conv.scale);
    char *shift = add_channels(place, "_channel_shift", place->shift);

    onnx_place_put_behind(place, "Mul", scale);
    onnx_place_put_behind(place, "Add", shift);
    free(scale);
    free(shift);
}

/* A row of one value for each channel. */
static char *add_row(const struct place *place, const char *suffix, const float *values)
{
    int64_t channels = place->layer->weights->outputs;
    char *name = onnx_edit_fresh_name(place->edit, place->node->output[0], suffix);

    onnx_edit_add_floats(place->edit, name, &channels, 1, values);
    return name;
}

static char *add_same(const struct place *place, const char *suffix, float value)
{
    size_t channels = (size_t)place->layer->weights->outputs;
    float *values = memory_get(channels * sizeof *values);
    char *name;

    for (size_t i = 0; i < channels; i++)
        values[i] = value;
    name = add_row(place, suffix, values);
    free(values);
    return name;
}

/* Behind a line a batch norm of mean 0 and variance 1: it is read back as part of the layer. */
static void put_norm_behind(struct place *place)
{
    char *output = memory_text(place->last->output[0]);
    char *products = onnx_edit_fresh_name(place->edit, output, "_products");
    char *scale = add_row(place, "_channel_scale", place->layer->conv.scale);
    char *shift = add_row(place, "_channel_shift", place->shift);
    char *mean = add_same(place, "_channel_mean", 0),
         *variance = add_same(place, "_channel_variance", 1);

    onnx_edit_set_output(place->last, products);
    place->last = onnx_edit_add_node(
        place->edit, place->layer->node, "BatchNormalization",
        (const char *[]){products, scale, shift, mean, variance}, 5, output);
    onnx_edit_set_real(place->last, "epsilon", 0);
    free(output);
    free(products);
    free(scale);
    free(shift);
    free(mean);
    free(variance);
}

void onnx_place_scale_and_shift(struct place *place)
{
    onnx_place_bias(place, "");
    if (place->is_conv && place->layer->weights->axes == 1)
        put_norm_behind(place);
    else
        put_behind(place);
}
