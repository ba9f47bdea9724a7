#include "core/export/tflite_layers.h"

#include "core/network/layer_kind.h"

#include "core/base/memory.h"
#include "core/network/rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- concatenations ----------------------------------------------------------------------- */

static bool always(const struct tflite_build *build, int index)
{
    (void)build;
    (void)index;
    return true;
}

/* An input with the scale and zero point of the output. */
static int32_t joined_input(const struct tflite_site *site, int input)
{
    struct tflite_build *build = site->build;
    int tensor = site->layer->inputs[input], item = build->held[site->layer->output];

    if (!site->in_codes || build->held[tensor] == item)
        return tflite_read(site, input);
    return tflite_codes_as(build, tensor, item);
}

static void write_concat(const struct tflite_site *site)
{
    int count = site->layer->input_count;
    int32_t *inputs = memory_get((size_t)count * sizeof *inputs), dims[TFLITE_RANK_MAX];
    struct tflite_operator *concat;

    for (int i = 0; i < count; i++)
        inputs[i] = joined_input(site, i);
    concat = tflite_add_operator(site->build->model, TFLITE_CONCAT, inputs, count,
                                 tflite_result(site));
    concat->options[0] = tflite_dims(tflite_output(site), dims) - 1;
    free(inputs);
}

static const char *lacks_open_clamp(const struct network *network,
                                    const struct layer *layer)
{
    (void)network;
    return layer_is_unclamped(layer) ? NULL : "output is clamped";
}

/* ---- rearrangements ----------------------------------------------------------------------- */

static bool hands_codes_on(const struct tflite_build *build, int index)
{
    const struct layer *layer = &build->calibrated->network->layers[index];

    return build->held[layer->inputs[0]] == build->held[layer->output];
}

static bool keeps_order(const struct tflite_site *site)
{
    const int32_t *from = site->layer->rearrange.from;
    size_t count = tflite_output(site)->count;

    for (size_t i = 0; i < count; i++)
        if (from[i] != (int32_t)i)
            return false;
    return count == tflite_input(site, 0)->count;
}

/* The input as a row. */
static int row_of(const struct tflite_site *site, int count)
{
    const int32_t dims[] = {1, count};
    int row = tflite_between(site, site->layer->inputs[0], 2, dims);

    tflite_reshape(site->build, tflite_read(site, 0), row);
    return row;
}

/* The row with one element more, which is what is filled in. */
static int filled_row(const struct tflite_site *site, int row, int count)
{
    struct tflite_build *build = site->build;
    const int32_t dims[] = {1, count + 1}, two[] = {2, 2}, pads[] = {0, 0, 0, 1},
                  one = 1;
    int to = tflite_between(site, site->layer->inputs[0], 2, dims);
    int where = tflite_add_words(build, 2, two, pads);
    float fill = site->layer->rearrange.fill;

    if (fill == 0)
        tflite_two(build, TFLITE_PAD, row, where, to);
    else
        tflite_add_operator(
            build->model, TFLITE_PAD_WITH,
            (const int32_t[]){row, where, tflite_add_floats(build, 1, &one, &fill)}, 3,
            to);
    return to;
}

/* The places of all elements in the row; whether some are filled in. */
static int add_places(const struct tflite_site *site, int end, bool *has_fill)
{
    int count = (int)tflite_output(site)->count, number;
    int32_t *places =
        memory_copy(site->layer->rearrange.from, (size_t)count * sizeof *places);

    *has_fill = false;
    for (int i = 0; i < count; i++)
        if (places[i] < 0) {
            places[i] = end;
            *has_fill = true;
        }
    number = tflite_add_words(site->build, 1, &count, places);
    free(places);
    return number;
}

static void write_rearrange(const struct tflite_site *site)
{
    struct tflite_build *build = site->build;
    int count = (int)tflite_input(site, 0)->count, row, places, taken;
    const int32_t dims[] = {1, (int32_t)tflite_output(site)->count};
    bool has_fill;

    if (keeps_order(site)) {
        tflite_reshape(build, tflite_read(site, 0), tflite_result(site));
        return;
    }
    row = row_of(site, count);
    places = add_places(site, count, &has_fill);
    if (has_fill)
        row = filled_row(site, row, count);
    taken = tflite_between(site, site->layer->inputs[0], 2, dims);
    tflite_two(build, TFLITE_GATHER, row, places, taken)->options[0] = 1;
    tflite_reshape(build, taken, tflite_result(site));
}

/* ---- constants, softmax ------------------------------------------------------------------- */

static void write_constant(const struct tflite_site *site)
{
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(tflite_output(site), dims);

    site->build->floats[site->layer->output] =
        tflite_add_floats(site->build, rank, dims, site->layer->constant.values);
}

static const char *lacks_softmax(const struct network *network,
                                 const struct layer *layer)
{
    const struct rows *rows = &layer->softmax.rows;
    const struct tensor *output = &network->tensors[layer->output];

    if (layer->softmax.is_log)
        return "logarithm of a softmax has no operator that calq writes";
    return rows->along_count == 1 && rows->along[0].stride == 1 &&
                   rows->along[0].count == (size_t)output->channels
               ? NULL
               : "softmax is along another dimension than the last";
}

static void write_softmax(const struct tflite_site *site)
{
    const float beta = 1;
    struct tflite_operator *softmax = tflite_one(
        site->build, TFLITE_SOFTMAX, tflite_read(site, 0), tflite_result(site));

    memcpy(&softmax->options[0], &beta, sizeof beta);
}

/* ---- means -------------------------------------------------------------------------------- */

/* Whether elements of other rows lie before and behind those of one, as [outer, length, inner]. */
static bool lies_between(const struct rows *rows, int32_t *dims)
{
    size_t length = rows->along[0].count, inner = rows->along[0].stride, outer = 1;

    if (rows->along_count != 1 || rows->between_count > 2)
        return false;
    for (int i = 0; i < rows->between_count; i++) {
        const struct row_dim *dim = &rows->between[i];

        if (dim->count > 1 && dim->stride == length * inner && i == 0)
            outer = dim->count;
        else if (dim->count > 1 && !(dim->stride == 1 && dim->count == inner))
            return false;
    }
    dims[0] = 1;
    dims[1] = (int32_t)outer;
    dims[2] = (int32_t)length;
    dims[3] = (int32_t)inner;
    return true;
}

static const char *lacks_mean(const struct network *network, const struct layer *layer)
{
    int32_t dims[4];

    (void)network;
    if (layer->reduction.operation != REDUCTION_MEAN)
        return "reduction has no operator that calq writes";
    return lies_between(&layer->reduction.rows, dims)
               ? NULL
               : "mean is over dimensions that are not neighbours";
}

static void write_mean(const struct tflite_site *site)
{
    struct tflite_build *build = site->build;
    int32_t dims[4], axis = 2, one = 1;
    int in_rows, means;

    lies_between(&site->layer->reduction.rows, dims);
    in_rows = tflite_between(site, site->layer->inputs[0], 4, dims);
    tflite_reshape(build, tflite_read(site, 0), in_rows);
    dims[2] = 1;
    means = tflite_between(site, site->layer->inputs[0], 4, dims);
    tflite_two(build, TFLITE_MEAN, in_rows, tflite_add_words(build, 1, &one, &axis),
               means)
        ->options[0] = true;
    tflite_reshape(build, means, tflite_result(site));
}

/* ---- all ---------------------------------------------------------------------------------- */

static const struct tflite_layer_row concat = {always, lacks_open_clamp, write_concat},
                                     rearrange = {hands_codes_on, lacks_open_clamp,
                                                  write_rearrange},
                                     constant = {NULL, lacks_open_clamp,
                                                 write_constant},
                                     softmax = {NULL, lacks_softmax, write_softmax},
                                     reduction = {NULL, lacks_mean, write_mean};

const struct tflite_layer_row *const tflite_layer_rows[LAYER_KIND_COUNT] = {
    [LAYER_CONV] = &tflite_conv_row,
    [LAYER_AFFINE] = &tflite_affine_row,
    [LAYER_ADD] = &tflite_add_row,
    [LAYER_UNARY] = &tflite_unary_row,
    [LAYER_MAX_POOL] = &tflite_max_pool_row,
    [LAYER_AVERAGE_POOL] = &tflite_average_pool_row,
    [LAYER_CONCAT] = &concat,
    [LAYER_REARRANGE] = &rearrange,
    [LAYER_CONSTANT] = &constant,
    [LAYER_SOFTMAX] = &softmax,
    [LAYER_REDUCTION] = &reduction,
};
