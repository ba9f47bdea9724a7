#include "core/evaluate/measure.h"

#include "core/base/memory.h"
#include "core/evaluate/layer_gram.h"
#include "core/evaluate/moments.h"
#include "core/evaluate/product_means.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct quantized_tensor *item_of(const struct measured *of)
{
    return &of->placement->items[of->measure->subject];
}

static const struct tensor *tensor_of(const struct measured *of)
{
    return &of->network->tensors[item_of(of)->index];
}

static const struct layer *layer_of(const struct measured *of)
{
    return &of->network->layers[of->measure->subject];
}

/* Pixels of a sample of what a layer makes. */
static size_t pixels_of(const struct measured *of, int channels)
{
    return of->network->tensors[layer_of(of)->output].count / (size_t)channels;
}

/* ---- ranges --------------------------------------------------------------------------------- */

enum { MINUS_LOW, HIGH, RANGE_MAXIMA };

static struct measure_room range_room(const struct measured *of)
{
    (void)of;
    return (struct measure_room){0, RANGE_MAXIMA};
}

static struct range range_told(const double *maxima)
{
    return (struct range){(float)-maxima[MINUS_LOW], (float)maxima[HIGH]};
}

static void put_range(struct range range, double *maxima)
{
    maxima[MINUS_LOW] = -(double)range.low;
    maxima[HIGH] = range.high;
}

static void add_to_range(const struct measured *of, const float *values, size_t count,
                         int64_t *sums, double *maxima)
{
    struct range range = range_told(maxima);

    (void)of;
    (void)sums;
    range_add(&range, values, count);
    put_range(range, maxima);
}

static void tell_range(const struct measured *of, const int64_t *sums,
                       const double *maxima, void *answer)
{
    (void)of;
    (void)sums;
    *(struct range *)answer = range_told(maxima);
}

/* ---- histograms ----------------------------------------------------------------------------- */

enum { ZEROS, BELOW, ABOVE, COUNTS };

static struct measure_room histogram_room(const struct measured *of)
{
    return (struct measure_room){COUNTS + (size_t)of->measure->bins, RANGE_MAXIMA};
}

static void tell_histogram(const struct measured *of, const int64_t *sums,
                           const double *maxima, void *answer)
{
    struct histogram *histogram = answer;

    histogram_init(histogram, of->measure->range, of->measure->bins);
    histogram->zeros = sums[ZEROS];
    histogram->below = sums[BELOW];
    histogram->above = sums[ABOVE];
    memcpy(histogram->counts, sums + COUNTS,
           (size_t)histogram->bins * sizeof *histogram->counts);
    histogram->inner = range_told(maxima);
}

static void add_to_histogram(const struct measured *of, const float *values,
                             size_t count, int64_t *sums, double *maxima)
{
    struct range inner = range_told(maxima);

    histogram_tally_add(&(struct histogram_tally){of->measure->range, of->measure->bins,
                                                  &inner, &sums[ZEROS], &sums[BELOW],
                                                  &sums[ABOVE], sums + COUNTS},
                        values, count);
    put_range(inner, maxima);
}

/* ---- maxima of channels --------------------------------------------------------------------- */

static struct measure_room channel_room(const struct measured *of)
{
    return (struct measure_room){0, (size_t)tensor_of(of)->channels + 1};
}

/* Magnitudes are not below zero. */
static void tell_channels(const struct measured *of, const int64_t *sums,
                          const double *maxima, void *answer)
{
    float *floats = answer;

    (void)sums;
    for (size_t i = 0; i < channel_room(of).maxima; i++)
        floats[i] = (float)fmax(maxima[i], 0);
}

static void add_to_channels(const struct measured *of, const float *values,
                            size_t samples, int64_t *sums, double *maxima)
{
    const struct tensor *tensor = tensor_of(of);
    size_t channels = (size_t)tensor->channels;
    float *floats = memory_get((channels + 1) * sizeof *floats);

    tell_channels(of, sums, maxima, floats);
    activation_split_look(&item_of(of)->split, values,
                          samples * tensor->count / channels, channels, floats);
    for (size_t i = 0; i <= channels; i++)
        maxima[i] = floats[i];
    free(floats);
}

/* ---- moments of batch norms ----------------------------------------------------------------- */

static struct measure_room moments_room(const struct measured *of)
{
    return (struct measure_room){moments_count(layer_of(of)->batchnorm->channels), 0};
}

static void add_to_moments(const struct measured *of, const float *values,
                           size_t samples, int64_t *sums, double *maxima)
{
    const struct batchnorm *batchnorm = layer_of(of)->batchnorm;

    (void)maxima;
    moments_add(batchnorm, values, (int)samples, pixels_of(of, batchnorm->channels),
                sums);
}

static void tell_moments(const struct measured *of, const int64_t *sums,
                         const double *maxima, void *answer)
{
    const struct batchnorm *batchnorm = layer_of(of)->batchnorm;
    float *means = answer;

    (void)maxima;
    moments_statistics(batchnorm, sums, means, means + batchnorm->channels);
}

/* ---- means of products ---------------------------------------------------------------------- */

static struct measure_room means_room(const struct measured *of)
{
    return (struct measure_room){product_means_count(layer_of(of)->weights->outputs),
                                 0};
}

static void add_to_means(const struct measured *of, const float *values, size_t samples,
                         int64_t *sums, double *maxima)
{
    int channels = layer_of(of)->weights->outputs;

    (void)maxima;
    product_means_add(values, (int)samples, pixels_of(of, channels), channels, sums);
}

static void tell_means(const struct measured *of, const int64_t *sums,
                       const double *maxima, void *answer)
{
    (void)maxima;
    product_means_of(sums, layer_of(of)->weights->outputs, answer);
}

/* ---- largest magnitudes --------------------------------------------------------------------- */

static struct measure_room largest_room(const struct measured *of)
{
    (void)of;
    return (struct measure_room){0, 1};
}

static void raise(const float *values, size_t count, double *largest)
{
    struct range range = {0, 0};

    range_add(&range, values, count);
    *largest = fmax(*largest, range_magnitude(range));
}

static void add_to_largest_input(const struct measured *of, const float *values,
                                 size_t elements, int64_t *sums, double *maxima)
{
    (void)of;
    (void)sums;
    raise(values, elements, maxima);
}

static void add_to_largest_product(const struct measured *of, const float *values,
                                   size_t samples, int64_t *sums, double *maxima)
{
    (void)sums;
    raise(values, samples * network_products(of->network, of->measure->subject),
          maxima);
}

static void tell_largest(const struct measured *of, const int64_t *sums,
                         const double *maxima, void *answer)
{
    (void)of;
    (void)sums;
    *(double *)answer = *maxima;
}

/* ---- moments of windows and targets --------------------------------------------------------- */

struct measure measure_of_gram(int layer, float input_step, float target_step)
{
    return (struct measure){
        .kind = MEASURE_GRAM, .subject = layer, .range = {input_step, target_step}};
}

static struct measure_room gram_room(const struct measured *of)
{
    return (struct measure_room){layer_gram_count(layer_of(of)), LAYER_GRAM_MAXIMA};
}

static void tell_gram(const struct measured *of, const int64_t *sums,
                      const double *maxima, void *answer)
{
    struct gram_answer *gram = answer;

    gram->input_step = maxima[LAYER_GRAM_INPUT_STEP];
    gram->input_zero = maxima[LAYER_GRAM_INPUT_ZERO];
    memcpy(gram->numbers, sums, gram_room(of).sums * sizeof *sums);
}

/* ---- errors of rounding ----------------------------------------------------------------------- */

/* A choice is all in the measure: its step as the range, and the rest as the bins. */
enum { GRID_AT = 8, ZERO_AT = 16, BYTE = 0xff };

struct measure measure_of_error(int item, struct choice choice)
{
    return (struct measure){
        .kind = MEASURE_ERROR,
        .subject = item,
        .range = {choice.step, 0},
        .bins = choice.bits | choice.grid << GRID_AT | choice.zero << ZERO_AT,
    };
}

static struct tensor_rounding rounding_of(const struct measured *of)
{
    int bins = of->measure->bins;
    const struct choice choice = {.step = of->measure->range.low,
                                  .bits = bins & BYTE,
                                  .grid = bins >> GRID_AT & BYTE,
                                  .zero = bins >> ZERO_AT & BYTE};

    return (struct tensor_rounding){choice_quantizer(choice), 0, -1,
                                    tensor_of(of)->channels};
}

static struct measure_room error_room(const struct measured *of)
{
    return (struct measure_room){TENSOR_ERROR_SUMS,
                                 tensor_error_maxima(tensor_of(of)->channels)};
}

static void round_as_chosen(const struct measured *of,
                            const struct quantizer *quantizer, float *values,
                            size_t count)
{
    const struct activation_split *split = &item_of(of)->split;

    if (split->added > 0)
        activation_split_round(split, quantizer, values,
                               count / (size_t)tensor_of(of)->channels);
    else
        quantizer_round(quantizer, values, count);
}

/* Sample by sample, so that digits do not depend on how many come together. */
static void add_to_error(const struct measured *of, const float *values, size_t samples,
                         int64_t *sums, double *maxima)
{
    const struct tensor_rounding rounding = rounding_of(of);
    size_t count = tensor_of(of)->count;
    float *rounded = memory_copy(values, samples * count * sizeof *values);

    round_as_chosen(of, &rounding.quantizer, rounded, samples * count);
    for (size_t i = 0; i < samples; i++)
        tensor_error_add(&rounding, values + i * count, rounded + i * count, count,
                         sums, maxima);
    free(rounded);
}

static void tell_error(const struct measured *of, const int64_t *sums,
                       const double *maxima, void *answer)
{
    *(struct tensor_error *)answer =
        tensor_error_of(sums, maxima, tensor_of(of)->channels);
}

/* ---- what the network makes of rounded tensors ------------------------------------------------- */

static struct measure_room output_room(const struct measured *of)
{
    (void)of;
    return (struct measure_room){TENSOR_ERROR_SUMS, 0};
}

static void tell_output(const struct measured *of, const int64_t *sums,
                        const double *maxima, void *answer)
{
    (void)of;
    (void)maxima;
    *(struct tensor_error *)answer = tensor_error_of(sums, NULL, 0);
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct measure_row rows[] = {
    [MEASURE_RANGE] = {"range", SEE_ELEMENTS, false, range_room, add_to_range,
                       tell_range},
    [MEASURE_HISTOGRAM] = {"histogram", SEE_ELEMENTS, false, histogram_room,
                           add_to_histogram, tell_histogram},
    [MEASURE_CHANNEL_MAXIMA] = {"maxima of channels", SEE_TENSOR, true, channel_room,
                                add_to_channels, tell_channels},
    [MEASURE_MOMENTS] = {"moments", SEE_PRODUCTS, true, moments_room, add_to_moments,
                         tell_moments},
    [MEASURE_PRODUCT_MEANS] = {"means of products", SEE_PRODUCTS, true, means_room,
                               add_to_means, tell_means},
    [MEASURE_LARGEST_INPUT] = {"largest input", SEE_ELEMENTS, true, largest_room,
                               add_to_largest_input, tell_largest},
    [MEASURE_LARGEST_PRODUCT] = {"largest product", SEE_PRODUCTS, true, largest_room,
                                 add_to_largest_product, tell_largest},
    [MEASURE_GRAM] = {"moments of windows", SIGHTS, false, gram_room, NULL, tell_gram},
    [MEASURE_ERROR] = {"error of rounding", SEE_TENSOR, true, error_room, add_to_error,
                       tell_error},
    [MEASURE_OUTPUT] = {"error of an output", SIGHTS, true, output_room, NULL,
                        tell_output},
};

const struct measure_row *measure_row(enum measure_kind kind)
{
    return &rows[kind];
}

int measure_index(const struct measured *of)
{
    const struct measure *measure = of->measure;
    enum sight sight = rows[measure->kind].sees;

    if (measure->kind == MEASURE_LARGEST_INPUT)
        return layer_multiplied(layer_of(of));
    return sight == SEE_TENSOR || sight == SEE_ELEMENTS ? item_of(of)->index
                                                        : measure->subject;
}

struct measure_room measures_room(const struct network *network,
                                  const struct placement *placement,
                                  const struct measure *measures, int count)
{
    struct measure_room all = {0, 0};

    for (int i = 0; i < count; i++) {
        const struct measured of = {network, placement, &measures[i]};
        struct measure_room room = rows[measures[i].kind].room(&of);

        all.sums += room.sums;
        all.maxima += room.maxima;
    }
    return all;
}
