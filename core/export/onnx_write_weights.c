/* The weights of a layer in the file: as integers with steps, of the tensor, of channels or of blocks, or as floats. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t slices_of(const struct weights *weights)
{
    return weights->slices > 1 ? (size_t)weights->slices : 1;
}

/* Of a ConvTranspose: where the weight of an output and an input stands, at `place` of a window of `span`. */
static size_t index_turned(const struct weights *weights, size_t ins, size_t out,
                           size_t in, size_t place, size_t span)
{
    size_t outs = (size_t)(weights->outputs / weights->groups);

    return ((out / outs * ins + in) * outs + out % outs) * span + span - 1 - place;
}

/* Where the weight at [out, y, x, slice, in], the order of a layer, stands in the file; or, of `ins` blocks of
 * neighbouring inputs, the step of one. */
static size_t index_in_file(const struct place *place, size_t ins, size_t at)
{
    const struct weights *weights = place->layer->weights;
    size_t slices = slices_of(weights), area = (size_t)weights->window;
    size_t count = area * slices * ins;
    size_t out = at / count, tap = at % count / ins / slices;
    size_t in = at % ins, slice = at / ins % slices;

    if (place->is_transposed)
        return in * (size_t)weights->outputs + out;
    if (weights->is_turned)
        return index_turned(weights, ins, out, in, slice * area + tap, slices * area);
    return ((out * ins + in) * slices + slice) * area + tap;
}

/* Inputs that neighbour each other. */
static size_t run_of(const struct place *place)
{
    return (size_t)place->layer->weights->inputs / slices_of(place->layer->weights);
}

static size_t weight_count(const struct layer *layer)
{
    return weights_count(layer->weights);
}

/* The integers as the file holds them: little-endian, or some in a byte, the first in its low bits. */
static uint8_t *integer_bytes(const struct place *place,
                              const struct coded_weights *weights, size_t *size)
{
    size_t count = weight_count(place->layer);
    int bits = weights->container.bits;
    uint8_t *bytes;

    *size = (count * (size_t)bits + 7) / 8;
    bytes = memory_zeroed(*size, 1);
    for (size_t i = 0; i < count; i++) {
        uint16_t integer = (uint16_t)weights->integers[i];
        size_t at = index_in_file(place, run_of(place), i);

        if (bits < 8) {
            size_t each = 8 / (size_t)bits;

            bytes[at / each] |=
                (uint8_t)((integer & ((1 << bits) - 1)) << at % each * (size_t)bits);
        } else if (bits == 8) {
            bytes[at] = (uint8_t)integer;
        } else {
            bytes[2 * at] = (uint8_t)integer;
            bytes[2 * at + 1] = (uint8_t)(integer >> 8);
        }
    }
    return bytes;
}

/* Appends those of the window to `dims` [rank]; returns how many there are. */
static size_t add_window_dims(const struct place *place, int64_t dims[PLACE_DIMS_MOST],
                              size_t rank)
{
    const struct window *window = &place->layer->window;
    int axes = place->layer->weights->axes;

    if (axes == 3)
        dims[rank++] = (int64_t)slices_of(place->layer->weights);
    if (axes != 1)
        dims[rank++] = window->kernel_height;
    dims[rank++] = window->kernel_width;
    return rank;
}

size_t onnx_place_dims(const struct place *place, int64_t outputs,
                       int64_t dims[PLACE_DIMS_MOST])
{
    const struct weights *weights = place->layer->weights;
    int64_t ins = weights->inputs / (int64_t)slices_of(weights),
            groups = weights->groups;

    if (!place->is_conv) {
        dims[0] = place->is_transposed ? ins : outputs;
        dims[1] = place->is_transposed ? outputs : ins;
        return 2;
    }
    dims[0] = weights->is_turned ? ins * groups : outputs * groups;
    dims[1] = weights->is_turned ? outputs : ins;
    return add_window_dims(place, dims, 2);
}

static size_t weight_dims(const struct place *place, int64_t dims[PLACE_DIMS_MOST])
{
    const struct weights *weights = place->layer->weights;

    if (place->directions == 0)
        return onnx_place_dims(place, weights->outputs / weights->groups, dims);
    dims[0] = place->directions;
    dims[1] = weights->outputs / place->directions;
    dims[2] = weights->inputs;
    return 3;
}

static char *add_integers(const struct place *place, const char *base,
                          const struct coded_weights *weights)
{
    char *name = onnx_edit_fresh_name(place->edit, base, "_quantized");
    int64_t dims[PLACE_DIMS_MOST];
    size_t rank = weight_dims(place, dims), size;
    uint8_t *bytes = integer_bytes(place, weights, &size);

    onnx_edit_add_tensor(place->edit, name, weights->container.type, dims, rank, bytes,
                         size);
    free(bytes);
    return name;
}

static bool are_same(const float *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

/* Where the file has the outputs of the weights, and where their inputs. */
static int output_axis(const struct place *place)
{
    return place->is_transposed || place->directions > 0 ||
                   place->layer->weights->is_turned
               ? 1
               : 0;
}

static int input_axis(const struct place *place)
{
    return place->directions > 0 ? 2 : 1 - output_axis(place);
}

/* The steps as the file has them: one, or of outputs, or of blocks. */
struct file_steps {
    float *values; /* owned */
    size_t count, rank;
    int64_t dims[PLACE_DIMS_MOST];
};

static struct file_steps steps_of(const struct place *place,
                                  const struct coded_weights *weights)
{
    size_t count = step_layout_count(&weights->layout);
    size_t blocks = step_layout_of_row(&weights->layout);
    struct file_steps steps = {
        .values = memory_copy(weights->steps, count * sizeof(float)), .count = count};

    if (weights->block > 0) {
        steps.rank = weight_dims(place, steps.dims);
        steps.dims[input_axis(place)] = (int64_t)blocks;
        for (size_t i = 0; i < count; i++)
            steps.values[index_in_file(place, blocks, i)] = weights->steps[i];
    } else if (are_same(weights->steps, count)) {
        steps.count = 1;
    } else {
        steps.dims[steps.rank++] = (int64_t)count;
    }
    return steps;
}

/* Scale and zero-point. */
static void add_steps(const struct place *place, const char *base,
                      const struct coded_weights *weights, char **step, char **zero)
{
    struct file_steps steps = steps_of(place, weights);
    size_t size = (steps.count * (size_t)weights->container.bits + 7) / 8;
    uint8_t *zeros = memory_zeroed(size, 1);

    *step = onnx_edit_fresh_name(place->edit, base, "_scale");
    onnx_edit_add_floats(place->edit, *step, steps.dims, steps.rank, steps.values);
    *zero = onnx_edit_fresh_name(place->edit, base, "_zero_point");
    onnx_edit_add_tensor(place->edit, *zero, weights->container.type, steps.dims,
                         steps.rank, zeros, size);
    free(zeros);
    free(steps.values);
}

/* Which axis has the steps. */
static void set_axis(const struct place *place, const struct coded_weights *weights,
                     Onnx__NodeProto *node)
{
    if (weights->block > 0) {
        onnx_edit_set_integer(node, "axis", input_axis(place));
        onnx_edit_set_integer(node, "block_size", weights->block);
    } else if (!are_same(weights->steps, step_layout_count(&weights->layout))) {
        onnx_edit_set_integer(node, "axis", output_axis(place));
    }
}

/* ONNX Runtime (1.30) makes integer kernels of integers of 2 bits, and of blocks of 8 as if they were steps of
 * channels, where codes meet them, and cannot run them; of 4 bits it makes none. It does not see them behind a
 * Reshape. */
static bool has_no_kernel(const struct coded_weights *weights)
{
    return weights->block > 0 || weights->container.bits == 2;
}

static void hide(const struct place *place, Onnx__NodeProto *node, const char *values)
{
    int64_t dims[PLACE_DIMS_MOST], rank = (int64_t)weight_dims(place, dims);
    char *shape = onnx_edit_fresh_name(place->edit, values, "_shape");
    char *blocks = onnx_edit_fresh_name(place->edit, values, "_blocks");

    onnx_edit_add_tensor(place->edit, shape, ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
                         &rank, 1, dims, (size_t)rank * sizeof *dims);
    onnx_edit_set_output(node, blocks);
    onnx_edit_add_node(place->edit, place->layer->node - 1, "Reshape",
                       (const char *[]){blocks, shape}, 2, values);
    free(shape);
    free(blocks);
}

/* The node reads `values` in place of the weights `old`. */
static void read_instead(const struct place *place, const char *old, const char *values)
{
    onnx_edit_set_input(place->node, place->weights_input, values);
    onnx_edit_drop_attribute(place->node, "alpha"); /* the weights contain it */
    onnx_edit_drop_unread(place->edit, old);
}

void onnx_place_weights(const struct place *place, const struct coded_weights *weights)
{
    char *old = memory_text(place->node->input[place->weights_input]);
    char *values = onnx_edit_fresh_name(place->edit, old, "_dequantized");
    char *codes = add_integers(place, old, weights);
    char *step, *zero;
    Onnx__NodeProto *node;

    add_steps(place, old, weights, &step, &zero);
    node = onnx_edit_add_node(place->edit, place->layer->node - 1, "DequantizeLinear",
                              (const char *[]){codes, step, zero}, 3, values);
    set_axis(place, weights, node);
    if (place->hides_from_kernels && has_no_kernel(weights))
        hide(place, node, values);
    read_instead(place, old, values);
    free(old);
    free(values);
    free(codes);
    free(step);
    free(zero);
}

void onnx_place_integers(const struct place *place, const struct coded_weights *weights)
{
    char *old = memory_text(place->node->input[place->weights_input]);
    char *values = onnx_edit_fresh_name(place->edit, old, "_integers");
    char *codes = add_integers(place, old, weights);
    Onnx__NodeProto *node =
        onnx_edit_add_node(place->edit, place->layer->node - 1, "Cast",
                           (const char *[]){codes}, 1, values);

    onnx_edit_set_integer(node, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    read_instead(place, old, values);
    free(old);
    free(values);
    free(codes);
}

void onnx_place_floats(const struct place *place, const float *values,
                       const char *suffix)
{
    size_t count = weight_count(place->layer);
    float *in_file = memory_get(count * sizeof *in_file);
    char *old = memory_text(place->node->input[place->weights_input]);
    char *name = onnx_edit_fresh_name(place->edit, old, suffix);
    int64_t dims[PLACE_DIMS_MOST];
    size_t rank = weight_dims(place, dims);

    for (size_t i = 0; i < count; i++)
        in_file[index_in_file(place, run_of(place), i)] = values[i];
    onnx_edit_add_floats(place->edit, name, dims, rank, in_file);
    read_instead(place, old, name);
    free(in_file);
    free(old);
    free(name);
}
