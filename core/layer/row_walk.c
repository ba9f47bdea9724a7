/* Rows whose elements do not follow each other are gathered, some neighbours at a time, which share
 * lines of the cache, and put back. */
#include "core/layer/row_walk.h"

#include "core/kernel/transpose.h"
#include "core/network/rows.h"

enum { ROWS_TOGETHER = 16 };

/* What is done with the rows of a sample. */
struct walk {
    const struct layer *layer;
    const struct rows *rows;
    row_fn *compute;
    size_t length, count;
    bool to_elements;
    float *room; /* of a sample */
};

/* How many rows from `row` on are neighbours in a sample, as far as twice so many have room. */
static size_t neighbours(const struct walk *walk, size_t row)
{
    const struct row_dim *last = &walk->rows->between[walk->rows->between_count - 1];
    size_t most = walk->count / 2 < ROWS_TOGETHER ? walk->count / 2 : ROWS_TOGETHER;
    size_t left = last->stride == 1 ? last->count - row % last->count : 1;

    if (left > most)
        left = most;
    return left > 1 ? left : 1;
}

/* Elements of a row that follow each other are one stride apart, those of neighbours one place. */
static void gather(const struct walk *walk, size_t rows, const float *from, float *to)
{
    const struct row_dim *dim = &walk->rows->along[walk->rows->along_count - 1];
    const struct transpose of = {.rows = dim->count,
                                 .columns = rows,
                                 .from_row = (ptrdiff_t)dim->stride,
                                 .to_row = (ptrdiff_t)walk->length};

    for (size_t element = 0; element < walk->length; element += dim->count)
        transpose_floats(&of, from + rows_element(walk->rows, element), to + element);
}

static void put_back(const struct walk *walk, size_t rows, const float *from, float *to)
{
    const struct row_dim *dim = &walk->rows->along[walk->rows->along_count - 1];
    const struct transpose of = {.rows = rows,
                                 .columns = dim->count,
                                 .from_row = (ptrdiff_t)walk->length,
                                 .to_row = (ptrdiff_t)dim->stride};

    for (size_t element = 0; element < walk->length; element += dim->count)
        transpose_floats(&of, from + element, to + rows_element(walk->rows, element));
}

static void walk_gathered(const struct walk *walk, const float *x, float *y)
{
    size_t length = walk->length;

    for (size_t row = 0, rows; row < walk->count; row += rows) {
        size_t first = rows_first(walk->rows, row);
        float *results;

        rows = neighbours(walk, row);
        results = walk->room + rows * length;
        gather(walk, rows, x + first, walk->room);
        for (size_t i = 0; i < rows; i++)
            walk->compute(walk->layer, row + i, walk->room + i * length, length,
                          walk->to_elements ? y + row + i : results + i * length);
        if (!walk->to_elements)
            put_back(walk, rows, results, y + first);
    }
}

static void walk_dense(const struct walk *walk, const float *x, float *y)
{
    for (size_t row = 0; row < walk->count; row++) {
        size_t first = rows_first(walk->rows, row);

        walk->compute(walk->layer, row, x + first, walk->length,
                      y + (walk->to_elements ? row : first));
    }
}

static void walk_samples(const struct layer_task *task, const struct rows *rows,
                         row_fn *compute, bool to_elements)
{
    const struct walk walk = {.layer = task->layer,
                              .rows = rows,
                              .compute = compute,
                              .length = rows_length(rows),
                              .count = rows_count(rows),
                              .to_elements = to_elements,
                              .room = task->scratch->floats[1]};
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++) {
        if (rows_are_dense(rows))
            walk_dense(&walk, x, y);
        else
            walk_gathered(&walk, x, y);
        x += layer_task_input(task, 0)->count;
        y += layer_task_output(task)->count;
    }
}

void row_walk(const struct layer_task *task, const struct rows *rows, row_fn *compute)
{
    walk_samples(task, rows, compute, false);
}

void row_walk_to_elements(const struct layer_task *task, const struct rows *rows,
                          row_fn *compute)
{
    walk_samples(task, rows, compute, true);
}
