#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

enum { VECTOR = 64, PART = 16, PARTS = 16 };

/* As in_part() of look_up_u8_avx2.c. */
static inline __m512i in_part(__m512i table, __m512i codes, int part)
{
    __m512i from_part = _mm512_sub_epi8(codes, _mm512_set1_epi8((char)(PART * part)));

    return _mm512_shuffle_epi8(table,
                               _mm512_adds_epu8(from_part, _mm512_set1_epi8(0x70)));
}

void look_up_u8_avx512(const uint8_t *table, const uint8_t *codes, size_t count,
                       uint8_t *to)
{
    __m512i parts[PARTS];
    size_t i = 0;

    for (int part = 0; part < PARTS; part++)
        parts[part] = _mm512_broadcast_i32x4(
            _mm_loadu_si128((const __m128i *)(table + PART * part)));
    for (; i + VECTOR <= count; i += VECTOR) {
        __m512i from = _mm512_loadu_si512(codes + i);
        __m512i found = _mm512_setzero_si512();

#pragma GCC unroll 16
        for (int part = 0; part < PARTS; part++)
            found = _mm512_or_si512(found, in_part(parts[part], from, part));
        _mm512_storeu_si512(to + i, found);
    }
    look_up_u8_scalar(table, codes + i, count - i, to + i);
}
