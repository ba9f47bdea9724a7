#include "core/evaluate/gram_add.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are multiplied with together: some panels. */
enum { ROWS_TOGETHER = 64, BYTE = 256, HALF = -INT8_MIN };

size_t gram_stride(size_t positions)
{
    return (positions + QUAD - 1) / QUAD * QUAD;
}

/* One addition at work. */
struct adding {
    const struct kernel_set *kernels;
    const struct gram *gram;
    const struct gram_rows *rows;
    int row_count;  /* parts * inputs */
    int input_most; /* no byte is larger, at least 1 */
    int shifted,
        most; /* what is taken from bytes to give them a sign, and what they are at most */
    int64_t *sums;     /* [row_count] of each row's bytes */
    int8_t *codes;     /* [ROWS_TOGETHER, positions] that are multiplied with */
    int8_t *packed;    /* the same */
    int32_t *products; /* [row_count, ROWS_TOGETHER] */
};

static const uint8_t *row_at(const struct adding *adding, int row)
{
    return adding->rows->x + (size_t)row * gram_stride(adding->rows->positions);
}

/* What a unit of a row is in units of x. */
static int64_t unit_of(const struct adding *adding, int row)
{
    return adding->rows->parts == 2 && row < adding->gram->inputs ? BYTE : 1;
}

/* ---- products ------------------------------------------------------------------------------- */

/* The first `left` rows with `right` rows of codes, to products [left, right]. */
static void multiply(const struct adding *adding, int left, int right, int most)
{
    static const int32_t no_offset = 0;
    struct conv_most codes = {most, adding->input_most};
    int positions = (int)adding->rows->positions;
    int bytes = (int)gram_stride(adding->rows->positions);

    conv_u8s8_pack(adding->kernels, codes, adding->codes, right, 1, positions, bytes,
                   adding->packed);
    adding->kernels->conv_u8s8(&(struct conv_u8s8){
        .input = adding->rows->x,
        .windows = {.sample = 0, .row = 0, .column = bytes},
        .samples = 1,
        .rows = 1,
        .columns = left,
        .run_offsets = &no_offset,
        .runs = 1,
        .run_bytes = bytes,
        .weights = adding->packed,
        .most = codes,
        .channels = right,
        .epilogue = {.out_s32 = adding->products, .out = {.column = right}},
    });
}

/* ---- inputs with inputs --------------------------------------------------------------------- */

static void give_sign(const struct adding *adding, int first, int count)
{
    size_t positions = adding->rows->positions;

    for (int row = 0; row < count; row++) {
        const uint8_t *from = row_at(adding, first + row);
        int8_t *to = adding->codes + (size_t)row * positions;

        for (size_t i = 0; i < positions; i++)
            to[i] = (int8_t)(from[i] - adding->shifted);
    }
}

/* Adds the products of row `row` with rows [first, end), none of which is before it. Parts of one input
 * with each other count in both orders. */
static void add_row(const struct adding *adding, int row, int first, int end,
                    const int32_t *products)
{
    int inputs = adding->gram->inputs, input = row % inputs;
    int64_t more = adding->shifted * adding->sums[row];

    for (int other = first; other < end; other++) {
        int with = other % inputs;
        int low = input < with ? input : with, high = input < with ? with : input;
        int64_t unit = unit_of(adding, row) * unit_of(adding, other);

        if (input == with && row != other)
            unit *= 2;
        adding->gram->xx[gram_row(inputs, low) + (size_t)high] +=
            unit * (*products++ + more);
    }
}

/* The same of rows that are inputs. */
static void add_plain_row(const struct adding *adding, int row, int first, int end,
                          const int32_t *restrict products)
{
    int64_t *restrict to = adding->gram->xx + gram_row(adding->gram->inputs, row);
    int64_t more = adding->shifted * adding->sums[row];

    for (int other = first; other < end; other++)
        to[other] += products[other - first] + more;
}

static void add_inputs(const struct adding *adding)
{
    bool is_plain = adding->rows->parts == 1;

    for (int first = 0; first < adding->row_count; first += ROWS_TOGETHER) {
        int left = adding->row_count - first;
        int count = left < ROWS_TOGETHER ? left : ROWS_TOGETHER;

        give_sign(adding, first, count);
        multiply(adding, first + count, count, adding->most);
        for (int row = 0; row < first + count; row++) {
            int from = row > first ? row : first;
            const int32_t *products = adding->products + row * count + (from - first);

            (is_plain ? add_plain_row : add_row)(adding, row, from, first + count,
                                                 products);
        }
    }
}

/* ---- targets with inputs -------------------------------------------------------------------- */

/* Of each target the upper byte and, moved by HALF, the lower. */
static void code_targets(const struct adding *adding, int first, int count)
{
    size_t positions = adding->rows->positions;
    int8_t *to = adding->codes;

    for (int output = first; output < first + count; output++) {
        const int16_t *t = adding->rows->t + (size_t)output * positions;
        int64_t sum = 0;

        for (size_t i = 0; i < positions; i++) {
            int low = t[i] & (BYTE - 1);

            to[i] = (int8_t)((t[i] - low) / BYTE);
            to[i + positions] = (int8_t)(low - HALF);
            sum += t[i];
        }
        adding->gram->t[output] += sum;
        to += 2 * positions;
    }
}

static void add_targets_row(const struct adding *adding, int row, int first, int count)
{
    const struct gram *gram = adding->gram;
    const int32_t *products = adding->products + row * 2 * count;
    int64_t unit = unit_of(adding, row), more = HALF * adding->sums[row];
    size_t inputs = (size_t)gram->inputs;
    int64_t *to = gram->tx + (size_t)first * inputs + (size_t)row % inputs;

    for (int i = 0; i < count; i++, to += inputs, products += 2)
        *to += unit * ((int64_t)products[0] * BYTE + products[1] + more);
}

static void add_targets(const struct adding *adding)
{
    enum { TARGETS_TOGETHER = ROWS_TOGETHER / 2 };

    for (int first = 0; first < adding->gram->outputs; first += TARGETS_TOGETHER) {
        int left = adding->gram->outputs - first;
        int count = left < TARGETS_TOGETHER ? left : TARGETS_TOGETHER;

        code_targets(adding, first, count);
        multiply(adding, adding->row_count, 2 * count, HALF);
        for (int row = 0; row < adding->row_count; row++)
            add_targets_row(adding, row, first, count);
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

static void sum_rows(const struct adding *adding)
{
    const struct gram *gram = adding->gram;

    for (int row = 0; row < adding->row_count; row++) {
        const uint8_t *bytes = row_at(adding, row);
        int64_t sum = 0;

        for (size_t i = 0; i < adding->rows->positions; i++)
            sum += bytes[i];
        adding->sums[row] = sum;
        gram->x[row % gram->inputs] += unit_of(adding, row) * sum;
    }
}

void gram_add(const struct kernel_set *kernels, const struct gram *gram,
              const struct gram_rows *rows)
{
    bool fits = rows->most <= INT8_MAX;
    int most = rows->most > 0 ? rows->most : 1;
    size_t count = (size_t)(rows->parts * gram->inputs);
    struct adding adding = {
        .kernels = kernels,
        .gram = gram,
        .rows = rows,
        .row_count = (int)count,
        .input_most = most,
        .shifted = fits ? 0 : HALF,
        .most = fits ? most : HALF,
        .sums = memory_get(count * sizeof *adding.sums),
        .codes = memory_get(ROWS_TOGETHER * rows->positions),
        .packed = memory_aligned(conv_u8s8_packed_bytes(
            kernels, (struct conv_most){HALF, UINT8_MAX}, ROWS_TOGETHER, 1,
            (int)gram_stride(rows->positions))),
        .products = memory_get((count * ROWS_TOGETHER + PANEL) * sizeof(int32_t)),
    };

    assert(rows->positions <= GRAM_POSITIONS_MOST);
    *gram->positions += (int64_t)rows->positions;
    sum_rows(&adding);
    add_inputs(&adding);
    add_targets(&adding);
    free(adding.sums);
    free(adding.codes);
    free(adding.packed);
    free(adding.products);
}
