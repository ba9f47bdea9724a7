#include "core/kernel/winograd.h"

#include <string.h>

enum {
    RUNS_MOST = 8,
    AT_ONCE = 64 * 1024 /* bytes of transformed samples that stay in the cache */
};

/* ---- forms -------------------------------------------------------------------------------- */

static void transform_for_four(const int g[WINOGRAD_TAPS], int f[WINOGRAD_PLACES_MOST])
{
    f[0] = g[0];
    f[1] = g[0] + g[1] + g[2];
    f[2] = g[0] - g[1] + g[2];
    f[3] = g[0] + 2 * g[1] + 4 * g[2];
    f[4] = g[0] - 2 * g[1] + 4 * g[2];
    f[5] = g[2];
}

static void transform_for_two(const int g[WINOGRAD_TAPS], int f[WINOGRAD_PLACES_MOST])
{
    f[0] = g[0];
    f[1] = g[0] + g[1] + g[2];
    f[2] = g[0] - g[1] + g[2];
    f[3] = g[2];
}

static int no_offset(struct conv_most most, int place)
{
    (void)most;
    (void)place;
    return 0;
}

static int fixed_offset(struct conv_most most, int place)
{
    (void)most;
    (void)place;
    return WINOGRAD_OFFSET;
}

/* The sum of two inputs is not negative. */
static int offset_of_differences(struct conv_most most, int place)
{
    return place == 1 ? 0 : most.input;
}

/* f = g0 + 2 g1 + 4 g2 at most, and e = -4 d1 - 4 d2 at least. Sums fit: 24 times one is 24 * 18 * 16 at
 * most for each product, of which a network has 65,793 a sum (placement.c). */
static bool fits_four_bytes(struct conv_most most, long products)
{
    (void)products;
    return 7 * most.weight <= INT8_MAX && 8 * most.input <= WINOGRAD_OFFSET;
}

/* f = g0 + g1 + g2 at most; e lies between 0 and twice the largest input. Pairs of their products must be
 * so small that 16 bits hold the sums of some. */
static bool fits_two_bytes(struct conv_most most, long products)
{
    const int f = 3 * most.weight, e = 2 * most.input, quads = 4;

    (void)products;
    return f <= INT8_MAX && e <= UINT8_MAX && quads * 2 * f * e <= INT16_MAX;
}

/* Of all places of F(4, 3) e * f is largest where it is 8 inputs * 3 weights; 8 times an output, which is of three
 * such products without a transform, is no more. Plain products of codes so small that 16 bits hold the
 * sums of 8 quads are as fast. */
static bool fits_words(struct conv_most most, long products)
{
    const long product = (long)most.weight * most.input, quads = 8;

    return quads * 2 * product > INT16_MAX && products <= INT32_MAX / (24 * product);
}

const struct winograd_form winograd_four_bytes = {
    4, 6, sizeof(uint8_t), fits_four_bytes, transform_for_four, fixed_offset};
const struct winograd_form winograd_two_bytes = {
    2, 4, sizeof(uint8_t), fits_two_bytes, transform_for_two, offset_of_differences};
const struct winograd_form winograd_four_words = {
    4, 6, sizeof(int16_t), fits_words, transform_for_four, no_offset};
const struct winograd_form winograd_two_words = {
    2, 4, sizeof(int16_t), fits_words, transform_for_two, no_offset};

/* ---- which -------------------------------------------------------------------------------- */

static int channels_of(const struct conv_u8s8 *conv)
{
    return conv->run_bytes / WINOGRAD_TAPS;
}

/* Whether the window goes down as many rows as from one of its runs to the next. */
static bool rows_follow(const struct conv_u8s8 *conv)
{
    for (int run = 0; run < conv->runs; run++)
        if (conv->run_offsets[run] != run * conv->windows.row)
            return false;
    return true;
}

static bool suits(const struct winograd_form *form, const struct conv_u8s8 *conv)
{
    return conv->run_bytes % (WINOGRAD_TAPS * PANEL) == 0 &&
           conv->windows.column == channels_of(conv) && conv->runs <= RUNS_MOST &&
           conv->columns % form->outputs == 0 && rows_follow(conv);
}

const struct winograd_kernel *winograd_for(const struct kernel_set *set,
                                           const struct conv_u8s8 *conv)
{
    const long products = (long)conv->runs * channels_of(conv);

    for (const struct winograd_kernel *kernel = set->winograd; kernel && kernel->form;
         kernel++)
        if (suits(kernel->form, conv) && kernel->form->fits(conv->most, products))
            return kernel;
    return NULL;
}

/* ---- weights ------------------------------------------------------------------------------ */

/* What stands for a run in the packing, in units of PANEL bytes: transformed channels, and offsets. */
static int code_units(const struct winograd_form *form, int inputs)
{
    return inputs * form->places * form->code_bytes;
}

static int run_units(const struct winograd_form *form, int inputs)
{
    return code_units(form, inputs) + form->places * (int)sizeof(int32_t);
}

size_t winograd_packed_bytes(const struct winograd_kernel *kernel, int channels,
                             int runs, int run_length)
{
    size_t panels = ((size_t)channels + PANEL - 1) / PANEL;

    return panels * (size_t)runs *
           (size_t)run_units(kernel->form, run_length / WINOGRAD_TAPS) * PANEL;
}

/* The number of a transformed weight of a lane of a panel. */
static int packed_at(const struct winograd_kernel *kernel, int inputs, int input,
                     int place, int lane)
{
    int quad = kernel->place_by_place ? place * (inputs / QUAD) + input / QUAD
                                      : input / QUAD * kernel->form->places + place;

    return (quad * PANEL + lane) * QUAD + input % QUAD;
}

/* One run of one output channel.
 *
 *   run   [taps, inputs]
 *   lane  of the output channel in its panel
 *   to    of the run and panel
 */
static void pack_run(const struct winograd_kernel *kernel, struct conv_most most,
                     const int8_t *run, int inputs, int lane, int8_t *to)
{
    const struct winograd_form *form = kernel->form;
    int32_t *offsets = (int32_t *)(to + code_units(form, inputs) * PANEL);
    int16_t *words = (int16_t *)to;

    for (int input = 0; input < inputs; input++) {
        const int g[WINOGRAD_TAPS] = {run[input], run[inputs + input],
                                      run[2 * inputs + input]};
        int f[WINOGRAD_PLACES_MOST];

        form->transform(g, f);
        for (int place = 0; place < form->places; place++) {
            int at = packed_at(kernel, inputs, input, place, lane);

            if (form->code_bytes == sizeof *words)
                words[at] = (int16_t)f[place];
            else
                to[at] = (int8_t)f[place];
            offsets[place * PANEL + lane] -= form->offset(most, place) * f[place];
        }
    }
}

void winograd_pack(const struct winograd_kernel *kernel, struct conv_most most,
                   const int8_t *codes, int channels, int runs, int run_length,
                   void *packed)
{
    int inputs = run_length / WINOGRAD_TAPS;
    size_t run_bytes = (size_t)run_units(kernel->form, inputs) * PANEL;

    memset(packed, 0, winograd_packed_bytes(kernel, channels, runs, run_length));
    for (int channel = 0; channel < channels; channel++)
        for (int run = 0; run < runs; run++, codes += run_length)
            pack_run(kernel, most, codes, inputs, channel % PANEL,
                     (int8_t *)packed +
                         (size_t)(channel / PANEL * runs + run) * run_bytes);
}

/* ---- running ------------------------------------------------------------------------------ */

/* Bytes of the transformed input of a tile, and of a row of tiles. */
static ptrdiff_t tile_bytes(const struct winograd_form *form,
                            const struct conv_u8s8 *conv)
{
    return (ptrdiff_t)code_units(form, channels_of(conv));
}

static ptrdiff_t row_bytes(const struct winograd_form *form,
                           const struct conv_u8s8 *conv)
{
    return conv->columns / form->outputs * tile_bytes(form, conv);
}

static int input_rows(const struct conv_u8s8 *conv)
{
    return conv->rows - 1 + conv->runs;
}

static size_t sample_bytes(const struct winograd_form *form,
                           const struct conv_u8s8 *conv)
{
    return (size_t)input_rows(conv) * (size_t)row_bytes(form, conv);
}

/* Samples that are transformed at once. */
static int samples_at_once(const struct winograd_form *form,
                           const struct conv_u8s8 *conv)
{
    int samples = (int)(AT_ONCE / sample_bytes(form, conv));

    return samples > 0 ? samples : 1;
}

size_t winograd_scratch(const struct kernel_set *set, const struct conv_u8s8 *conv)
{
    size_t bytes = 0;

    for (const struct winograd_kernel *kernel = set->winograd; kernel && kernel->form;
         kernel++)
        if (suits(kernel->form, conv)) {
            size_t needed = sample_bytes(kernel->form, conv);

            needed = needed > AT_ONCE ? needed : AT_ONCE;
            bytes = bytes > needed ? bytes : needed;
        }
    return bytes;
}

/* The rows that some window needs. */
static void transform_sample(const struct conv_u8s8 *conv,
                             const struct winograd_form *form,
                             winograd_transform_fn transform, const uint8_t *input,
                             uint8_t *transformed)
{
    struct span rows = {0, input_rows(conv)};

    if (conv->row_runs) {
        rows.first = conv->row_runs[0].first;
        rows.end = conv->rows - 1 + conv->row_runs[conv->rows - 1].end;
    }
    for (int row = rows.first; row < rows.end; row++)
        transform(input + row * conv->windows.row, channels_of(conv),
                  conv->columns / form->outputs, conv->most.input,
                  transformed + row * row_bytes(form, conv));
}

/* The convolution whose pixels are tiles. */
static struct conv_u8s8 tiled_conv(const struct conv_u8s8 *conv,
                                   const struct winograd_form *form,
                                   const int32_t *run_offsets)
{
    struct conv_u8s8 tiled = *conv;

    tiled.input = conv->transformed;
    tiled.windows = (struct strides){(ptrdiff_t)sample_bytes(form, conv),
                                     row_bytes(form, conv), tile_bytes(form, conv)};
    tiled.columns = conv->columns / form->outputs;
    tiled.run_offsets = run_offsets;
    tiled.run_bytes = run_units(form, channels_of(conv));
    tiled.column_bytes = NULL;
    tiled.epilogue.out.column *= form->outputs;
    tiled.epilogue.residual.column *= form->outputs;
    return tiled;
}

void winograd_run(const struct conv_u8s8 *conv, const struct winograd_form *form,
                  winograd_transform_fn transform, const struct conv_tile_size *sizes)
{
    const int most = samples_at_once(form, conv);
    int32_t run_offsets[RUNS_MOST];
    struct conv_u8s8 tiled = tiled_conv(conv, form, run_offsets);

    for (int run = 0; run < conv->runs; run++)
        run_offsets[run] = (int32_t)(run * row_bytes(form, conv));
    for (int first = 0; first < conv->samples; first += tiled.samples) {
        tiled.samples = conv->samples - first < most ? conv->samples - first : most;
        for (int sample = 0; sample < tiled.samples; sample++)
            transform_sample(conv, form, transform,
                             conv->input + (first + sample) * conv->windows.sample,
                             conv->transformed +
                                 (size_t)sample * sample_bytes(form, conv));
        conv_tiles_run(&tiled, sizes, TILES_ALONG_COLUMNS, sizeof(int8_t));
        epilogue_move(&tiled.epilogue,
                      (ptrdiff_t)tiled.samples * conv->rows * conv->columns,
                      tiled.samples * conv->epilogue.residual.sample,
                      tiled.samples * conv->epilogue.out.sample);
    }
}
