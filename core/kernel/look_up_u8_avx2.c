#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

enum { VECTOR = 32, PART = 16, PARTS = 16 };

/* What each byte is in a part of the table, or zero where it lies in another. A shuffle takes the last
 * four bits, and gives zero where the first one is set: code - 16 part + 0x70, saturated, has it from 0x80
 * on, which is all beyond the part; what is below the part wraps, and is as large. */
static inline __m256i in_part(__m256i table, __m256i codes, int part)
{
    __m256i from_part = _mm256_sub_epi8(codes, _mm256_set1_epi8((char)(PART * part)));

    return _mm256_shuffle_epi8(table,
                               _mm256_adds_epu8(from_part, _mm256_set1_epi8(0x70)));
}

void look_up_u8_avx2(const uint8_t *table, const uint8_t *codes, size_t count,
                     uint8_t *to)
{
    __m256i parts[PARTS];
    size_t i = 0;

    for (int part = 0; part < PARTS; part++)
        parts[part] = _mm256_broadcastsi128_si256(
            _mm_loadu_si128((const __m128i *)(table + PART * part)));
    for (; i + VECTOR <= count; i += VECTOR) {
        __m256i from = _mm256_loadu_si256((const __m256i *)(codes + i));
        __m256i found = _mm256_setzero_si256();

#pragma GCC unroll 16
        for (int part = 0; part < PARTS; part++)
            found = _mm256_or_si256(found, in_part(parts[part], from, part));
        _mm256_storeu_si256((__m256i *)(to + i), found);
    }
    look_up_u8_scalar(table, codes + i, count - i, to + i);
}
