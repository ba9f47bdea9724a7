#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/depthwise_pixels.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* Two taps stand together in a 32-bit lane as 16-bit numbers, so that vpmaddwd multiplies and adds
 * both exactly: interleaving 2 x 16 channels gives 2 vectors of 8. */
enum { BLOCK = 16, PAIRS_MOST = 32 };

struct pair {
    __m256i first, second; /* channels 0-3 and 8-11, 4-7 and 12-15 */
};

INLINE struct pair interleave(__m256i a, __m256i b)
{
    return (struct pair){_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)};
}

INLINE struct pair plus_products(struct pair acc, struct pair input,
                                 struct pair weights)
{
    return (struct pair){
        _mm256_add_epi32(acc.first, _mm256_madd_epi16(input.first, weights.first)),
        _mm256_add_epi32(acc.second, _mm256_madd_epi16(input.second, weights.second))};
}

/* The other way round: channels 0-7 and 8-15. */
INLINE struct pair in_order(struct pair sums)
{
    return (struct pair){_mm256_permute2x128_si256(sums.first, sums.second, 0x20),
                         _mm256_permute2x128_si256(sums.first, sums.second, 0x31)};
}

/* Up to 16 channels of a layer and their weights. */
struct block {
    const struct depthwise_u8s8 *depthwise;
    int channel, count, taps;
    struct pair weights[PAIRS_MOST];
};

/* The weights of a tap as 16-bit numbers, zeros where there are none. */
static __m256i tap_weights(const struct block *block, int tap)
{
    int8_t weights[BLOCK] = {0};

    if (tap < block->taps)
        memcpy(weights,
               block->depthwise->weights + tap * block->depthwise->channels +
                   block->channel,
               (size_t)block->count);
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)weights));
}

static void block_init(struct block *block, const struct depthwise_u8s8 *depthwise,
                       int channel)
{
    int left = depthwise->channels - channel;

    block->depthwise = depthwise;
    block->channel = channel;
    block->count = left < BLOCK ? left : BLOCK;
    block->taps = depthwise->taps_high * depthwise->taps_wide;
    for (int tap = 0; tap < block->taps; tap += 2)
        block->weights[tap / 2] =
            interleave(tap_weights(block, tap), tap_weights(block, tap + 1));
}

INLINE __m256i widened(const uint8_t *codes)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)codes));
}

INLINE struct pair no_sums(void)
{
    return (struct pair){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

/* ---- without window sums --------------------------------------------------------------------
 *
 * Sums of some pixels of a row stand in memory until an epilogue for all of them. */

enum { PIXELS_AT_ONCE = 32 };

INLINE void keep(struct pair acc, int32_t *sums)
{
    acc = in_order(acc);
    _mm256_storeu_si256((__m256i *)sums, acc.first);
    _mm256_storeu_si256((__m256i *)(sums + BLOCK / 2), acc.second);
}

/* Sums of pixels' windows, [pixels][BLOCK], from the first one on. */
typedef void (*sum_pixels_fn)(const struct block *block, const uint8_t *window,
                              int pixels, int32_t *sums);

static void sum_any(const struct block *block, const uint8_t *window, int pixels,
                    int32_t *sums)
{
    const int32_t *taps = block->depthwise->tap_offsets;
    const ptrdiff_t step = block->depthwise->windows.column;

    for (int pixel = 0; pixel < pixels; pixel++, window += step, sums += BLOCK) {
        struct pair acc = no_sums();

        for (int tap = 0; tap < block->taps; tap += 2)
            acc = plus_products(acc,
                                interleave(widened(window + taps[tap]),
                                           tap + 1 < block->taps
                                               ? widened(window + taps[tap + 1])
                                               : _mm256_setzero_si256()),
                                block->weights[tap / 2]);
        keep(acc, sums);
    }
}

/* Along a row each column of input is interleaved once, and counts for three output pixels: `done` needs
 * it as its last column, `next` as its middle one, the one after as its first. Weights are [columns] of
 * two rows and the third. */
static void sum_three(const struct block *block, const uint8_t *window, int pixels,
                      int32_t *sums)
{
    const int32_t *taps = block->depthwise->tap_offsets;
    const ptrdiff_t step = block->depthwise->windows.column;
    const struct pair *weights = block->weights;
    struct pair done = no_sums(), next = done;

    /* The first two columns end no pixel. */
    for (int pixel = -2; pixel < pixels; pixel++, window += step) {
        const struct pair upper =
            interleave(widened(window), widened(window + taps[3]));
        const struct pair lower =
            interleave(widened(window + taps[6]), _mm256_setzero_si256());

        done = plus_products(plus_products(done, upper, weights[4]), lower, weights[5]);
        if (pixel >= 0)
            keep(done, sums + (ptrdiff_t)pixel * BLOCK);
        done = plus_products(plus_products(next, upper, weights[2]), lower, weights[3]);
        next = plus_products(plus_products(no_sums(), upper, weights[0]), lower,
                             weights[1]);
    }
}

static void weigh_three(struct block *block)
{
    for (int column = 0; column < 3; column++) {
        block->weights[2 * column] =
            interleave(tap_weights(block, column), tap_weights(block, column + 3));
        block->weights[2 * column + 1] =
            interleave(tap_weights(block, column + 6), _mm256_setzero_si256());
    }
}

static void run_row(const struct block *block, sum_pixels_fn sum_pixels,
                    const uint8_t *window, struct conv_tile tile)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    int32_t sums[PIXELS_AT_ONCE * BLOCK];
    int now;

    for (int left = depthwise->columns; left > 0; left -= now) {
        now = left < PIXELS_AT_ONCE ? left : PIXELS_AT_ONCE;
        sum_pixels(block, window, now, sums);
        finish_tile_avx2(&depthwise->epilogue, &tile, now, sums, BLOCK);
        window += now * depthwise->windows.column;
        tile.out += now * tile.out_step;
        tile.residual += now * tile.residual_step;
    }
}

static void run_block(const struct block *block, sum_pixels_fn sum_pixels)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    const struct strides *in = &depthwise->windows, *out = &depthwise->epilogue.out;
    const struct strides *residual = &depthwise->epilogue.residual;

    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int row = 0; row < depthwise->rows; row++)
            run_row(block, sum_pixels,
                    depthwise->input + sample * in->sample + row * in->row +
                        block->channel,
                    (struct conv_tile){
                        .channel = block->channel,
                        .channels = block->count,
                        .out = sample * out->sample + row * out->row + block->channel,
                        .out_step = out->column,
                        .residual = sample * residual->sample + row * residual->row +
                                    block->channel,
                        .residual_step = residual->column,
                    });
}

/* ---- with window sums ----------------------------------------------------------------------- */

static void finish(const struct block *block, const struct depthwise_pixel *pixel,
                   struct pair acc, struct pair sums)
{
    enum { HALF = BLOCK / 2 };
    const __m256i accs[2] = {in_order(acc).first, in_order(acc).second};
    const __m256i of_codes[2] = {in_order(sums).first, in_order(sums).second};

    for (int half = 0; half < 2 && HALF * half < block->count; half++) {
        int channel = block->channel + HALF * half;
        const struct any_epilogue any = any_epilogue_of(
            &block->depthwise->epilogue, channel, block->count - HALF * half);

        finish_any_avx2(&any, pixel->out + channel, pixel->residual + channel,
                        accs[half], _mm256_cvtepi32_ps(of_codes[half]));
    }
}

static void run_pixel(const void *context, const struct depthwise_pixel *pixel)
{
    const struct block *block = context;
    const int32_t *taps = block->depthwise->tap_offsets;
    const uint8_t *window = pixel->window + block->channel;
    const __m256i one = _mm256_set1_epi16(1), zero = _mm256_setzero_si256();
    struct pair acc = no_sums(), sums = acc;

    for (int tap = 0; tap < block->taps; tap += 2) {
        struct pair input =
            interleave(widened(window + taps[tap]),
                       tap + 1 < block->taps ? widened(window + taps[tap + 1]) : zero);

        acc = plus_products(acc, input, block->weights[tap / 2]);
        sums = plus_products(sums, input, (struct pair){one, one});
    }
    finish(block, pixel, acc, sums);
}

/* ---- which ---------------------------------------------------------------------------------- */

static void run_channels(const struct depthwise_u8s8 *depthwise, int channel)
{
    struct block block;

    block_init(&block, depthwise, channel);
    if (depthwise->epilogue.correction) {
        depthwise_each_pixel(depthwise, run_pixel, &block);
    } else if (slides(depthwise)) {
        weigh_three(&block);
        run_block(&block, sum_three);
    } else {
        run_block(&block, sum_any);
    }
}

void depthwise_u8s8_avx2(const struct depthwise_u8s8 *depthwise)
{
    if (depthwise->taps_high * depthwise->taps_wide > 2 * PAIRS_MOST) {
        depthwise_u8s8_scalar(depthwise);
        return;
    }
    for (int channel = 0; channel < depthwise->channels; channel += BLOCK)
        run_channels(depthwise, channel);
}
