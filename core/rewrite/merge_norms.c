#include "core/rewrite/merge_norms.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"
#include "core/network/rows.h"
#include "core/rewrite/rewrite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 12 };

/* A norm as it is found, from its quotient on; layers are known by their outputs. */
struct pattern {
    struct network *network;
    int parts[PARTS_MAX]; /* [part_count] outputs of the layers that it is made of */
    int part_count;
    int input;        /* tensor */
    int normed;       /* tensor that is divided: the input, or it less its mean */
    struct norm norm; /* without scale and shift */
    double *scale,
        *shift; /* [elements] of what is behind the quotient; or NULL; owned */
};

/* Makes a layer a part of the pattern; false where there is none, or it cuts. */
static bool take(struct pattern *pattern, const struct layer *layer)
{
    if (!layer || !layer_is_unclamped(layer) || pattern->part_count == PARTS_MAX)
        return false;
    pattern->parts[pattern->part_count++] = layer->output;
    return true;
}

/* ---- which layers ------------------------------------------------------------------------- */

static bool is_binary(const struct layer *layer, enum binary_operation operation,
                      int inputs)
{
    return layer && layer->kind == LAYER_BINARY &&
           layer->binary.operation == operation && layer->input_count == inputs;
}

static bool is_unary(const struct layer *layer, enum unary_operation operation)
{
    return layer && layer->kind == LAYER_UNARY && layer->unary.operation == operation;
}

/* One divided by its input. */
static bool is_reciprocal(const struct layer *layer)
{
    return is_unary(layer, UNARY_RECIPROCAL) ||
           (is_binary(layer, BINARY_DIV, 1) && layer->binary.constant_at == 0 &&
            layer->binary.constant_count == 1 && layer->binary.constant[0] == 1);
}

/* Which element of an operand belongs to an element of the output. */
static size_t operand_at(const struct binary *binary, int which, size_t index)
{
    size_t at = 0;

    for (int dim = binary->rank - 1; dim >= 0; dim--) {
        size_t count = (size_t)binary->dims[dim];

        at += index % count * (size_t)binary->strides[which][dim];
        index /= count;
    }
    return at;
}

/* Whether of two operands one is what rows are made of, and the other has an element for each row. */
static bool is_by_rows(const struct network *network, const struct layer *layer,
                       int of_rows, const struct rows *rows)
{
    size_t length = rows_length(rows), count = network->tensors[layer->output].count;

    if (rows_count(rows) * length != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = rows_first(rows, i / length) + rows_element(rows, i % length);

        if (operand_at(&layer->binary, of_rows, at) != i / length ||
            operand_at(&layer->binary, 1 - of_rows, at) != at)
            return false;
    }
    return true;
}

/* A pool whose one window is all rows or all columns. */
static bool is_whole(const struct network *network, const struct layer *layer,
                     bool is_along[3])
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];
    const struct tensor *output = &network->tensors[layer->output];
    const struct window *window = &layer->window;

    is_along[0] = false;
    is_along[1] = window->kernel_height == input->height;
    is_along[2] = window->kernel_width == input->width;
    return input->rank == 3 && window->pad_top == 0 && window->pad_left == 0 &&
           (is_along[1] ? output->height == 1 : window->kernel_height == 1) &&
           (is_along[2] ? output->width == 1 : window->kernel_width == 1) &&
           output->count * (size_t)window->kernel_height *
                   (size_t)window->kernel_width ==
               input->count;
}

/* The rows whose means a layer gives, in the order of its output; false where it gives others. */
static bool find_mean(const struct network *network, const struct layer *layer,
                      struct rows *rows)
{
    bool is_along[3];

    if (layer && layer->kind == LAYER_REDUCTION &&
        layer->reduction.operation == REDUCTION_MEAN) {
        *rows = layer->reduction.rows;
        return true;
    }
    if (!layer || layer->kind != LAYER_AVERAGE_POOL ||
        !is_whole(network, layer, is_along))
        return false;
    *rows = rows_of(&network->tensors[layer->inputs[0]], is_along, true);
    return true;
}

/* ---- the parts, backwards ------------------------------------------------------------------ */

/* Its input plus one number that is not below zero. */
static bool adds_epsilon(const struct network *network, const struct layer *layer,
                         float *epsilon)
{
    const struct affine *affine;

    if (!layer || layer->kind != LAYER_AFFINE || layer->batchnorm ||
        !layer->affine.shift)
        return false;
    affine = &layer->affine;
    for (int i = 0; i < network->tensors[layer->output].channels; i++)
        if ((affine->scale && affine->scale[i] != 1) ||
            affine->shift[i] != affine->shift[0])
            return false;
    *epsilon = affine->shift[0];
    return *epsilon >= 0;
}

/* The mean of squares and what it is made of, from the root's input on. */
static bool find_squares(struct pattern *pattern, int tensor)
{
    const struct network *network = pattern->network;
    const struct layer *layer = rewrite_producer(network, tensor);

    if (adds_epsilon(network, layer, &pattern->norm.epsilon)) {
        if (!take(pattern, layer))
            return false;
        layer = rewrite_producer(network, layer->inputs[0]);
    }
    if (!find_mean(network, layer, &pattern->norm.rows) || !take(pattern, layer))
        return false;
    layer = rewrite_producer(network, layer->inputs[0]);
    return is_binary(layer, BINARY_MUL, 2) && layer->inputs[0] == layer->inputs[1] &&
           layer->inputs[0] == pattern->normed && take(pattern, layer);
}

/* What is divided, and by what: the quotient, or the product with a reciprocal. */
static bool find_quotient(struct pattern *pattern, const struct layer *layer, int which)
{
    const struct network *network = pattern->network;
    const struct layer *divisor;

    pattern->normed = layer->inputs[1 - which];
    divisor = rewrite_producer(network, layer->inputs[which]);
    if (is_binary(layer, BINARY_MUL, 2)) {
        if (!is_reciprocal(divisor) || !take(pattern, divisor))
            return false;
        divisor = rewrite_producer(network, divisor->inputs[0]);
    } else if (which != 1) {
        return false;
    }
    return is_unary(divisor, UNARY_SQRT) && take(pattern, divisor) &&
           find_squares(pattern, divisor->inputs[0]) &&
           is_by_rows(network, layer, which, &pattern->norm.rows);
}

/* Whether a mean is taken off what is divided: then that is the input. */
static bool find_centre(struct pattern *pattern)
{
    const struct network *network = pattern->network;
    const struct layer *less = rewrite_producer(network, pattern->normed), *mean;
    struct rows rows;

    pattern->input = pattern->normed;
    pattern->norm.size = NORM_ROOT_MEAN_SQUARE;
    if (!is_binary(less, BINARY_SUB, 2))
        return true;
    mean = rewrite_producer(network, less->inputs[1]);
    if (!find_mean(network, mean, &rows) || mean->inputs[0] != less->inputs[0] ||
        !rows_are_equal(&rows, &pattern->norm.rows) ||
        !is_by_rows(network, less, 1, &rows))
        return true;
    pattern->input = less->inputs[0];
    pattern->norm.size = NORM_DEVIATION;
    return take(pattern, less) && take(pattern, mean);
}

static bool is_part(const struct pattern *pattern, const struct layer *layer)
{
    for (int i = 0; i < pattern->part_count; i++)
        if (pattern->parts[i] == layer->output)
            return true;
    return false;
}

/* Whether nobody else sees the outputs of parts, but the last one's. */
static bool is_closed(const struct pattern *pattern, int last)
{
    const struct network *network = pattern->network;

    for (int i = 0; i < pattern->part_count; i++) {
        int tensor = pattern->parts[i];

        if (tensor == last)
            continue;
        if (tensor == network->output || network->tensors[tensor].codes.step > 0)
            return false;
        for (int index = 0; index < network->layer_count; index++)
            if (layer_reads(&network->layers[index], tensor) &&
                !is_part(pattern, &network->layers[index]))
                return false;
    }
    return true;
}

/* ---- scale and shift, forwards ------------------------------------------------------------- */

/* What a layer multiplies its input with and adds to it, at an element; false where it does something
 * else. */
static bool find_affine(const struct network *network, const struct layer *layer,
                        size_t at, double *scale, double *shift)
{
    size_t channel = at % (size_t)network->tensors[layer->output].channels;
    const struct binary *binary = &layer->binary;

    *scale = 1;
    *shift = 0;
    if (layer->kind == LAYER_AFFINE && !layer->batchnorm) {
        if (layer->affine.scale)
            *scale = layer->affine.scale[channel];
        if (layer->affine.shift)
            *shift = layer->affine.shift[channel];
        return true;
    }
    if (is_binary(layer, BINARY_MUL, 1))
        *scale = binary->constant[operand_at(binary, binary->constant_at, at)];
    else if (is_binary(layer, BINARY_ADD, 1))
        *shift = binary->constant[operand_at(binary, binary->constant_at, at)];
    else
        return false;
    return operand_at(binary, 1 - binary->constant_at, at) == at;
}

/* Takes a layer's scale and shift at all elements; false where it has others. */
static bool take_affine(struct pattern *pattern, const struct layer *layer,
                        size_t count)
{
    double *scale = memory_get(count * sizeof *scale);
    double *shift = memory_get(count * sizeof *shift);

    for (size_t i = 0; i < count; i++) {
        if (!find_affine(pattern->network, layer, i, &scale[i], &shift[i])) {
            free(scale);
            free(shift);
            return false;
        }
        shift[i] += scale[i] * (pattern->shift ? pattern->shift[i] : 0);
        scale[i] *= pattern->scale ? pattern->scale[i] : 1;
    }
    free(pattern->scale);
    free(pattern->shift);
    pattern->scale = scale;
    pattern->shift = shift;
    return true;
}

/* Element e of row r. */
static size_t place(const struct rows *rows, size_t row, size_t element)
{
    return rows_first(rows, row) + rows_element(rows, element);
}

/* Whether values are the same for each row, or else for each element of a row. */
static bool differ_by(const struct rows *rows, const double *values, bool by_row)
{
    size_t length = rows_length(rows), count = rows_count(rows);

    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < length; i++)
            if (values[place(rows, row, i)] !=
                values[by_row ? place(rows, row, 0) : place(rows, 0, i)])
                return false;
    return true;
}

/* Gives the norm the scale and shift that were found; false where it cannot have them. */
static bool give_affine(const struct pattern *pattern, struct norm *norm)
{
    const struct rows *rows = &norm->rows;
    size_t length = rows_length(rows);
    bool by_row;

    norm->run = norm->count = 1;
    if (!pattern->scale)
        return true;
    by_row = !differ_by(rows, pattern->scale, false) ||
             !differ_by(rows, pattern->shift, false);
    if (by_row && (!differ_by(rows, pattern->scale, true) ||
                   !differ_by(rows, pattern->shift, true)))
        return false;
    norm->value_count = by_row ? rows_count(rows) : length;
    norm->per_row = by_row;
    norm->run = by_row ? length : 1;
    norm->count = by_row ? 1 : length;
    norm->scale = memory_get(norm->value_count * sizeof *norm->scale);
    norm->shift = memory_get(norm->value_count * sizeof *norm->shift);
    for (size_t i = 0; i < norm->value_count; i++) {
        size_t at = by_row ? place(rows, i, 0) : place(rows, 0, i);

        norm->scale[i] = (float)pattern->scale[at];
        norm->shift[i] = (float)pattern->shift[at];
    }
    return true;
}

/* ---- all ---------------------------------------------------------------------------------- */

static void pattern_clear(struct pattern *pattern)
{
    free(pattern->scale);
    free(pattern->shift);
}

/* Whether a quotient is that of a norm; the pattern is its parts before. */
static bool find_norm(struct network *network, const struct layer *quotient,
                      struct pattern *pattern)
{
    if (!is_binary(quotient, BINARY_DIV, 2) && !is_binary(quotient, BINARY_MUL, 2))
        return false;
    for (int which = 0; which < 2; which++) {
        *pattern = (struct pattern){
            .network = network, .parts = {quotient->output}, .part_count = 1};
        if (find_quotient(pattern, quotient, which) && find_centre(pattern) &&
            is_closed(pattern, quotient->output))
            return true;
    }
    return false;
}

/* Makes the layer at `last` the norm; the parts before it go. */
static void put(struct pattern *pattern, int last, const struct norm *norm)
{
    struct network *network = pattern->network;
    struct layer *layer = &network->layers[last];
    int output = layer->output;

    if (layer_kind_of(layer)->clear)
        layer_kind_of(layer)->clear(layer);
    layer->kind = LAYER_NORM;
    layer->norm = *norm;
    layer->inputs[0] = pattern->input;
    layer->input_count = 1;
    for (int i = 0; i < pattern->part_count; i++)
        if (pattern->parts[i] != output)
            rewrite_remove_layer(network, network->tensors[pattern->parts[i]].producer);
}

/* Takes a scale and a shift behind the quotient as long as a norm can have them; gives the last layer. */
static int take_behind(struct pattern *pattern, int last, struct norm *norm)
{
    struct network *network = pattern->network;
    size_t count = network->tensors[network->layers[last].output].count;

    *norm = pattern->norm;
    give_affine(pattern, norm);
    for (int steps = 0; steps < 2; steps++) {
        const struct layer *layer = &network->layers[last];
        int reader = rewrite_only_reader(network, layer->output);
        struct norm wider = pattern->norm;

        if (reader < 0 || !layer_is_unclamped(layer) ||
            !take_affine(pattern, &network->layers[reader], count) ||
            !give_affine(pattern, &wider))
            break;
        free(norm->scale);
        free(norm->shift);
        *norm = wider;
        pattern->parts[pattern->part_count++] = network->layers[reader].output;
        last = reader;
    }
    return last;
}

static bool merge(struct network *network, int index)
{
    struct pattern pattern;
    struct norm norm;
    int last;

    if (!find_norm(network, &network->layers[index], &pattern))
        return false;
    last = take_behind(&pattern, index, &norm);
    put(&pattern, last, &norm);
    pattern_clear(&pattern);
    return true;
}

int network_merge_norms(struct network *network)
{
    int count = 0;

    for (int index = 0; index < network->layer_count;)
        if (merge(network, index)) {
            count++;
            index = 0; /* layers before it are gone */
        } else {
            index++;
        }
    return count;
}
