#include "core/kernel/winograd.h"

#include <string.h>

enum {
    RUNS_MOST = 8,
    AT_ONCE = 64 * 1024, /* bytes of transformed samples that stay in the cache */
    ROOM = INT8_MAX,     /* for a transformed weight */
    WEIGHT_GROWS = 7,    /* f = g0 + 2 g1 + 4 g2 at most */
    CODE_GROWS = 8,      /* e = -4 d1 - 4 d2 at least */
    /* What stands for a run in the packing, in units of PANEL bytes: a transformed channel, and the
     * offset. */
    CHANNEL_UNITS = WINOGRAD_PLACES,
    OFFSET_UNITS = WINOGRAD_PLACES * (int)sizeof(int32_t)
};

bool winograd_fits(int weight_most, int code_most)
{
    return WEIGHT_GROWS * weight_most <= ROOM &&
           CODE_GROWS * code_most <= WINOGRAD_OFFSET;
}

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

bool winograd_suits(const struct conv_u8s8 *conv)
{
    return conv->run_bytes % (WINOGRAD_TAPS * PANEL) == 0 &&
           conv->windows.column == channels_of(conv) && conv->runs <= RUNS_MOST &&
           conv->columns % WINOGRAD_OUTPUTS == 0 && rows_follow(conv);
}

/* ---- weights ------------------------------------------------------------------------------ */

static int run_units(int channels)
{
    return channels * CHANNEL_UNITS + OFFSET_UNITS;
}

size_t winograd_packed_bytes(int channels, int runs, int run_length)
{
    size_t panels = ((size_t)channels + PANEL - 1) / PANEL;

    return panels * (size_t)runs * (size_t)run_units(run_length / WINOGRAD_TAPS) *
           PANEL;
}

/* f = G g of one channel. */
static void transform_weights(const int8_t *run, int channels, int channel,
                              int8_t f[WINOGRAD_PLACES])
{
    int g0 = run[channel], g1 = run[channels + channel],
        g2 = run[2 * channels + channel];

    f[0] = (int8_t)g0;
    f[1] = (int8_t)(g0 + g1 + g2);
    f[2] = (int8_t)(g0 - g1 + g2);
    f[3] = (int8_t)(g0 + 2 * g1 + 4 * g2);
    f[4] = (int8_t)(g0 - 2 * g1 + 4 * g2);
    f[5] = (int8_t)g2;
}

/* One run of one output channel.
 *
 *   run   [taps, channels]
 *   lane  of the output channel in its panel
 *   to    of the run and panel
 */
static void pack_run(const int8_t *run, int channels, int lane, int8_t *to)
{
    int32_t *offsets = (int32_t *)(to + channels * CHANNEL_UNITS * PANEL);

    for (int channel = 0; channel < channels; channel++) {
        int8_t f[WINOGRAD_PLACES];

        transform_weights(run, channels, channel, f);
        for (int place = 0; place < WINOGRAD_PLACES; place++) {
            int at = channel / QUAD * WINOGRAD_PLACES + place;

            to[(at * PANEL + lane) * QUAD + channel % QUAD] = f[place];
            offsets[place * PANEL + lane] -= WINOGRAD_OFFSET * f[place];
        }
    }
}

void winograd_pack(const int8_t *codes, int channels, int runs, int run_length,
                   void *packed)
{
    int inputs = run_length / WINOGRAD_TAPS;
    size_t run_bytes = (size_t)run_units(inputs) * PANEL;

    memset(packed, 0, winograd_packed_bytes(channels, runs, run_length));
    for (int channel = 0; channel < channels; channel++)
        for (int run = 0; run < runs; run++, codes += run_length)
            pack_run(codes, inputs, channel % PANEL,
                     (int8_t *)packed +
                         (size_t)(channel / PANEL * runs + run) * run_bytes);
}

/* ---- running ------------------------------------------------------------------------------ */

static int tiles_of(const struct conv_u8s8 *conv)
{
    return conv->columns / WINOGRAD_OUTPUTS;
}

/* Bytes of a transformed row of the input. */
static ptrdiff_t row_bytes(const struct conv_u8s8 *conv)
{
    return (ptrdiff_t)tiles_of(conv) * WINOGRAD_PLACES * channels_of(conv);
}

static int input_rows(const struct conv_u8s8 *conv)
{
    return conv->rows - 1 + conv->runs;
}

static size_t sample_bytes(const struct conv_u8s8 *conv)
{
    return (size_t)input_rows(conv) * (size_t)row_bytes(conv);
}

size_t winograd_scratch(const struct conv_u8s8 *conv)
{
    return sample_bytes(conv) > AT_ONCE ? sample_bytes(conv) : AT_ONCE;
}

/* The rows that some window needs. */
static void transform_sample(const struct conv_u8s8 *conv,
                             winograd_transform_fn transform, const uint8_t *input,
                             uint8_t *transformed)
{
    struct span rows = {0, input_rows(conv)};

    if (conv->row_runs) {
        rows.first = conv->row_runs[0].first;
        rows.end = conv->rows - 1 + conv->row_runs[conv->rows - 1].end;
    }
    for (int row = rows.first; row < rows.end; row++)
        transform(input + row * conv->windows.row, channels_of(conv), tiles_of(conv),
                  transformed + row * row_bytes(conv));
}

/* The convolution whose pixels are tiles. */
static struct conv_u8s8 tiled_conv(const struct conv_u8s8 *conv,
                                   const int32_t *run_offsets)
{
    struct conv_u8s8 tiled = *conv;

    tiled.input = conv->transformed;
    tiled.windows = (struct strides){(ptrdiff_t)sample_bytes(conv), row_bytes(conv),
                                     (ptrdiff_t)WINOGRAD_PLACES * channels_of(conv)};
    tiled.columns = tiles_of(conv);
    tiled.run_offsets = run_offsets;
    tiled.run_bytes = run_units(channels_of(conv));
    tiled.column_bytes = NULL;
    tiled.epilogue.out.column *= WINOGRAD_OUTPUTS;
    tiled.epilogue.residual.column *= WINOGRAD_OUTPUTS;
    return tiled;
}

void winograd_run(const struct conv_u8s8 *conv, winograd_transform_fn transform,
                  const struct conv_tile_size *sizes)
{
    const int most = (int)(winograd_scratch(conv) / sample_bytes(conv));
    int32_t run_offsets[RUNS_MOST];
    struct conv_u8s8 tiled = tiled_conv(conv, run_offsets);

    for (int run = 0; run < conv->runs; run++)
        run_offsets[run] = (int32_t)(run * row_bytes(conv));
    for (int first = 0; first < conv->samples; first += tiled.samples) {
        tiled.samples = conv->samples - first < most ? conv->samples - first : most;
        for (int sample = 0; sample < tiled.samples; sample++)
            transform_sample(conv, transform,
                             conv->input + (first + sample) * conv->windows.sample,
                             conv->transformed + (size_t)sample * sample_bytes(conv));
        conv_tiles_run(&tiled, sizes, TILES_ALONG_COLUMNS, sizeof(int8_t));
        epilogue_move(&tiled.epilogue,
                      (ptrdiff_t)tiled.samples * conv->rows * conv->columns,
                      tiled.samples * conv->epilogue.residual.sample,
                      tiled.samples * conv->epilogue.out.sample);
    }
}
