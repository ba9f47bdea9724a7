/* Windows: how they are padded, and pools. */
#include "core/export/tflite_layers.h"

#include "core/network/layer_kind.h"

#include <float.h>
#include <string.h>

/* ---- padding ------------------------------------------------------------------------------ */

/* One direction of a window. */
struct span {
    int input, output, kernel, stride, before;
};

static struct span height_of(const struct window *window, const struct tensor *input,
                             const struct tensor *output)
{
    return (struct span){input->height, output->height,
                         (window->kernel_height - 1) * window->dilation_height + 1,
                         window->stride_height, window->pad_top};
}

static struct span width_of(const struct window *window, const struct tensor *input,
                            const struct tensor *output)
{
    return (struct span){input->width, output->width,
                         (window->kernel_width - 1) * window->dilation_width + 1,
                         window->stride_width, window->pad_left};
}

/* How many elements the windows reach beyond the input, on both sides. */
static int beyond(const struct span *span)
{
    int reach = (span->output - 1) * span->stride + span->kernel - span->input;

    return reach > 0 ? reach : 0;
}

static bool is_same(const struct span *span)
{
    return span->output == (span->input + span->stride - 1) / span->stride &&
           span->before == beyond(span) / 2;
}

static bool is_valid(const struct span *span)
{
    return span->before == 0 && beyond(span) == 0 &&
           span->output == (span->input - span->kernel) / span->stride + 1;
}

struct tflite_padding tflite_padding_of(const struct window *window,
                                        const struct tensor *input,
                                        const struct tensor *output)
{
    const struct span rows = height_of(window, input, output),
                      columns = width_of(window, input, output);
    struct tflite_padding padding = {.padding = TFLITE_VALID};

    if (is_valid(&rows) && is_valid(&columns))
        return padding;
    if (is_same(&rows) && is_same(&columns)) {
        padding.padding = TFLITE_SAME;
        return padding;
    }
    padding.is_written = true;
    padding.pads[1][0] = rows.before;
    padding.pads[1][1] = beyond(&rows) > rows.before ? beyond(&rows) - rows.before : 0;
    padding.pads[2][0] = columns.before;
    padding.pads[2][1] =
        beyond(&columns) > columns.before ? beyond(&columns) - columns.before : 0;
    return padding;
}

/* The lowest value of all, as an int8 or a float. */
static int add_lowest(const struct tflite_site *site)
{
    int number = tflite_between(site, site->layer->inputs[0], 1, &(int32_t){1});

    tflite_put_end(site->build, number, -FLT_MAX);
    return number;
}

int tflite_padded(const struct tflite_site *site, const struct tflite_padding *padding,
                  bool with_lowest)
{
    struct tflite_build *build = site->build;
    int from = tflite_read(site, 0), pads, to;
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(tflite_input(site, 0), dims);

    if (!padding->is_written)
        return from;
    for (int i = 0; i < rank; i++)
        dims[i] += padding->pads[i][0] + padding->pads[i][1];
    pads = tflite_add_words(build, 2, (const int32_t[]){4, 2}, &padding->pads[0][0]);
    to = tflite_between(site, site->layer->inputs[0], rank, dims);
    if (with_lowest)
        tflite_add_operator(build->model, TFLITE_PAD_WITH,
                            (const int32_t[]){from, pads, add_lowest(site)}, 3, to);
    else
        tflite_two(build, TFLITE_PAD, from, pads, to);
    return to;
}

/* ---- pools -------------------------------------------------------------------------------- */

static const char *lacks_image(const struct network *network, const struct layer *layer)
{
    const struct window *window = &layer->window;

    if (network->tensors[layer->inputs[0]].rank != 3)
        return "input is no image of height, width and channels";
    if (window->dilation_height > 1 || window->dilation_width > 1)
        return "window has gaps (dilations)";
    return tflite_can_clamp(layer) ? NULL : "clamp has other ends than 0, 6, -1 and 1";
}

static void write_pool(const struct tflite_site *site, enum tflite_operator_kind kind,
                       int from, int padding)
{
    const struct window *window = &site->layer->window;
    struct tflite_operator *pool =
        tflite_one(site->build, kind, from, tflite_result(site));
    const int32_t options[] = {padding,
                               window->stride_width,
                               window->stride_height,
                               window->kernel_width,
                               window->kernel_height,
                               (int32_t)tflite_activation_of(site->layer)};

    memcpy(pool->options, options, sizeof options);
}

static bool hands_codes_on(const struct tflite_build *build, int index)
{
    const struct layer *layer = &build->calibrated->network->layers[index];

    return build->held[layer->inputs[0]] == build->held[layer->output];
}

static void write_max_pool(const struct tflite_site *site)
{
    const struct tflite_padding padding = tflite_padding_of(
        &site->layer->window, tflite_input(site, 0), tflite_output(site));

    write_pool(site, TFLITE_MAX_POOL, tflite_padded(site, &padding, true),
               padding.padding);
}

const struct tflite_layer_row tflite_max_pool_row = {hands_codes_on, lacks_image,
                                                     write_max_pool};

static bool is_of_all(const struct network *network, const struct layer *layer)
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];
    const struct window *window = &layer->window;

    return window->kernel_height == input->height &&
           window->kernel_width == input->width && window->pad_top == 0 &&
           window->pad_left == 0 && window->pad_bottom == 0 && window->pad_right == 0;
}

static bool averages_codes(const struct tflite_build *build, int index)
{
    const struct network *network = build->calibrated->network;
    const struct layer *layer = &network->layers[index];

    return build->held[layer->inputs[0]] >= 0 && is_of_all(network, layer) &&
           layer_is_unclamped(layer);
}

static bool has_padding(const struct window *window)
{
    return window->pad_top > 0 || window->pad_left > 0 || window->pad_bottom > 0 ||
           window->pad_right > 0;
}

/* AVERAGE_POOL_2D never counts what it pads itself. */
static const char *lacks_average(const struct network *network,
                                 const struct layer *layer)
{
    const struct average_pool *pool = &layer->average_pool;
    const struct tflite_padding padding =
        tflite_padding_of(&layer->window, &network->tensors[layer->inputs[0]],
                          &network->tensors[layer->output]);

    if (pool->count_padding && (pool->extra_bottom > 0 || pool->extra_right > 0))
        return "padding is counted in part (ceil_mode with count_include_pad)";
    if (has_padding(&layer->window) && !pool->count_padding && padding.is_written)
        return "padding is not counted, and is another than SAME";
    return lacks_image(network, layer);
}

/* With what is padded and counted before the pool. */
static struct tflite_padding counted_padding(const struct tflite_site *site)
{
    struct tflite_padding padding = tflite_padding_of(
        &site->layer->window, tflite_input(site, 0), tflite_output(site));
    const struct window *window = &site->layer->window;

    if (padding.padding == TFLITE_VALID || !site->layer->average_pool.count_padding)
        return padding;
    return (struct tflite_padding){.padding = TFLITE_VALID,
                                   .is_written = true,
                                   .pads = {{0, 0},
                                            {window->pad_top, window->pad_bottom},
                                            {window->pad_left, window->pad_right},
                                            {0, 0}}};
}

static void write_average_pool(const struct tflite_site *site)
{
    const struct tflite_padding padding = counted_padding(site);
    const int32_t axes[] = {1, 2}, two = 2;

    if (site->in_codes)
        tflite_two(site->build, TFLITE_MEAN, tflite_read(site, 0),
                   tflite_add_words(site->build, 1, &two, axes), tflite_result(site))
            ->options[0] = true; /* the dimensions are kept */
    else
        write_pool(site, TFLITE_AVERAGE_POOL, tflite_padded(site, &padding, false),
                   padding.padding);
}

const struct tflite_layer_row tflite_average_pool_row = {averages_codes, lacks_average,
                                                         write_average_pool};
