#include "core/layer/matmul_integer.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"

#include <assert.h>

/* The largest magnitude of a shifted code, however it is shifted. */
enum { SHIFTED_MOST = -INT8_MIN };

static const struct conv_most any_codes = {SHIFTED_MOST, UINT8_MAX};

static int depth_of(const struct matmul_plan *plan)
{
    return plan->left.columns;
}

static int run_bytes(const struct matmul_plan *plan)
{
    return (depth_of(plan) + QUAD - 1) / QUAD * QUAD;
}

/* ---- room ----------------------------------------------------------------------------------- */

/* Takes some bytes of the room, and tells where they are; NULL: only counts. */
static void *take(uint8_t *bytes, size_t *used, size_t count)
{
    void *taken = bytes ? bytes + *used : NULL;

    *used += memory_in_lines(count);
    return taken;
}

static struct matmul_room lay_out(const struct matmul_plan *plan,
                                  const struct kernel_set *kernels, uint8_t *bytes,
                                  size_t *used)
{
    size_t rows = (size_t)plan->output.rows, columns = (size_t)plan->output.columns;
    struct matmul_room room;

    *used = 0;
    room.left = take(bytes, used, matmul_side_count(&plan->left) + INPUT_SLACK);
    room.right = take(bytes, used, matmul_side_count(&plan->right));
    room.packed = take(bytes, used,
                       conv_u8s8_packed_bytes(kernels, any_codes, plan->output.columns,
                                              1, run_bytes(plan)));
    room.left_sums = take(bytes, used, rows * sizeof *room.left_sums);
    room.right_sums = take(bytes, used, columns * sizeof *room.right_sums);
    room.sums = take(bytes, used, (rows * columns + PANEL) * sizeof *room.sums);
    return room;
}

size_t matmul_room_bytes(const struct matmul_plan *plan,
                         const struct kernel_set *kernels)
{
    size_t bytes;

    lay_out(plan, kernels, NULL, &bytes);
    return bytes;
}

struct matmul_room matmul_room_in(const struct matmul_plan *plan,
                                  const struct kernel_set *kernels, void *bytes)
{
    size_t used;

    return lay_out(plan, kernels, bytes, &used);
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

/* The matrix turned and shifted, [columns, depth]; *sums [columns] of each column. */
static void turn_right(const struct matmul_side *side, const uint8_t *codes, int by,
                       int8_t *to, int32_t *sums)
{
    for (int column = 0; column < side->columns; column++) {
        const uint8_t *from = codes + column * side->column;
        int32_t sum = 0;

        for (int row = 0; row < side->rows; row++, from += side->row) {
            int code = *from - by;

            *to++ = (int8_t)code;
            sum += code;
        }
        sums[column] = sum;
    }
}

/* sum R becomes a (sum R + K (s - b)). */
static void correct_zeros(const struct matmul_plan *plan, int left_zero, int shifted,
                          int32_t *sums)
{
    for (int column = 0; column < plan->output.columns; column++)
        sums[column] = left_zero * (sums[column] + depth_of(plan) * shifted);
}

/* ---- the left side -------------------------------------------------------------------------- */

/* The rows where they are, or copied to the room; `*stride` from one to the next. */
static const uint8_t *rows_of(const struct matmul_side *side, const uint8_t *codes,
                              uint8_t *room, ptrdiff_t *stride)
{
    *stride = side->row;
    if (matmul_side_has_rows(side))
        return codes;
    *stride = side->columns;
    for (int row = 0; row < side->rows; row++)
        for (int column = 0; column < side->columns; column++)
            room[row * side->columns + column] =
                codes[row * side->row + column * side->column];
    return room;
}

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

/* Partial sums may leave 32 bits, the result does not: they wrap. */
VECTOR_CLONES
static void take_zeros(const struct matmul_room *room, int shifted, size_t rows,
                       size_t columns)
{
    int32_t *restrict sums = room->sums;
    const int32_t *restrict of_columns = room->right_sums;

    for (size_t row = 0; row < rows; row++, sums += columns) {
        uint32_t of_row = shifted == 0 ? 0 : (uint32_t)(shifted * room->left_sums[row]);

        for (size_t column = 0; column < columns; column++)
            sums[column] = (int32_t)((uint32_t)sums[column] + of_row -
                                     (uint32_t)of_columns[column]);
    }
}

static void multiply(const struct matmul_plan *plan, const struct kernel_set *kernels,
                     const uint8_t *rows, ptrdiff_t stride, struct conv_most most,
                     const struct matmul_room *room)
{
    static const int32_t no_offset = 0;
    ptrdiff_t columns = plan->output.columns;

    kernels->conv_u8s8(&(struct conv_u8s8){
        .input = rows,
        .windows = {.sample = 0, .row = 0, .column = stride},
        .samples = 1,
        .rows = 1,
        .columns = plan->output.rows,
        .run_offsets = &no_offset,
        .runs = 1,
        .run_bytes = run_bytes(plan),
        .weights = room->packed,
        .most = most,
        .channels = plan->output.columns,
        .epilogue = {.out_s32 = room->sums, .out = {.column = columns}},
    });
}

void matmul_integer_sums(const struct matmul_plan *plan,
                         const struct kernel_set *kernels, const struct value *left,
                         const struct value *right, int sample, int product,
                         const struct matmul_room *room)
{
    const uint8_t *a =
        (const uint8_t *)left->data + matmul_side_at(&plan->left, sample, product);
    const uint8_t *b =
        (const uint8_t *)right->data + matmul_side_at(&plan->right, sample, product);
    struct shift shift = shift_of(right);
    struct conv_most most = {shift.most, left->code_most};
    int shifted = shift.by - right->zero_code;
    ptrdiff_t stride;
    const uint8_t *rows = rows_of(&plan->left, a, room->left, &stride);

    assert(depth_of(plan) <= MATMUL_DEPTH_MOST);
    turn_right(&plan->right, b, shift.by, room->right, room->right_sums);
    correct_zeros(plan, left->zero_code, shifted, room->right_sums);
    if (shifted != 0)
        sum_rows(rows, stride, plan->left.rows, plan->left.columns, room->left_sums);
    conv_u8s8_pack(kernels, most, room->right, plan->output.columns, 1, depth_of(plan),
                   run_bytes(plan), room->packed);
    multiply(plan, kernels, rows, stride, most, room);
    if (shifted != 0 || left->zero_code != 0)
        take_zeros(room, shifted, (size_t)plan->output.rows,
                   (size_t)plan->output.columns);
}
