#include "core/evaluate/layer_gram.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"
#include "core/layer/recurrence_cells.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the windows that are added together, which stay in the second cache; but so many positions at least, that
 * sums are not carried to memory for a few. */
enum { WINDOW_BYTES = 1 << 18, POSITIONS_LEAST = 512 };

/* The number that floats of zero become. */
enum { FLOAT_ZERO = 1 << 15 };

static int group_outputs(const struct layer *layer)
{
    return layer->weights->outputs / layer->weights->groups;
}

bool layer_gram_suits(const struct network *network, const struct layer *layer)
{
    bool is_product =
        layer->kind == LAYER_CONV ||
        (layer_recurs(layer) && !recurrence_resets_before(&layer->recurrence));

    return is_product && weights_per_output(layer->weights) <= LAYER_GRAM_INPUTS_MOST &&
           network->tensors[layer->output].width <= GRAM_POSITIONS_MOST;
}

static size_t group_count(const struct layer *layer)
{
    return gram_count((int)weights_per_output(layer->weights), group_outputs(layer));
}

size_t layer_gram_count(const struct layer *layer)
{
    return (size_t)layer->weights->groups * group_count(layer);
}

struct gram layer_gram_of(const struct layer *layer, int group, int64_t *numbers)
{
    return gram_at(numbers + (size_t)group * group_count(layer),
                   (int)weights_per_output(layer->weights), group_outputs(layer));
}

float layer_gram_step(double magnitude)
{
    int exponent;

    if (!(magnitude > 0) || !isfinite(magnitude))
        return 1;
    frexp(magnitude, &exponent); /* magnitude < 2^exponent */
    exponent = exponent > 100 ? 100 : exponent < -100 ? -100 : exponent;
    return ldexpf(1, exponent - 14);
}

/* ---- floats on a grid ----------------------------------------------------------------------- */

/* Rounds half to even, as adding a number does whose last digit is one; `step` is a power of two. */
VECTOR_CLONES
static void round_to_words(const float *restrict values, size_t count, float step,
                           int16_t *restrict words)
{
    const float even = 0x1.8p23f, inverse = 1 / step;

    for (size_t i = 0; i < count; i++) {
        float word = values[i] * inverse;

        word = word > INT16_MAX ? INT16_MAX : word;
        word = word < INT16_MIN ? INT16_MIN : word;
        word = word == word ? word : 0;
        words[i] = (int16_t)(int)(word + even - even);
    }
}

/* To be freed. */
static int16_t *words_of(const float *values, size_t count, float step)
{
    int16_t *words = memory_get(count * sizeof *words);

    round_to_words(values, count, step, words);
    return words;
}

/* ---- what the layer sees, channel by channel -------------------------------------------------- */

/* Bytes [parts, channels, samples, height, width] of padded planes. */
struct turned {
    uint8_t *bytes; /* owned */
    int parts, channels, samples, height, width;
    int most; /* no byte is larger */
};

static size_t channel_bytes(const struct turned *turned)
{
    return (size_t)turned->samples * (size_t)turned->height * (size_t)turned->width;
}

/* The first pixel of a row of a plane, of the first channel. */
static uint8_t *row_of(const struct turned *turned, const struct window *window,
                       int sample, int row)
{
    return turned->bytes +
           (size_t)(sample * turned->height + row + window->pad_top) *
               (size_t)turned->width +
           window->pad_left;
}

/* Strides of the second loop are short where channels are few, those of the first else. */
static void turn_codes(const uint8_t *from, size_t pixels, size_t channels,
                       size_t apart, uint8_t *to)
{
    for (size_t channel = 0; channel < channels; channel++, to += apart)
        for (size_t pixel = 0; pixel < pixels; pixel++)
            to[pixel] = from[pixel * channels + channel];
}

static void turn_words(const int16_t *from, size_t pixels, size_t channels,
                       size_t apart, uint8_t *to)
{
    for (size_t channel = 0; channel < channels; channel++, to += apart)
        for (size_t pixel = 0; pixel < pixels; pixel++) {
            int number = from[pixel * channels + channel] + FLOAT_ZERO;

            to[pixel] = (uint8_t)(number >> 8);
            to[pixel + channels * apart] = (uint8_t)number;
        }
}

/* All is padding. */
static void fill(const struct turned *turned, const struct value *input)
{
    size_t bytes = channel_bytes(turned) * (size_t)turned->channels;

    if (value_is_codes(input)) {
        memset(turned->bytes, input->zero_code, bytes);
    } else {
        memset(turned->bytes, FLOAT_ZERO >> 8, bytes);
        memset(turned->bytes + bytes, 0, bytes);
    }
}

/* `words` are the input's floats on their grid. */
static void turn_row(const struct turned *turned, const struct value *input,
                     const int16_t *words, int sample, int row, uint8_t *to)
{
    const struct plane *plane = input->plane;
    size_t width = (size_t)plane->width, channels = (size_t)plane->channels;
    size_t apart = channel_bytes(turned);

    if (value_is_codes(input)) {
        const struct strides strides = plane_strides(plane);

        turn_codes(value_codes(input) + sample * strides.sample + row * strides.row,
                   width, channels, apart, to);
    } else {
        size_t line = (size_t)(sample * plane->height + row);

        turn_words(words + line * width * channels, width, channels, apart, to);
    }
}

static struct turned turn(const struct layer *layer, const struct value *input,
                          float step, int samples)
{
    const struct plane *plane = input->plane;
    const struct window *window = &layer->window;
    bool is_codes = value_is_codes(input);
    int16_t *words = NULL;
    struct turned turned = {
        .parts = is_codes ? 1 : 2,
        .channels = plane->channels,
        .samples = samples,
        .height = window->pad_top + plane->height + window->pad_bottom,
        .width = window->pad_left + plane->width + window->pad_right,
        .most = is_codes ? input->code_most : UINT8_MAX,
    };

    if (!is_codes)
        words = words_of(input->data, (size_t)samples * plane_inner_count(plane), step);
    turned.bytes =
        memory_get((size_t)(turned.parts * turned.channels) * channel_bytes(&turned));
    fill(&turned, input);
    for (int sample = 0; sample < samples; sample++)
        for (int row = 0; row < plane->height; row++)
            turn_row(&turned, input, words, sample, row,
                     row_of(&turned, window, sample, row));
    free(words);
    return turned;
}

/* ---- rows of windows ------------------------------------------------------------------------ */

/* Output rows [first, first + count) of all rows of all samples. */
struct lines {
    size_t first, count, rows, columns; /* rows of a sample, columns of a row */
};

static void copy_apart(const uint8_t *from, int apart, size_t count, uint8_t *to)
{
    if (apart == 1)
        memcpy(to, from, count);
    else
        for (size_t i = 0; i < count; i++)
            to[i] = from[i * (size_t)apart];
}

/* What lies under one place of the window. */
static void fill_row(const struct turned *turned, const struct window *window,
                     const uint8_t *plane, int tap, const struct lines *lines,
                     uint8_t *to)
{
    int y = tap / window->kernel_width * window->dilation_height;
    int x = tap % window->kernel_width * window->dilation_width;

    for (size_t line = lines->first; line < lines->first + lines->count; line++) {
        int sample = (int)(line / lines->rows), row = (int)(line % lines->rows);
        size_t at = (size_t)(sample * turned->height + row * window->stride_height + y);

        copy_apart(plane + at * (size_t)turned->width + x, window->stride_width,
                   lines->columns, to);
        to += lines->columns;
    }
}

/* [parts, taps, inputs of the group] */
static void fill_windows(const struct layer *layer, const struct turned *turned,
                         int group, const struct lines *lines, uint8_t *to)
{
    const struct weights *weights = layer->weights;
    size_t positions = lines->count * lines->columns, stride = gram_stride(positions);

    for (int part = 0; part < turned->parts; part++)
        for (int tap = 0; tap < weights->window; tap++)
            for (int input = 0; input < weights->inputs; input++, to += stride) {
                int channel = part * turned->channels + group * weights->inputs + input;

                fill_row(turned, &layer->window,
                         turned->bytes + (size_t)channel * channel_bytes(turned), tap,
                         lines, to);
                memset(to + positions, 0, stride - positions);
            }
}

/* Of all outputs those of a group, one after the other. */
static void fill_targets(const struct layer *layer, const int16_t *targets, int group,
                         const struct lines *lines, int16_t *to)
{
    size_t outputs = (size_t)layer->weights->outputs;
    size_t of_group = (size_t)group_outputs(layer);
    size_t positions = lines->count * lines->columns;
    const int16_t *from =
        targets + lines->first * lines->columns * outputs + (size_t)group * of_group;

    for (size_t output = 0; output < of_group; output++)
        for (size_t position = 0; position < positions; position++)
            *to++ = from[position * outputs + output];
}

/* ---- all ------------------------------------------------------------------------------------ */

/* Output rows that are added together: at least one. */
static size_t lines_together(const struct layer *layer, int parts, size_t columns)
{
    size_t bytes = (size_t)parts * weights_per_output(layer->weights);
    size_t positions = WINDOW_BYTES / bytes;

    positions = positions > POSITIONS_LEAST ? positions : POSITIONS_LEAST;
    positions = positions < GRAM_POSITIONS_MOST ? positions : GRAM_POSITIONS_MOST;
    return positions > columns ? positions / columns : 1;
}

void layer_gram_add(const struct layer *layer, const struct kernel_set *kernels,
                    const struct value *input, float input_step, const float *targets,
                    float target_step, int samples, int64_t *numbers, double *maxima)
{
    const struct window *window = &layer->window;
    struct turned turned = turn(layer, input, input_step, samples);
    struct lines lines = {
        .rows = (size_t)window_output_height(window, input->plane->height),
        .columns = (size_t)window_output_width(window, input->plane->width)};
    size_t together = lines_together(layer, turned.parts, lines.columns);
    size_t positions = together * lines.columns, all = lines.rows * (size_t)samples;
    size_t rows = (size_t)turned.parts * weights_per_output(layer->weights);
    uint8_t *windows = memory_aligned(rows * gram_stride(positions) + INPUT_SLACK);
    bool is_codes = value_is_codes(input);
    int16_t *words = words_of(
        targets, all * lines.columns * (size_t)layer->weights->outputs, target_step);
    int16_t *t = memory_get((size_t)group_outputs(layer) * positions * sizeof *t);

    maxima[LAYER_GRAM_INPUT_STEP] = (double)(is_codes ? input->step : input_step);
    maxima[LAYER_GRAM_INPUT_ZERO] = is_codes ? input->zero_code : FLOAT_ZERO;
    for (; lines.first < all; lines.first += together) {
        lines.count = all - lines.first < together ? all - lines.first : together;
        for (int group = 0; group < layer->weights->groups; group++) {
            const struct gram gram = layer_gram_of(layer, group, numbers);

            fill_windows(layer, &turned, group, &lines, windows);
            fill_targets(layer, words, group, &lines, t);
            gram_add(kernels, &gram,
                     &(struct gram_rows){windows, turned.parts, turned.most, t,
                                         lines.count * lines.columns});
        }
    }
    free(turned.bytes);
    free(windows);
    free(words);
    free(t);
}
