/* Square blocks in registers: a row of each half is interleaved with one of the other, as often as there
 * are bits in a row's number. */
#include "core/kernel/transpose.h"

#include "core/kernel/vector_clones.h"

#include <string.h>

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

enum { BYTES = 16 };

typedef uint8_t bytes __attribute__((vector_size(BYTES)));

static inline __attribute__((always_inline)) bytes low_bytes(bytes a, bytes b)
{
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                   22, 7, 23);
}

static inline __attribute__((always_inline)) bytes high_bytes(bytes a, bytes b)
{
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                   14, 30, 15, 31);
}

static inline __attribute__((always_inline)) void interleave_bytes(const bytes *from,
                                                                   bytes *to)
{
#pragma GCC unroll 8
    for (int row = 0; row < BYTES / 2; row++) {
        to[2 * row] = low_bytes(from[row], from[row + BYTES / 2]);
        to[2 * row + 1] = high_bytes(from[row], from[row + BYTES / 2]);
    }
}

/* Some bytes of a vector, in pieces that overlap. */
static inline __attribute__((always_inline)) void put_bytes(bytes vector, size_t count,
                                                            uint8_t *to)
{
    uint8_t all[BYTES];

    if (count == BYTES) {
        memcpy(to, &vector, BYTES);
        return;
    }
    memcpy(all, &vector, BYTES);
    if (count >= 8) {
        memcpy(to, all, 8);
        memcpy(to + count - 8, all + count - 8, 8);
    } else if (count >= 4) {
        memcpy(to, all, 4);
        memcpy(to + count - 4, all + count - 4, 4);
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = all[i];
    }
}

/* A block of at most BYTES rows and columns. */
static inline __attribute__((always_inline)) void
transpose_block(const struct transpose *of, size_t rows, size_t columns,
                const uint8_t *from, uint8_t *to)
{
    bytes a[BYTES], b[BYTES];

#pragma GCC unroll 16
    for (size_t row = 0; row < BYTES; row++)
        memcpy(&a[row], from + (ptrdiff_t)(row < rows ? row : 0) * of->from_row, BYTES);
    interleave_bytes(a, b);
    interleave_bytes(b, a);
    interleave_bytes(a, b);
    interleave_bytes(b, a);
#pragma GCC unroll 16
    for (size_t column = 0; column < BYTES; column++)
        if (column < columns)
            put_bytes(a[column], rows, to + (ptrdiff_t)column * of->to_row);
}

VECTOR_CLONES
void transpose_bytes(const struct transpose *of, const uint8_t *from, uint8_t *to)
{
    for (size_t row = 0; row < of->rows; row += BYTES)
        for (size_t column = 0; column < of->columns; column += BYTES) {
            const uint8_t *at =
                from + (ptrdiff_t)row * of->from_row + (ptrdiff_t)column;
            uint8_t *there = to + (ptrdiff_t)column * of->to_row + (ptrdiff_t)row;
            size_t rows = smaller(of->rows - row, BYTES);

            if (rows == BYTES)
                transpose_block(of, BYTES, smaller(of->columns - column, BYTES), at,
                                there);
            else
                transpose_block(of, rows, smaller(of->columns - column, BYTES), at,
                                there);
        }
}

/* ---- words ---------------------------------------------------------------------------------- */

enum { WORD = 4, WORDS = BYTES / WORD };

typedef int32_t words __attribute__((vector_size(BYTES)));

static inline __attribute__((always_inline)) void interleave_words(const words *from,
                                                                   words *to)
{
#pragma GCC unroll 2
    for (int row = 0; row < WORDS / 2; row++) {
        to[2 * row] =
            __builtin_shufflevector(from[row], from[row + WORDS / 2], 0, 4, 1, 5);
        to[2 * row + 1] =
            __builtin_shufflevector(from[row], from[row + WORDS / 2], 2, 6, 3, 7);
    }
}

static inline __attribute__((always_inline)) void
transpose_whole(const struct transpose *of, const uint8_t *from, uint8_t *to)
{
    words a[WORDS], b[WORDS];

#pragma GCC unroll 4
    for (int row = 0; row < WORDS; row++)
        memcpy(&a[row], from + row * of->from_row * WORD, BYTES);
    interleave_words(a, b);
    interleave_words(b, a);
#pragma GCC unroll 4
    for (int column = 0; column < WORDS; column++)
        memcpy(to + column * of->to_row * WORD, &a[column], BYTES);
}

static inline void transpose_part(const struct transpose *of, size_t rows,
                                  size_t columns, const uint8_t *from, uint8_t *to)
{
    for (size_t column = 0; column < columns; column++)
        for (size_t row = 0; row < rows; row++)
            memcpy(to + ((ptrdiff_t)column * of->to_row + (ptrdiff_t)row) * WORD,
                   from + ((ptrdiff_t)row * of->from_row + (ptrdiff_t)column) * WORD,
                   WORD);
}

VECTOR_CLONES
void transpose_words(const struct transpose *of, const void *from, void *to)
{
    size_t columns = of->columns / WORDS * WORDS, row = 0;

    for (; row + WORDS <= of->rows; row += WORDS) {
        const uint8_t *at =
            (const uint8_t *)from + (ptrdiff_t)row * of->from_row * WORD;
        uint8_t *there = (uint8_t *)to + row * WORD;

        for (size_t column = 0; column < columns; column += WORDS)
            transpose_whole(of, at + column * WORD,
                            there + (ptrdiff_t)column * of->to_row * WORD);
        transpose_part(of, WORDS, of->columns - columns, at + columns * WORD,
                       there + (ptrdiff_t)columns * of->to_row * WORD);
    }
    transpose_part(of, of->rows - row, of->columns,
                   (const uint8_t *)from + (ptrdiff_t)row * of->from_row * WORD,
                   (uint8_t *)to + row * WORD);
}

void transpose_floats(const struct transpose *of, const float *from, float *to)
{
    transpose_words(of, from, to);
}
