#include "core/kernel/transpose.h"

#include "core/base/memory.h"
#include "core/kernel/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { GUARD = 99 };

static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 17, 31, 40, 67};
static const ptrdiff_t gaps[] = {0, 1, 9}; /* behind rows of either side */

/* Elements of `bytes` bytes: all places are right, and what lies between rows is as it was. */
static void check(const struct transpose *of, size_t bytes)
{
    size_t inputs = of->rows * (size_t)of->from_row;
    size_t outputs = of->columns * (size_t)of->to_row;
    uint8_t *from = memory_zeroed(inputs * bytes + INPUT_SLACK, 1);
    uint8_t *to = memory_zeroed(outputs, bytes);
    uint8_t *expected = memory_zeroed(outputs, bytes);

    for (size_t i = 0; i < inputs * bytes; i++)
        from[i] = (uint8_t)(i * 131 + i / 251);
    memset(to, GUARD, outputs * bytes);
    memset(expected, GUARD, outputs * bytes);
    for (size_t row = 0; row < of->rows; row++)
        for (size_t column = 0; column < of->columns; column++)
            memcpy(expected + (column * (size_t)of->to_row + row) * bytes,
                   from + (row * (size_t)of->from_row + column) * bytes, bytes);
    if (bytes == 1)
        transpose_bytes(of, from, to);
    else
        transpose_floats(of, (const float *)from, (float *)to);
    if (memcmp(to, expected, outputs * bytes) != 0)
        fail_msg("%zu x %zu of %zu bytes, %td and %td apart", of->rows, of->columns,
                 bytes, of->from_row, of->to_row);
    free(from);
    free(to);
    free(expected);
}

static void check_gaps(size_t rows, size_t columns)
{
    for (size_t from = 0; from < COUNT(gaps); from++)
        for (size_t to = 0; to < COUNT(gaps); to++) {
            const struct transpose of = {rows, columns, (ptrdiff_t)columns + gaps[from],
                                         (ptrdiff_t)rows + gaps[to]};

            check(&of, 1);
            check(&of, sizeof(float));
        }
}

static void rows_become_columns(void **state)
{
    (void)state;
    for (size_t rows = 0; rows < COUNT(sizes); rows++)
        for (size_t columns = 0; columns < COUNT(sizes); columns++)
            check_gaps(sizes[rows], sizes[columns]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_columns),
    };

    return cmocka_run_group_tests_name("transpose", tests, NULL, NULL);
}
