#include "core/kernel/depthwise_pixels.h"
#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* Four bytes of four taps stand together in a 32-bit lane, so that vpdpbusd adds up four taps at
 * once: interleaving 4 x 64 channels gives 4 vectors of 16 channels. Group g of them has, in
 * quarter i of the register, channels 16 i + 4 g ... + 3; the codes of the four groups come out
 * in order (interleaved_codes_avx512). Weights are interleaved in the same way, as is all that
 * belongs to a channel. */
enum { BLOCK = 64, GROUPS = 4, TAPS_MOST = 64, BLOCKS_MOST = 8 };

struct groups {
    __m512i of[GROUPS];
};

INLINE struct groups interleave(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i low_ab = _mm512_unpacklo_epi8(a, b), high_ab = _mm512_unpackhi_epi8(a, b);
    __m512i low_cd = _mm512_unpacklo_epi8(c, d), high_cd = _mm512_unpackhi_epi8(c, d);

    return (struct groups){{_mm512_unpacklo_epi16(low_ab, low_cd),
                            _mm512_unpackhi_epi16(low_ab, low_cd),
                            _mm512_unpacklo_epi16(high_ab, high_cd),
                            _mm512_unpackhi_epi16(high_ab, high_cd)}};
}

/* What the 64 bytes of a register are. */
enum lanes {
    WHOLE,   /* 64 channels */
    PART,    /* fewer */
    TWO_ROWS /* up to 32 channels of two output rows */
};

struct block;

/* Runs some output rows, from the window and the output of the first pixel on. */
typedef void (*rows_fn)(const struct block *block, int rows, const uint8_t *window,
                        uint8_t *out);

/* Some channels of a layer, and what belongs to them. */
struct block {
    const struct depthwise_u8s8 *depthwise;
    int channel, count;
    enum lanes lanes;
    __mmask64 mask; /* of the channels that are there, in the first row */
    struct byte_rule rule;
    bool shifts;         /* a trait of the epilogue */
    bool biases;         /* not all of them are zero */
    __m512 bias[GROUPS]; /* integers */
    __m512 scale[GROUPS], shift[GROUPS], correction[GROUPS];
    struct groups weights[TAPS_MOST / 4];
    rows_fn run_rows;
};

static __m512 group_floats(const float floats[BLOCK], int group)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(floats + 4 * group));

    v = _mm512_insertf32x4(v, _mm_loadu_ps(floats + 16 + 4 * group), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(floats + 32 + 4 * group), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(floats + 48 + 4 * group), 3);
}

/* Up to 64 floats of channels by groups; of 32 channels twice for two rows. */
static void set_groups(const struct block *block, const void *constants,
                       __m512 groups[GROUPS])
{
    const float *floats = constants;
    float some[BLOCK] = {0};
    size_t bytes = (size_t)block->count * sizeof *some;

    if (block->lanes != WHOLE) {
        memcpy(some, constants, bytes);
        if (block->lanes == TWO_ROWS)
            memcpy(some + BLOCK / 2, constants, bytes);
        floats = some;
    }
    for (int group = 0; group < GROUPS; group++)
        groups[group] = group_floats(floats, group);
}

INLINE __m512i load64(const struct block *block, const enum lanes lanes,
                      const void *bytes, ptrdiff_t next_row)
{
    __mmask32 half = (__mmask32)block->mask;

    if (lanes == WHOLE)
        return _mm512_loadu_si512(bytes);
    if (lanes == PART)
        return _mm512_maskz_loadu_epi8(block->mask, bytes);
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_maskz_loadu_epi8(half, bytes)),
        _mm256_maskz_loadu_epi8(half, (const char *)bytes + next_row), 1);
}

INLINE void store64(const struct block *block, const enum lanes lanes, uint8_t *out,
                    __m512i codes)
{
    if (lanes == WHOLE) {
        _mm512_storeu_si512(out, codes);
    } else if (lanes == PART) {
        _mm512_mask_storeu_epi8(out, block->mask, codes);
    } else {
        __mmask32 half = (__mmask32)block->mask;

        _mm256_mask_storeu_epi8(out, half, _mm512_castsi512_si256(codes));
        _mm256_mask_storeu_epi8(out + block->depthwise->epilogue.out.row, half,
                                _mm512_extracti64x4_epi64(codes, 1));
    }
}

/* The weights of a tap, or zeros where there is none; the same for two rows. */
static __m512i tap_weights(const struct block *block, int tap)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;

    if (tap >= depthwise->taps_high * depthwise->taps_wide)
        return _mm512_setzero_si512();
    return load64(
        block, block->lanes == TWO_ROWS ? TWO_ROWS : PART,
        depthwise->weights + (ptrdiff_t)tap * depthwise->channels + block->channel, 0);
}

/* The rounded values of a group. */
INLINE __m512i rounded_group(const struct block *block, const int group,
                             const bool corrects, __m512i acc, __m512i sums)
{
    __m512 v = block->shift[group];

    if (corrects)
        v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), block->correction[group], v);
    /* A branch that is foreseen costs less than the load. */
    if (block->biases)
        acc = _mm512_add_epi32(acc, _mm512_castps_si512(block->bias[group]));
    v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), block->scale[group], v);
    return _mm512_cvtps_epi32(v);
}

INLINE void store_rounded(const struct block *block, const enum lanes lanes,
                          const __m512i rounded[GROUPS], uint8_t *out)
{
    store64(block, lanes, out,
            block->shifts ? interleaved_codes_avx512(&block->rule, SHIFTS, rounded)
                          : interleaved_codes_avx512(&block->rule, 0, rounded));
}

INLINE struct groups products(const struct groups *acc, const struct groups *input,
                              const struct groups *weights)
{
    struct groups sum;

#pragma GCC unroll 4
    for (int group = 0; group < GROUPS; group++)
        sum.of[group] =
            _mm512_dpbusd_epi32(acc->of[group], input->of[group], weights->of[group]);
    return sum;
}

INLINE struct groups no_groups(void)
{
    __m512i zero = _mm512_setzero_si512();

    return (struct groups){{zero, zero, zero, zero}};
}

INLINE struct groups ones(void)
{
    __m512i one = _mm512_set1_epi8(1);

    return (struct groups){{one, one, one, one}};
}

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
    __m512i ended = _mm512_dpbusd_epi32(*done, input, weights[2].of[group]);

    *done = _mm512_dpbusd_epi32(*next, input, weights[1].of[group]);
    *next = _mm512_dpbusd_epi32(zero, input, weights[0].of[group]);
    return ended;
}

/* The same with weights of one. */
INLINE __m512i slide_sums(struct sliding *sliding, const int group, __m512i input)
{
    __m512i *done = &sliding->done.of[group], *next = &sliding->next.of[group];
    __m512i column =
        _mm512_dpbusd_epi32(_mm512_setzero_si512(), input, _mm512_set1_epi8(1));
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

static bool is_three_by_three(const struct depthwise_u8s8 *depthwise)
{
    const int32_t *taps = depthwise->tap_offsets;
    ptrdiff_t step = depthwise->windows.column;

    return depthwise->taps_high == 3 && depthwise->taps_wide == 3 && taps[0] == 0 &&
           taps[1] == step && taps[2] == 2 * step;
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

static const struct {
    void (*weigh)(struct block *block);
    rows_fn rows[3][2]; /* by lanes, and without or with window sums */
} ways[2] = {
    {weigh_any,
     {[WHOLE] = {any_whole, any_whole_corrected},
      [PART] = {any_part, any_part_corrected},
      [TWO_ROWS] = {any_two_rows, any_two_rows_corrected}}},
    {weigh_three,
     {[WHOLE] = {three_whole, three_whole_corrected},
      [PART] = {three_part, three_part_corrected},
      [TWO_ROWS] = {three_two_rows, three_two_rows_corrected}}},
};

static bool has_biases(const struct block *block)
{
    __mmask16 some = 0;

    for (int group = 0; group < GROUPS; group++)
        some |= _mm512_cmpneq_epi32_mask(_mm512_castps_si512(block->bias[group]),
                                         _mm512_setzero_si512());
    return some != 0;
}

/* `like` has what is the same for all blocks. */
static void block_init(struct block *block, const struct block *like, int way,
                       int channel)
{
    const struct depthwise_u8s8 *depthwise = like->depthwise;
    const struct epilogue *epilogue = &depthwise->epilogue;
    int left = depthwise->channels - channel;

    block->depthwise = depthwise;
    block->channel = channel;
    block->count = left < BLOCK ? left : BLOCK;
    block->lanes = left >= BLOCK                               ? WHOLE
                   : left <= BLOCK / 2 && depthwise->rows >= 2 ? TWO_ROWS
                                                               : PART;
    block->mask = ~(__mmask64)0 >> (BLOCK - block->count);
    block->rule = like->rule;
    block->shifts = like->shifts;
    set_groups(block, epilogue->bias + channel, block->bias);
    block->biases = has_biases(block);
    set_groups(block, epilogue->scale + channel, block->scale);
    set_groups(block, epilogue->shift + channel, block->shift);
    if (epilogue->correction)
        set_groups(block, epilogue->correction + channel, block->correction);
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
    int way = is_three_by_three(depthwise);
    int rows = depthwise->rows, few = depthwise->channels % BLOCK ? 2 : rows;
    struct block blocks[BLOCKS_MOST];
    int count = 0;

    for (int channel = first_channel;
         channel < depthwise->channels && count < BLOCKS_MOST; channel += BLOCK)
        block_init(&blocks[count++], like, way, channel);
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

void depthwise_u8s8_avx512vnni(const struct depthwise_u8s8 *depthwise)
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
