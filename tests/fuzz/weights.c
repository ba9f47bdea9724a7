/* How weights are rounded: each on its grid, as the sum of copies of split channels, or as two tensors;
 * and what is put right afterwards. */
#include "tests/fuzz/grid.h"
#include "tests/fuzz/layers.h"

#include "core/base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rounding {
    struct plain_grid grid; /* of the tensor's step */
    const double *steps;    /* of channels or blocks; NULL: one for all */
    size_t block;           /* inputs that share one; 0: a whole channel does */
    bool is_turned;         /* a ConvTranspose: calq has the window back to front */
    struct found_more more;
    bool halves_plainly;
    struct trial *trial;
};

static double step_of(const struct rounding *rounding, size_t channel)
{
    return rounding->steps ? rounding->steps[channel] : rounding->grid.step;
}

static double ratio_of(const struct rounding *rounding, size_t channel)
{
    return step_of(rounding, channel) / rounding->grid.step;
}

/* Of a weight of [outputs, inputs, window]: calq has steps [outputs, window, slices, blocks], where the first of three
 * dimensions of a window has the slices. */
static double step_at(const struct rounding *rounding, const struct array *weights,
                      size_t i)
{
    size_t inputs = (size_t)weights->dims[1],
           window = array_span(weights, 2, weights->rank);
    size_t slices = weights->rank == 5 ? (size_t)weights->dims[2] : 1;
    size_t area = window / slices, output = i / window / inputs, at = i % window;
    size_t blocks;

    if (rounding->block == 0)
        return step_of(rounding, output);
    blocks = (inputs + rounding->block - 1) / rounding->block;
    at = rounding->is_turned ? window - 1 - at : at;
    return rounding->steps[((output * area + at % area) * slices + at / area) * blocks +
                           i / window % inputs / rounding->block];
}

static double rounded(struct rounding *rounding, double step, double number,
                      double error)
{
    struct plain_grid grid = rounding->grid;

    grid.step = step;
    return grid_value(&grid, grid_code(rounding->trial, &grid, number, error));
}

static void round_plainly(struct rounding *rounding, const struct array *weights,
                          struct array *to)
{
    for (size_t i = 0; i < weights->count; i++)
        to->values[i] = rounded(rounding, step_at(rounding, weights, i),
                                weights->values[i], weights->errors[i]);
}

/* Codes that were chosen by data: calq has them [outputs, window, inputs], a ConvTranspose's window back to front. */
static void take_codes(const struct rounding *rounding, const double *codes,
                       bool is_turned, struct array *to)
{
    size_t inputs = (size_t)to->dims[1], window = array_span(to, 2, to->rank);

    for (size_t i = 0; i < to->count; i++) {
        size_t at = i % window, input = i / window % inputs,
               output = i / window / inputs;
        size_t stored = is_turned ? window - 1 - at : at;
        struct plain_grid grid = rounding->grid;

        grid.step = step_of(rounding, output);
        to->values[i] =
            grid_value(&grid, codes[(output * window + stored) * inputs + input]);
    }
}

/* The second tensor rounds what the first one leaves, in finer steps. */
static void round_twice(struct rounding *rounding, const struct array *weights,
                        struct array *to)
{
    size_t window = weights->count / (size_t)weights->dims[0];

    for (size_t i = 0; i < weights->count; i++) {
        double step = step_of(rounding, i / window), w = weights->values[i];
        double first = rounded(rounding, step, w, weights->errors[i]);
        double error = weights->errors[i] + 0x1p-22 * fabs(w);

        to->values[i] =
            first + rounded(rounding, step / rounding->more.factor, w - first, error);
    }
}

/* ---- split channels --------------------------------------------------------------------------- */

/* The weights of one channel: [outputs * window] of `root`. */
struct copy {
    size_t root;
    double *values;
};

static double largest(const struct copy *copy, size_t count)
{
    double most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(copy->values[i]));
    return most;
}

/* Of equal ones the last; a channel has at most 60 copies. */
static size_t to_split(const struct copy *copies, size_t count, size_t numbers)
{
    size_t found = 0, times;
    double most = -1;

    for (size_t i = 0; i < count; i++) {
        double here = largest(&copies[i], numbers);

        times = 0;
        for (size_t k = 0; k < count; k++)
            times += copies[k].root == copies[i].root;
        if (times < 60 && here >= most) {
            most = here;
            found = i;
        }
    }
    return found;
}

static void split(const struct rounding *rounding, struct copy *from, struct copy *to,
                  size_t numbers)
{
    double quarter = rounding->halves_plainly ? 0 : rounding->grid.step / 4;

    to->root = from->root;
    to->values = memory_zeroed(numbers, sizeof *to->values);
    for (size_t i = 0; i < numbers; i++) {
        double half = from->values[i] / 2;

        if (half == 0)
            continue;
        from->values[i] = half - quarter;
        to->values[i] = half + quarter;
    }
}

/* Where a number of a channel's weights lies in [outputs, inputs, window]. */
static size_t place(const struct array *weights, size_t channel, size_t number)
{
    size_t window = array_span(weights, 2, weights->rank);

    return (number / window * (size_t)weights->dims[1] + channel) * window +
           number % window;
}

static void round_split(struct rounding *rounding, const struct array *weights,
                        struct array *to)
{
    size_t inputs = (size_t)weights->dims[1], numbers = weights->count / inputs;
    size_t count = inputs + (size_t)rounding->more.channels_added;
    size_t window = array_span(weights, 2, weights->rank);
    struct copy *copies = memory_zeroed(count, sizeof *copies);

    for (size_t i = 0; i < inputs; i++) {
        copies[i] = (struct copy){i, memory_get(numbers * sizeof(double))};
        for (size_t k = 0; k < numbers; k++)
            copies[i].values[k] = (float)(weights->values[place(weights, i, k)] /
                                          ratio_of(rounding, k / window));
    }
    for (size_t i = inputs; i < count; i++)
        split(rounding, &copies[to_split(copies, i, numbers)], &copies[i], numbers);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < numbers; k++) {
            double v = copies[i].values[k];
            double error = v == 0 ? 0 : 0x1p-22 * (fabs(v) + rounding->grid.step);

            to->values[place(weights, copies[i].root, k)] +=
                ratio_of(rounding, k / window) *
                rounded(rounding, rounding->grid.step, v, error);
        }
        free(copies[i].values);
    }
    free(copies);
}

/* ---- what is put right -------------------------------------------------------------------------- */

static double mean_of(const double *numbers, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum / (double)count;
}

static double spread_of(const double *numbers, size_t count, double mean)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (numbers[i] - mean) * (numbers[i] - mean);
    return sum;
}

/* Mean, and on demand deviation, of each output channel as the float weights have them. */
static void put_right(const struct array *weights, struct array *to, bool variance)
{
    size_t window = weights->count / (size_t)weights->dims[0];

    for (size_t first = 0; first < weights->count; first += window) {
        double mean = mean_of(weights->values + first, window);
        double mean_now = mean_of(to->values + first, window), by = 1;
        double spread = spread_of(to->values + first, window, mean_now);

        if (variance && spread > 1e-20 * mean_now * mean_now)
            by = sqrt(spread_of(weights->values + first, window, mean) / spread);
        for (size_t i = first; i < first + window; i++) {
            to->errors[i] += 2 * 0x1p-23 *
                             (by * (fabs(to->values[i]) + fabs(mean_now)) + fabs(mean));
            to->values[i] = (to->values[i] - mean_now) * by + mean;
        }
    }
}

/* An override may say other steps of a tensor than the method. */
size_t layer_block(const struct found *found, const struct array *weights,
                   const struct found_step *step)
{
    size_t size = strtoul(found_setting(found, "method.block_size"), NULL, 10);
    size_t inputs = (size_t)weights->dims[1], places = weights->count / inputs;

    return strcmp(found_setting(found, "method.weight_steps"), "per_block") == 0 &&
                   step->channel_steps && inputs >= size &&
                   step->channel_count == places * ((inputs + size - 1) / size)
               ? size
               : 0;
}

void layer_round(struct layer_of_sums *one, const struct found *found,
                 struct trial *trial)
{
    const char *correction = found_setting(found, "method.bias_correction");
    bool corrects_mean = strcmp(correction, "mean") == 0;
    bool corrects_both = strcmp(correction, "mean_and_variance") == 0;
    struct found_step step = {.channel_steps = NULL};
    struct rounding rounding;
    double *codes;

    if (!found_step_of(found, one->weight_name, true, &step))
        return;
    rounding = (struct rounding){
        .grid = grid_of(step.grid, step.bits, 0, step.step),
        .steps = step.channel_steps,
        .block = layer_block(found, one->weights, &step),
        .is_turned = one->is_turned,
        .more = found_more(found, one->weight_name, step.step),
        .halves_plainly =
            strcmp(found_setting(found, "method.outlier_splitting.halves"), "plain") ==
            0,
        .trial = trial,
    };
    one->rounded =
        array_create(one->weights->type, one->weights->rank, one->weights->dims);
    codes = found_codes(found, one->weight_name, one->weights->count);
    if (codes)
        take_codes(&rounding, codes, one->is_turned, one->rounded);
    else if (rounding.more.channels_added > 0)
        round_split(&rounding, one->weights, one->rounded);
    else if (rounding.more.factor > 1)
        round_twice(&rounding, one->weights, one->rounded);
    else
        round_plainly(&rounding, one->weights, one->rounded);
    for (size_t i = 0; i < one->rounded->count; i++)
        one->rounded->errors[i] = trial->unit * fabs(one->rounded->values[i]);
    one->magnitudes = memory_zeroed((size_t)one->outputs, sizeof *one->magnitudes);
    for (size_t i = 0; i < one->rounded->count; i++)
        one->magnitudes[i / (one->rounded->count / (size_t)one->outputs)] +=
            fabs(one->rounded->values[i]) + fabs(one->weights->values[i]);
    if (rounding.block > 0)
        one->blocks = step.channel_count / (size_t)one->outputs;
    if (!one->is_table && found_treatment(found, "bias_corrected") &&
        (corrects_mean || corrects_both))
        put_right(one->weights, one->rounded, corrects_both);
    free(codes);
    free(step.channel_steps);
}
