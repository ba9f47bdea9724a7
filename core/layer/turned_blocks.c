/* Of a block, output elements that follow each other lie one stride apart in the input, and one row of
 * the output further, one element: the first block tells stride, rows and columns, and all others must
 * be like it. */
#include "core/layer/turned_blocks.h"

#include "core/base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

enum { ELEMENTS_LEAST = 16 }; /* of a block that is worth it */

/* How many elements from the first on are `apart` further than the one before. */
static size_t run_of(const int32_t *from, size_t count, size_t step, int32_t apart)
{
    size_t run = 1;

    while (run * step < count && from[run * step] == from[(run - 1) * step] + apart)
        run++;
    return run;
}

/* The first place whose element follows the first one in the input; `count`: there is none. */
static size_t place_of_next(const int32_t *from, size_t count)
{
    size_t place = 1;

    while (place < count && from[place] != from[0] + 1)
        place++;
    return place;
}

static struct transpose first_block(const int32_t *from, size_t count)
{
    size_t to_row = place_of_next(from, count);
    int32_t stride = from[1] - from[0];

    return (struct transpose){
        .rows = run_of(from, to_row, 1, stride),
        .columns = run_of(from, count, to_row, 1),
        .from_row = stride,
        .to_row = (ptrdiff_t)to_row,
    };
}

static bool is_block(const struct transpose *of, const int32_t *from)
{
    for (size_t column = 0; column < of->columns; column++)
        for (size_t row = 0; row < of->rows; row++)
            if (from[column * (size_t)of->to_row + row] !=
                from[0] + (int32_t)row * (int32_t)of->from_row + (int32_t)column)
                return false;
    return from[0] >= 0;
}

/* Blocks lie beside each other in rows of the output, and such rows of blocks below each other. */
static size_t place_of_block(const struct transpose *of, size_t block)
{
    size_t beside = (size_t)of->to_row / of->rows;

    return block / beside * (size_t)of->to_row * of->columns +
           block % beside * of->rows;
}

static bool may_be_all(const struct transpose *of, size_t count)
{
    return of->rows > 1 && of->columns > 1 && of->from_row > 1 &&
           of->rows * of->columns >= ELEMENTS_LEAST &&
           (size_t)of->to_row % of->rows == 0 &&
           count % ((size_t)of->to_row * of->columns) == 0;
}

void turned_blocks_find(struct turned_blocks *blocks, const int32_t *from, size_t count)
{
    struct turned_blocks found = {0};
    size_t all;

    *blocks = found;
    if (count < ELEMENTS_LEAST || from[0] < 0)
        return;
    found.of = first_block(from, count);
    if (!may_be_all(&found.of, count))
        return;
    all = count / (found.of.rows * found.of.columns);
    found.list = memory_get(all * sizeof *found.list);
    for (size_t block = 0; block < all; block++) {
        size_t to = place_of_block(&found.of, block);

        if (!is_block(&found.of, from + to)) {
            free(found.list);
            return;
        }
        found.list[found.count++] = (struct turned_block){from[to], (int32_t)to};
    }
    *blocks = found;
}

void turned_blocks_clear(struct turned_blocks *blocks)
{
    free(blocks->list);
    *blocks = (struct turned_blocks){0};
}

void turned_blocks_bytes(const struct turned_blocks *blocks, const uint8_t *from,
                         uint8_t *to)
{
    for (int i = 0; i < blocks->count; i++)
        transpose_bytes(&blocks->of, from + blocks->list[i].from,
                        to + blocks->list[i].to);
}

void turned_blocks_floats(const struct turned_blocks *blocks, const float *from,
                          float *to)
{
    for (int i = 0; i < blocks->count; i++)
        transpose_floats(&blocks->of, from + blocks->list[i].from,
                         to + blocks->list[i].to);
}
