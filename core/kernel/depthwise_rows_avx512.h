/* depthwise_rows_avx512.h - depthwise convolutions on 64 bytes at once, with the products of a set. */
#ifndef CORE_KERNEL_DEPTHWISE_ROWS_AVX512_H
#define CORE_KERNEL_DEPTHWISE_ROWS_AVX512_H

#include "core/kernel/depthwise_avx512.h"
#include "core/kernel/depthwise_pixels.h"

/* ---- 3 x 3, stride 1 -----------------------------------------------------------------------
 *
 * Along a row each column of input is interleaved once, and counts for three output pixels:
 * `done` needs it as its last column, `next` as its middle one, the one after as its first. */

struct sliding {
    struct groups done, next;
};

/* Takes in a column, and gives the sums of the pixel that it ends. */
INLINE __m512i slide(struct sliding *sliding, const int group, __m512i input,
                     const struct groups weights[3])
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i *done = &sliding->done.of[group], *next = &sliding->next.of[group];
    __m512i ended = plus_dot(*done, input, weights[2].of[group]);

    *done = plus_dot(*next, input, weights[1].of[group]);
    *next = plus_dot(zero, input, weights[0].of[group]);
    return ended;
}

/* The same with weights of one. */
INLINE __m512i slide_sums(struct sliding *sliding, const int group, __m512i input)
{
    __m512i *done = &sliding->done.of[group], *next = &sliding->next.of[group];
    __m512i column = plus_dot(_mm512_setzero_si512(), input, _mm512_set1_epi8(1));
    __m512i ended = _mm512_add_epi32(*done, column);

    *done = _mm512_add_epi32(*next, column);
    *next = column;
    return ended;
}

/* Where the columns of a window's three rows are. Local copies: bytes that are stored could be
 * anything that a pointer leads to. */
struct columns {
    const uint8_t *rows[3];
    ptrdiff_t step, next_row;
};

INLINE struct columns columns_of(const struct depthwise_u8s8 *depthwise,
                                 const uint8_t *window)
{
    const int32_t *taps = depthwise->tap_offsets;

    return (struct columns){
        .rows = {window, window + taps[3], window + taps[6]},
        .step = depthwise->windows.column,
        .next_row = depthwise->windows.row,
    };
}

INLINE struct groups next_column(const struct block *block, const enum lanes lanes,
                                 struct columns *columns)
{
    __m512i bytes[3];

#pragma GCC unroll 3
    for (int row = 0; row < 3; row++) {
        bytes[row] = load64(block, lanes, columns->rows[row], columns->next_row);
        columns->rows[row] += columns->step;
    }
    return interleave(bytes[0], bytes[1], bytes[2], _mm512_setzero_si512());
}

INLINE void row_of_three(const struct block *block, const enum lanes lanes,
                         const bool corrects, const uint8_t *window, uint8_t *out)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    /* Kept in registers, or left in memory where window sums need the registers. */
    const struct groups kept[3] = {block->weights[0], block->weights[1],
                                   block->weights[2]};
    const struct groups *weights = corrects ? block->weights : kept;
    const ptrdiff_t out_step = depthwise->epilogue.out.column;
    const int count = depthwise->columns;
    struct columns columns = columns_of(depthwise, window);
    struct sliding acc = {no_groups(), no_groups()}, sums = acc;

    /* The first two columns end no pixel. */
    for (int column = -2; column < count; column++) {
        struct groups input = next_column(block, lanes, &columns);
        __m512i rounded[GROUPS];

#pragma GCC unroll 4
        for (int group = 0; group < GROUPS; group++) {
            __m512i ended = slide(&acc, group, input.of[group], weights), sum = ended;

            if (corrects)
                sum = slide_sums(&sums, group, input.of[group]);
            rounded[group] = rounded_group(block, group, corrects, ended, sum);
        }
        if (column < 0)
            continue;
        store_rounded(block, lanes, rounded, out);
        out += out_step;
    }
}

static void weigh_three(struct block *block)
{
    for (int column = 0; column < 3; column++)
        block->weights[column] =
            interleave(tap_weights(block, column), tap_weights(block, column + 3),
                       tap_weights(block, column + 6), _mm512_setzero_si512());
}

/* ---- any window ---------------------------------------------------------------------------- */

INLINE void pixel_of_any(const struct block *block, const enum lanes lanes,
                         const bool corrects, const uint8_t *window, uint8_t *out)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    const int32_t *taps = depthwise->tap_offsets;
    const int count = depthwise->taps_high * depthwise->taps_wide;
    const struct groups one = ones();
    struct groups acc = no_groups(), sums = acc;
    __m512i rounded[GROUPS];

    for (int tap = 0; tap < count; tap += 4) {
        __m512i bytes[4];
        struct groups input;

#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            bytes[i] = tap + i < count ? load64(block, lanes, window + taps[tap + i],
                                                depthwise->windows.row)
                                       : _mm512_setzero_si512();
        input = interleave(bytes[0], bytes[1], bytes[2], bytes[3]);
        acc = products(&acc, &input, &block->weights[tap / 4]);
        if (corrects)
            sums = products(&sums, &input, &one);
    }
#pragma GCC unroll 4
    for (int group = 0; group < GROUPS; group++)
        rounded[group] =
            rounded_group(block, group, corrects, acc.of[group], sums.of[group]);
    store_rounded(block, lanes, rounded, out);
}

INLINE void row_of_any(const struct block *block, const enum lanes lanes,
                       const bool corrects, const uint8_t *window, uint8_t *out)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    const ptrdiff_t step = depthwise->windows.column;
    const ptrdiff_t out_step = depthwise->epilogue.out.column;
    const int count = depthwise->columns;

    for (int column = 0; column < count; column++)
        pixel_of_any(block, lanes, corrects, window + column * step,
                     out + column * out_step);
}

/* ---- pixels beside each other: registers of them, of which the last may begin with some that were done before -- */

INLINE int pixel_at_once(const struct block *block, int done)
{
    const int at_once = BLOCK / block->count, count = block->depthwise->columns;

    return done + at_once <= count ? done : count - at_once;
}

INLINE void row_of_pixels(const struct block *block, const enum lanes lanes,
                          const bool corrects, const uint8_t *window, uint8_t *out)
{
    const ptrdiff_t step = block->depthwise->windows.column, out_step = block->count;
    const int count = block->depthwise->columns, at_once = BLOCK / block->count;

    for (int column = 0; column < count; column += at_once) {
        int at = pixel_at_once(block, column);

        pixel_of_any(block, lanes, corrects, window + at * step, out + at * out_step);
    }
}

/* Windows of 3 x 3, whose weights stay in registers. */
INLINE void row_of_three_pixels(const struct block *block, const enum lanes lanes,
                                const bool corrects, const uint8_t *window,
                                uint8_t *out)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    const struct groups kept[3] = {block->weights[0], block->weights[1],
                                   block->weights[2]};
    const struct groups one = ones();
    const ptrdiff_t step = depthwise->windows.column, out_step = block->count;
    const int count = depthwise->columns, at_once = BLOCK / block->count;
    const int32_t *taps = depthwise->tap_offsets;
    const ptrdiff_t offsets[9] = {taps[0], taps[1], taps[2], taps[3], taps[4],
                                  taps[5], taps[6], taps[7], taps[8]};

    for (int done = 0; done < count; done += at_once) {
        const int at = pixel_at_once(block, done);
        const uint8_t *first = window + at * step;
        struct groups acc = no_groups(), sums = acc;
        __m512i rounded[GROUPS];

#pragma GCC unroll 3
        for (int column = 0; column < 3; column++) {
            const struct groups input =
                interleave(load64(block, lanes, first + offsets[column], 0),
                           load64(block, lanes, first + offsets[column + 3], 0),
                           load64(block, lanes, first + offsets[column + 6], 0),
                           _mm512_setzero_si512());

            acc = products(&acc, &input, &kept[column]);
            if (corrects)
                sums = products(&sums, &input, &one);
        }
#pragma GCC unroll 4
        for (int group = 0; group < GROUPS; group++)
            rounded[group] =
                rounded_group(block, group, corrects, acc.of[group], sums.of[group]);
        store_rounded(block, lanes, rounded, out + at * out_step);
    }
}

static void weigh_any(struct block *block)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;

    for (int tap = 0; tap < depthwise->taps_high * depthwise->taps_wide; tap += 4)
        block->weights[tap / 4] =
            interleave(tap_weights(block, tap), tap_weights(block, tap + 1),
                       tap_weights(block, tap + 2), tap_weights(block, tap + 3));
}

/* ---- which ---------------------------------------------------------------------------------- */

/* Rows one by one, or by twos: then the last two may begin with one that was done before. */
#define DEFINE_ROWS(name, run_row, lanes, corrects)                                    \
    static void name(const struct block *block, int rows, const uint8_t *window,       \
                     uint8_t *out)                                                     \
    {                                                                                  \
        const struct depthwise_u8s8 *depthwise = block->depthwise;                     \
        const ptrdiff_t in_row = depthwise->windows.row;                               \
        const ptrdiff_t out_row = depthwise->epilogue.out.row;                         \
        const int at_once = (lanes) == TWO_ROWS ? 2 : 1;                               \
                                                                                       \
        for (int begin = 0; begin < rows; begin += at_once) {                          \
            int row = begin + at_once <= rows ? begin : rows - at_once;                \
                                                                                       \
            run_row(block, lanes, corrects, window + row * in_row,                     \
                    out + row * out_row);                                              \
        }                                                                              \
    }

DEFINE_ROWS(three_whole, row_of_three, WHOLE, false)
DEFINE_ROWS(three_whole_corrected, row_of_three, WHOLE, true)
DEFINE_ROWS(three_part, row_of_three, PART, false)
DEFINE_ROWS(three_part_corrected, row_of_three, PART, true)
DEFINE_ROWS(three_two_rows, row_of_three, TWO_ROWS, false)
DEFINE_ROWS(three_two_rows_corrected, row_of_three, TWO_ROWS, true)
DEFINE_ROWS(any_whole, row_of_any, WHOLE, false)
DEFINE_ROWS(any_whole_corrected, row_of_any, WHOLE, true)
DEFINE_ROWS(any_part, row_of_any, PART, false)
DEFINE_ROWS(any_part_corrected, row_of_any, PART, true)
DEFINE_ROWS(any_two_rows, row_of_any, TWO_ROWS, false)
DEFINE_ROWS(any_two_rows_corrected, row_of_any, TWO_ROWS, true)
DEFINE_ROWS(three_pixels, row_of_three_pixels, PIXELS, false)
DEFINE_ROWS(three_pixels_corrected, row_of_three_pixels, PIXELS, true)
DEFINE_ROWS(three_pixels_2, row_of_three_pixels, PIXELS_2, false)
DEFINE_ROWS(three_pixels_2_corrected, row_of_three_pixels, PIXELS_2, true)
DEFINE_ROWS(any_pixels, row_of_pixels, PIXELS, false)
DEFINE_ROWS(any_pixels_corrected, row_of_pixels, PIXELS, true)
DEFINE_ROWS(any_pixels_2, row_of_pixels, PIXELS_2, false)
DEFINE_ROWS(any_pixels_2_corrected, row_of_pixels, PIXELS_2, true)

enum { BLOCKS_MOST = 8 };

enum { ANY, THREE, WAYS };

static const struct {
    void (*weigh)(struct block *block);
    rows_fn rows[LANES_COUNT][2]; /* by lanes, and without or with window sums */
} ways[WAYS] = {
    [ANY] = {weigh_any,
             {[WHOLE] = {any_whole, any_whole_corrected},
              [PART] = {any_part, any_part_corrected},
              [TWO_ROWS] = {any_two_rows, any_two_rows_corrected},
              [PIXELS] = {any_pixels, any_pixels_corrected},
              [PIXELS_2] = {any_pixels_2, any_pixels_2_corrected}}},
    [THREE] = {weigh_three,
               {[WHOLE] = {three_whole, three_whole_corrected},
                [PART] = {three_part, three_part_corrected},
                [TWO_ROWS] = {three_two_rows, three_two_rows_corrected},
                [PIXELS] = {three_pixels, three_pixels_corrected},
                [PIXELS_2] = {three_pixels_2, three_pixels_2_corrected}}},
};

static bool has_biases(const struct block *block)
{
    __mmask16 some = 0;

    for (int group = 0; group < GROUPS; group++)
        some |= _mm512_cmpneq_epi32_mask(_mm512_castps_si512(block->bias[group]),
                                         _mm512_setzero_si512());
    return some != 0;
}

/* Whether pixels of all channels lie beside each other and fill a register, and windows `stride` pixels apart. */
static bool has_pixels(const struct depthwise_u8s8 *depthwise, int stride)
{
    int channels = depthwise->channels;

    return channels % 8 == 0 && channels < BLOCK && BLOCK % channels == 0 &&
           depthwise->windows.column == (ptrdiff_t)stride * channels &&
           depthwise->epilogue.out.column == channels &&
           depthwise->columns * channels >= BLOCK;
}

static enum lanes lanes_of(const struct depthwise_u8s8 *depthwise, int channel)
{
    int left = depthwise->channels - channel;
    bool two_rows = left <= BLOCK / 2 && depthwise->rows >= 2;

    if (left >= BLOCK)
        return WHOLE;
    if (left == BLOCK / 2 &&
        two_rows) /* they fill the register as well, and loads are shorter */
        return TWO_ROWS;
    if (has_pixels(depthwise, 1))
        return PIXELS;
    if (has_pixels(depthwise, 2))
        return PIXELS_2;
    return two_rows ? TWO_ROWS : PART;
}

static int way_of(const struct block *block)
{
    bool is_of_pixels = block->lanes == PIXELS || block->lanes == PIXELS_2;

    return (is_of_pixels ? is_three_by_three : slides)(block->depthwise) ? THREE : ANY;
}

/* The words of 8 bytes of every other pixel of two registers. */
static __m512i words_of_every_other(int channels)
{
    int64_t words[8];
    int of_pixel = channels / 8;

    for (int word = 0; word < 8; word++)
        words[word] = word / of_pixel * 2 * of_pixel + word % of_pixel;
    return _mm512_loadu_si512(words);
}

/* `like` has what is the same for all blocks. */
static void block_init(struct block *block, const struct block *like, int channel)
{
    const struct depthwise_u8s8 *depthwise = like->depthwise;
    const struct epilogue *epilogue = &depthwise->epilogue;
    int left = depthwise->channels - channel, way;

    block->depthwise = depthwise;
    block->channel = channel;
    block->count = left < BLOCK ? left : BLOCK;
    block->lanes = lanes_of(depthwise, channel);
    block->mask = ~(__mmask64)0 >> (BLOCK - block->count);
    if (block->lanes == PIXELS_2)
        block->every_other = words_of_every_other(block->count);
    block->rule = like->rule;
    block->shifts = like->shifts;
    set_groups(block, epilogue->bias + channel, block->bias);
    block->biases = has_biases(block);
    set_groups(block, epilogue->scale + channel, block->scale);
    set_groups(block, epilogue->shift + channel, block->shift);
    if (epilogue->correction)
        set_groups(block, epilogue->correction + channel, block->correction);
    way = way_of(block);
    ways[way].weigh(block);
    block->run_rows = ways[way].rows[block->lanes][epilogue->correction != NULL];
}

/* Output rows [row, row + count) of a block. */
static void run_rows(const struct block *block, int sample, int row, int count)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    const struct strides *in = &depthwise->windows, *out = &depthwise->epilogue.out;

    if (block->lanes == TWO_ROWS && count == 1) { /* the one before is done again */
        row--;
        count++;
    }
    block->run_rows(block, count,
                    depthwise->input + sample * in->sample + row * in->row +
                        block->channel,
                    depthwise->epilogue.out_u8 + sample * out->sample + row * out->row +
                        block->channel);
}

/* Some blocks, a few rows after the other. Where blocks share cache lines few rows at a time go
 * through all blocks, so that the lines are still there. */
static void run_blocks(const struct block *like, int first_channel)
{
    const struct depthwise_u8s8 *depthwise = like->depthwise;
    int rows = depthwise->rows, few = depthwise->channels % BLOCK ? 2 : rows;
    struct block blocks[BLOCKS_MOST];
    int count = 0;

    for (int channel = first_channel;
         channel < depthwise->channels && count < BLOCKS_MOST; channel += BLOCK)
        block_init(&blocks[count++], like, channel);
    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int row = 0; row < rows; row += few)
            for (int i = 0; i < count; i++)
                run_rows(&blocks[i], sample, row, rows - row < few ? rows - row : few);
}

/* ---- any epilogue --------------------------------------------------------------------------- */

static void finish_16_channels(const struct depthwise_u8s8 *depthwise,
                               const struct depthwise_pixel *pixel, int channel)
{
    int count = depthwise->channels - channel;
    __mmask16 mask = mask_of(count);
    __m512i acc = _mm512_setzero_si512(), sum = _mm512_setzero_si512();
    struct any_epilogue any;

    for (int tap = 0; tap < depthwise->taps_high * depthwise->taps_wide; tap++) {
        __m512i x = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(
            mask, pixel->window + depthwise->tap_offsets[tap] + channel));
        __m512i w = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(
            mask, depthwise->weights + (ptrdiff_t)tap * depthwise->channels + channel));

        acc = _mm512_add_epi32(acc, _mm512_mullo_epi32(x, w));
        sum = _mm512_add_epi32(sum, x);
    }
    any = any_epilogue_of(&depthwise->epilogue, channel, count);
    finish_any_avx512(&any, pixel->out + channel, pixel->residual + channel, acc,
                      _mm512_cvtepi32_ps(sum));
}

static void run_pixel(const void *context, const struct depthwise_pixel *pixel)
{
    const struct depthwise_u8s8 *depthwise = context;

    for (int channel = 0; channel < depthwise->channels; channel += 16)
        finish_16_channels(depthwise, pixel, channel);
}

static void depthwise_avx512(const struct depthwise_u8s8 *depthwise)
{
    const struct epilogue *epilogue = &depthwise->epilogue;
    struct block like;

    if (!epilogue->out_u8 || !epilogue->is_tame || epilogue->residual_u8 ||
        epilogue->residual_f32 ||
        depthwise->taps_high * depthwise->taps_wide > TAPS_MOST) {
        depthwise_each_pixel(depthwise, run_pixel, depthwise);
        return;
    }
    like.depthwise = depthwise;
    like.rule = byte_rule_of(epilogue);
    like.shifts = epilogue_traits(epilogue) & SHIFTS;
    for (int channel = 0; channel < depthwise->channels; channel += BLOCKS_MOST * BLOCK)
        run_blocks(&like, channel);
}

#endif
