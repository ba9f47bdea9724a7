/* row_walk.h - computes with the rows of a layer's first input, one after the other. */
#ifndef CORE_LAYER_ROW_WALK_H
#define CORE_LAYER_ROW_WALK_H

#include "core/layer/layer_run.h"

/* Computes of row number `row` of a sample, x [length], another row, y [length], or one element. */
typedef void row_fn(const struct layer *layer, size_t row, const float *x,
                    size_t length, float *y);

/* Makes task->out of rows that `compute` gives for those of the input, in the same places. */
void row_walk(const struct layer_task *task, const struct rows *rows, row_fn *compute);

/* Makes task->out of single elements, one for each row. */
void row_walk_to_elements(const struct layer_task *task, const struct rows *rows,
                          row_fn *compute);

#endif
