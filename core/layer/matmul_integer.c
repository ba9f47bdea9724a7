#include "core/layer/matmul_integer.h"

#include "core/base/memory.h"
#include "core/kernel/transpose.h"
#include "core/kernel/vector_clones.h"

#include <assert.h>
#include <string.h>

enum {
    SHIFTED_MOST =
        -INT8_MIN,  /* the largest magnitude of a shifted code, however it is */
    TILE_ROWS = 14, /* that kernels take at once */
    RESULTS_BYTES = 512 * 1024 /* of all products' rows that are found together */
};

/* No product of such codes is larger. */
static const struct conv_most largest = {.weight = SHIFTED_MOST, .input = UINT8_MAX};

static int depth_of(const struct matmul_plan *plan)
{
    return plan->left.columns;
}

static int run_bytes(const struct matmul_plan *plan)
{
    return (depth_of(plan) + QUAD - 1) / QUAD * QUAD;
}

/* Whether every element has those of all products beside it, and no gaps between. */
static bool are_beside(const struct matmul_side *side, int products)
{
    bool are = products > 1 && side->column >= products &&
               (side->rows == 1 || side->row == side->columns * side->column);

    for (int product = 1; are && product < products; product++)
        are = side->firsts[product] == side->firsts[0] + product;
    return are;
}

/* Rows that are found together, whole tiles. */
static int rows_together(const struct matmul_plan *plan)
{
    size_t row_bytes =
        (size_t)plan->products * (size_t)plan->output.columns * sizeof(float);
    int tiles = (int)(RESULTS_BYTES / row_bytes) / TILE_ROWS;
    int rows = tiles > 1 ? tiles * TILE_ROWS : TILE_ROWS;

    return rows < plan->output.rows ? rows : plan->output.rows;
}

/* ---- room ----------------------------------------------------------------------------------- */

/* Room for the products of one sample; borrowed from one piece of memory. */
struct room {
    uint8_t *left, *right; /* [products, elements] that lay beside each other */
    uint8_t *rows;         /* [rows, depth] of one product, and INPUT_SLACK */
    int8_t *turned;        /* [columns, run bytes] of one product, shifted */
    uint8_t *packed;       /* [products] the same for a kernel */
    size_t packed_bytes;   /* of a product */
    int32_t *left_sums;    /* [rows] of some rows, sum A */
    int32_t *right_sums;   /* [products, columns] a (sum R + K (s - b)) */
    int32_t *sums;         /* [rows, columns] of some rows of one product */
    float *results;        /* [products, rows, columns] of some rows */
};

/* Takes some bytes of the room, and tells where they are; NULL: only counts. */
static void *take(uint8_t *bytes, size_t *used, size_t count)
{
    void *taken = bytes ? bytes + *used : NULL;

    *used += memory_in_lines(count);
    return taken;
}

static struct room lay_out(const struct matmul_plan *plan,
                           const struct kernel_set *kernels, uint8_t *bytes,
                           size_t *used)
{
    size_t rows = (size_t)rows_together(plan), columns = (size_t)plan->output.columns;
    size_t products = (size_t)plan->products;
    size_t left = matmul_side_count(&plan->left);
    size_t right = matmul_side_count(&plan->right);
    struct room room;

    *used = 0;
    room.packed_bytes = memory_in_lines(conv_u8s8_packed_bytes(
        kernels, largest, plan->output.columns, 1, run_bytes(plan)));
    room.left = take(bytes, used, products * left + INPUT_SLACK);
    room.right = take(bytes, used, products * right + INPUT_SLACK);
    room.rows = take(bytes, used, left + INPUT_SLACK);
    room.turned = take(bytes, used, columns * (size_t)run_bytes(plan));
    room.packed = take(bytes, used, products * room.packed_bytes);
    room.left_sums = take(bytes, used, rows * sizeof *room.left_sums);
    room.right_sums = take(bytes, used, products * columns * sizeof *room.right_sums);
    room.sums = take(bytes, used, (rows * columns + PANEL) * sizeof *room.sums);
    room.results = take(bytes, used, products * rows * columns * sizeof *room.results);
    return room;
}

size_t matmul_integer_room(const struct matmul_plan *plan,
                           const struct kernel_set *kernels)
{
    size_t bytes;

    lay_out(plan, kernels, NULL, &bytes);
    return bytes;
}

/* ---- sides ---------------------------------------------------------------------------------- */

/* The matrices of one side of a sample. */
struct matrix_set {
    const uint8_t *codes;
    struct matmul_side side; /* of which `sample` does not count */
    ptrdiff_t apart;         /* from a product to the next; 0: side.firsts tells */
};

/* Where they are, or put apart to the room. */
static struct matrix_set matrix_set_of(const struct matmul_side *side, int products,
                                       const struct value *value, int sample,
                                       uint8_t *room)
{
    size_t count = matmul_side_count(side);
    struct matrix_set set = {
        .codes = (const uint8_t *)value->data + sample * side->sample, .side = *side};
    const struct transpose apart = {.rows = count,
                                    .columns = (size_t)products,
                                    .from_row = side->column,
                                    .to_row = (ptrdiff_t)count};

    if (!are_beside(side, products))
        return set;
    transpose_bytes(&apart, set.codes + side->firsts[0], room);
    set.codes = room;
    set.side.row = side->columns;
    set.side.column = 1;
    set.apart = (ptrdiff_t)count;
    return set;
}

static const uint8_t *matrix_at(const struct matrix_set *set, int product)
{
    return set->codes +
           (set->apart > 0 ? product * set->apart : set->side.firsts[product]);
}

static void copy_strided(const struct matmul_side *side, const uint8_t *from,
                         uint8_t *to)
{
    for (int row = 0; row < side->rows; row++)
        for (int column = 0; column < side->columns; column++)
            *to++ = from[row * side->row + column * side->column];
}

/* ---- the right side ------------------------------------------------------------------------- */

/* What the right side's codes are as the kernels multiply them: stored code - by, at most `most` in
 * magnitude. */
struct shift {
    int by, most;
};

/* Codes around their zero where 8 bits with a sign hold them, so that it is multiplied by nothing. */
static struct shift shift_of(const struct value *right)
{
    int zero = right->zero_code, above = right->code_most - zero;
    bool fits = zero <= SHIFTED_MOST && above <= INT8_MAX;
    int by = fits ? zero : SHIFTED_MOST;
    int most = right->code_most - by > by ? right->code_most - by : by;

    return (struct shift){by, most > 0 ? most : 1};
}

/* The matrix turned, [columns, run bytes]. */
static void turn(const struct matmul_side *side, const uint8_t *codes, int row_bytes,
                 uint8_t *to)
{
    const struct transpose of = {.rows = (size_t)side->rows,
                                 .columns = (size_t)side->columns,
                                 .from_row = side->row,
                                 .to_row = row_bytes};

    if (side->column == 1) {
        transpose_bytes(&of, codes, to);
        return;
    }
    for (int column = 0; column < side->columns; column++, to += row_bytes) {
        const uint8_t *from = codes + column * side->column;

        if (side->row == 1)
            memcpy(to, from, (size_t)side->rows);
        for (int row = 0; side->row != 1 && row < side->rows; row++)
            to[row] = from[row * side->row];
    }
}

/* Shifts a turned column of `depth` codes in place, with zeros behind it; the sum. */
VECTOR_CLONES
static int32_t shift_column(uint8_t *codes, int depth, int row_bytes, int by)
{
    int8_t *shifted = (int8_t *)codes;
    int32_t sum = 0;

    for (int k = 0; k < depth; k++) {
        int code = codes[k] - by;

        shifted[k] = (int8_t)code;
        sum += code;
    }
    for (int k = depth; k < row_bytes; k++)
        shifted[k] = 0;
    return sum;
}

/* Packs one product's right side, and finds a (sum R + K (s - b)) of each column. */
static void pack_right(const struct matmul_plan *plan, const struct kernel_set *kernels,
                       const struct matmul_side *side, const uint8_t *codes,
                       struct shift shift, struct conv_most most, int left_zero,
                       int shifted, const struct room *room, int product)
{
    int depth = depth_of(plan), row_bytes = run_bytes(plan), columns = side->columns;
    int32_t *sums = room->right_sums + (ptrdiff_t)product * columns;
    uint8_t *turned = (uint8_t *)room->turned;

    turn(side, codes, row_bytes, turned);
    for (int column = 0; column < columns; column++)
        sums[column] = left_zero * (shift_column(turned + (ptrdiff_t)column * row_bytes,
                                                 depth, row_bytes, shift.by) +
                                    depth * shifted);
    conv_u8s8_pack(kernels, most, room->turned, columns, 1, row_bytes, row_bytes,
                   room->packed + (size_t)product * room->packed_bytes);
}

/* ---- the left side -------------------------------------------------------------------------- */

/* A product's rows where they are, or copied to the room; `*stride` from one to the next. */
static const uint8_t *rows_of(const struct matmul_side *side, const uint8_t *codes,
                              uint8_t *room, ptrdiff_t *stride)
{
    *stride = side->row;
    if (matmul_side_has_rows(side))
        return codes;
    *stride = side->columns;
    copy_strided(side, codes, room);
    return room;
}

VECTOR_CLONES
static void sum_rows(const uint8_t *codes, ptrdiff_t stride, int rows, int columns,
                     int32_t *sums)
{
    for (int row = 0; row < rows; row++, codes += stride) {
        int32_t sum = 0;

        for (int column = 0; column < columns; column++)
            sum += codes[column];
        sums[row] = sum;
    }
}

/* ---- the product ---------------------------------------------------------------------------- */

/* Products of one sample at work. */
struct work {
    const struct matmul_plan *plan;
    const struct kernel_set *kernels;
    struct room room;
    struct matrix_set left;
    struct conv_most most;
    int shifted; /* s - b */
    float scale;
};

static void multiply(const struct work *work, const uint8_t *rows, ptrdiff_t stride,
                     int row_count, int product)
{
    static const int32_t no_offset = 0;
    int columns = work->plan->output.columns;

    work->kernels->conv_u8s8(&(struct conv_u8s8){
        .input = rows,
        .windows = {.sample = 0, .row = 0, .column = stride},
        .samples = 1,
        .rows = 1,
        .columns = row_count,
        .run_offsets = &no_offset,
        .runs = 1,
        .run_bytes = run_bytes(work->plan),
        .weights = (const int8_t *)work->room.packed +
                   (size_t)product * work->room.packed_bytes,
        .most = work->most,
        .channels = columns,
        .epilogue = {.out_s32 = work->room.sums, .out = {.column = columns}},
    });
}

/* Partial sums may leave 32 bits, the result does not: they wrap. */
VECTOR_CLONES
static void finish_row(const int32_t *restrict sums, int32_t of_row,
                       const int32_t *restrict of_columns, size_t columns, float scale,
                       float *restrict to)
{
    for (size_t i = 0; i < columns; i++) {
        uint32_t sum = (uint32_t)sums[i] + (uint32_t)of_row - (uint32_t)of_columns[i];

        to[i] = scale * (float)(int32_t)sum;
    }
}

/* Some rows of a product, [rows, columns], to the room's results. */
static void find_rows(const struct work *work, const struct span *span, int product,
                      float *results)
{
    const struct matmul_side *side = &work->left.side;
    const struct room *room = &work->room;
    int rows = span->end - span->first, columns = work->plan->output.columns;
    ptrdiff_t stride;
    struct matmul_side some = *side;
    const uint8_t *codes;

    some.rows = rows;
    codes = rows_of(&some, matrix_at(&work->left, product) + span->first * side->row,
                    room->rows, &stride);
    if (work->shifted != 0)
        sum_rows(codes, stride, rows, depth_of(work->plan), room->left_sums);
    multiply(work, codes, stride, rows, product);
    for (int row = 0; row < rows; row++)
        finish_row(room->sums + (ptrdiff_t)row * columns,
                   work->shifted == 0 ? 0 : work->shifted * room->left_sums[row],
                   room->right_sums + (ptrdiff_t)product * columns, (size_t)columns,
                   work->scale, results + (ptrdiff_t)row * columns);
}

/* ---- the output ----------------------------------------------------------------------------- */

/* Results of some rows of one product to their places. */
static void put_rows(const struct matmul_side *output, const struct span *span,
                     int product, const float *results, float *out)
{
    float *to = out + output->firsts[product] + span->first * output->row;

    for (int row = span->first; row < span->end; row++, to += output->row)
        for (int column = 0; column < output->columns; column++)
            to[column * output->column] = *results++;
}

/* Those of all products beside each other, as many at a time as stay in the nearest cache. */
static void put_beside(const struct matmul_side *output, int products,
                       const struct span *span, const float *results, float *out)
{
    enum { TOGETHER = 256 };
    size_t count = (size_t)(span->end - span->first) * (size_t)output->columns;
    struct transpose of = {.rows = (size_t)products,
                           .columns = TOGETHER,
                           .from_row = (ptrdiff_t)count,
                           .to_row = output->column};
    float *to = out + output->firsts[0] + span->first * output->row;

    for (size_t at = 0; at < count; at += TOGETHER) {
        of.columns = count - at < TOGETHER ? count - at : TOGETHER;
        transpose_floats(&of, results + at, to + (ptrdiff_t)at * output->column);
    }
}

static void find_span(const struct work *work, const struct span *span,
                      const struct matmul_side *output, bool beside, float *out)
{
    const struct matmul_plan *plan = work->plan;
    ptrdiff_t count = (ptrdiff_t)(span->end - span->first) * output->columns;

    for (int product = 0; product < plan->products; product++) {
        float *results = work->room.results + product * count;

        find_rows(work, span, product, results);
        if (!beside)
            put_rows(output, span, product, results, out);
    }
    if (beside)
        put_beside(output, plan->products, span, work->room.results, out);
}

/* ---- all of a sample ------------------------------------------------------------------------ */

static void pack_all(struct work *work, const struct value *left,
                     const struct value *right, int sample)
{
    const struct matmul_plan *plan = work->plan;
    struct shift shift = shift_of(right);
    const struct matrix_set set =
        matrix_set_of(&plan->right, plan->products, right, sample, work->room.right);

    work->most = (struct conv_most){shift.most, left->code_most};
    work->shifted = shift.by - right->zero_code;
    for (int product = 0; product < plan->products; product++)
        pack_right(plan, work->kernels, &set.side, matrix_at(&set, product), shift,
                   work->most, left->zero_code, work->shifted, &work->room, product);
}

void matmul_integer_run(const struct matmul_plan *plan,
                        const struct kernel_set *kernels, const struct value *left,
                        const struct value *right, int sample, float scale, void *room,
                        const struct matmul_side *output, float *out)
{
    size_t used;
    struct work work = {.plan = plan,
                        .kernels = kernels,
                        .room = lay_out(plan, kernels, room, &used),
                        .scale = scale};
    bool beside = are_beside(output, plan->products);
    int rows = rows_together(plan);

    assert(depth_of(plan) <= MATMUL_DEPTH_MOST);
    work.left =
        matrix_set_of(&plan->left, plan->products, left, sample, work.room.left);
    pack_all(&work, left, right, sample);
    out += sample * output->sample;
    for (int first = 0; first < plan->output.rows; first += rows) {
        int left_over = plan->output.rows - first;
        const struct span span = {first, first + (left_over < rows ? left_over : rows)};

        find_span(&work, &span, output, beside, out);
    }
}
