/* depthwise_avx512.h - 64 bytes of a depthwise convolution at once: how they are loaded, multiplied, finished.
 */
#ifndef CORE_KERNEL_DEPTHWISE_AVX512_H
#define CORE_KERNEL_DEPTHWISE_AVX512_H

#include "core/kernel/epilogue_avx512.h"

#include <string.h>

/* Four bytes of four taps stand together in a 32-bit lane, so that vpdpbusd adds up four taps at
 * once: interleaving 4 x 64 channels gives 4 vectors of 16 channels. Group g of them has, in
 * quarter i of the register, channels 16 i + 4 g ... + 3; the codes of the four groups come out
 * in order (interleaved_codes_avx512). Weights are interleaved in the same way, as is all that
 * belongs to a channel. */
enum { BLOCK = 64, GROUPS = 4, TAPS_MOST = 64 };

struct groups {
    __m512i of[GROUPS];
};

/* acc + the sums of four products in each lane; without VNNI of bytes at even places and at odd ones, as 16
 * bits each. */
INLINE __m512i plus_dot(__m512i acc, __m512i codes, __m512i weights)
{
#ifdef __AVX512VNNI__
    return _mm512_dpbusd_epi32(acc, codes, weights);
#else
    const __m512i even_codes = _mm512_and_si512(codes, _mm512_set1_epi16(0xff));
    const __m512i even_weights = _mm512_srai_epi16(_mm512_slli_epi16(weights, 8), 8);

    acc = _mm512_add_epi32(acc, _mm512_madd_epi16(even_codes, even_weights));
    return _mm512_add_epi32(acc, _mm512_madd_epi16(_mm512_srli_epi16(codes, 8),
                                                   _mm512_srai_epi16(weights, 8)));
#endif
}

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
    WHOLE,    /* 64 channels */
    PART,     /* fewer */
    TWO_ROWS, /* up to 32 channels of two output rows */
    PIXELS,   /* 8, 16 or 32 channels of neighbouring output pixels */
    PIXELS_2, /* the same where windows lie two pixels apart */
    LANES_COUNT
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
    __m512i
        every_other; /* of PIXELS_2: the quarters of words of the pixels that windows begin with */
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

/* Lanes from one place of a channel to its next; BLOCK: it has one. */
static int lanes_apart(const struct block *block)
{
    switch (block->lanes) {
    case TWO_ROWS:
        return BLOCK / 2;
    case PIXELS:
    case PIXELS_2:
        return block->count;
    case WHOLE:
    case PART:
    case LANES_COUNT:
        break;
    }
    return BLOCK;
}

/* Elements of the block's channels, to every lane of theirs; zero elsewhere. */
static void spread(const struct block *block, const void *elements,
                   size_t element_bytes, void *lanes)
{
    size_t apart = (size_t)lanes_apart(block) * element_bytes;
    unsigned char *to = memset(lanes, 0, BLOCK * element_bytes);

    for (size_t at = 0; at < BLOCK * element_bytes; at += apart)
        memcpy(to + at, elements, (size_t)block->count * element_bytes);
}

/* Floats of the channels by groups. */
static void set_groups(const struct block *block, const void *constants,
                       __m512 groups[GROUPS])
{
    float floats[BLOCK];

    spread(block, constants, sizeof *floats, floats);
    for (int group = 0; group < GROUPS; group++)
        groups[group] = group_floats(floats, group);
}

INLINE __m512i load64(const struct block *block, const enum lanes lanes,
                      const void *bytes, ptrdiff_t next_row)
{
    __mmask32 half = (__mmask32)block->mask;

    if (lanes == WHOLE || lanes == PIXELS)
        return _mm512_loadu_si512(bytes);
    if (lanes == PIXELS_2)
        return _mm512_permutex2var_epi64(
            _mm512_loadu_si512(bytes), block->every_other,
            _mm512_loadu_si512((const char *)bytes + BLOCK));
    if (lanes == PART)
        return _mm512_maskz_loadu_epi8(block->mask, bytes);
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_maskz_loadu_epi8(half, bytes)),
        _mm256_maskz_loadu_epi8(half, (const char *)bytes + next_row), 1);
}

INLINE void store64(const struct block *block, const enum lanes lanes, uint8_t *out,
                    __m512i codes)
{
    if (lanes == WHOLE || lanes == PIXELS || lanes == PIXELS_2) {
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

/* The weights of a tap, or zeros where there is none. */
static __m512i tap_weights(const struct block *block, int tap)
{
    const struct depthwise_u8s8 *depthwise = block->depthwise;
    int8_t lanes[BLOCK];

    if (tap >= depthwise->taps_high * depthwise->taps_wide)
        return _mm512_setzero_si512();
    spread(block,
           depthwise->weights + (ptrdiff_t)tap * depthwise->channels + block->channel,
           sizeof *lanes, lanes);
    return _mm512_loadu_si512(lanes);
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
        sum.of[group] = plus_dot(acc->of[group], input->of[group], weights->of[group]);
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

#endif
