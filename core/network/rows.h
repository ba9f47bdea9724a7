/* rows.h - a stored sample as rows: sets of elements that are summed, normalised ... together. */
#ifndef CORE_NETWORK_ROWS_H
#define CORE_NETWORK_ROWS_H

#include "core/network/network.h"

/* The rows of a tensor's samples.
 *
 *   is_along    [rank], of the dimensions as ONNX orders them: whether a row goes along it
 *   keeps_dims  rows are counted as the elements of a tensor are stored that has one dimension of one
 *               for each that rows go along, or none of these
 *
 * Elements of a row are counted in the order in which they are stored. */
struct rows rows_of(const struct tensor *tensor, const bool *is_along, bool keeps_dims);

/* Rows of `groups` equal groups of neighbouring channels, the first dimension, with all that belongs to
 * them. Elements are counted channel by channel, but for tensors of rank 3: pixel by pixel. */
struct rows rows_of_groups(const struct tensor *tensor, int groups);

/* Makes one dimension of neighbours, which are the same; drops those of one element. */
void rows_merge(struct rows *rows);

size_t rows_count(const struct rows *rows);
size_t rows_length(const struct rows *rows); /* elements of each */

/* Where a row begins in a sample, and an element of a row behind that. */
size_t rows_first(const struct rows *rows, size_t row);
size_t rows_element(const struct rows *rows, size_t element);

/* Whether elements of a row follow each other in a sample. */
bool rows_are_dense(const struct rows *rows);

bool rows_are_equal(const struct rows *a, const struct rows *b);

#endif
