/* ncnn_table.h - the steps of a case as a calibration table of ncnn, for its ncnn2int8. */
#ifndef CORE_EXPORT_NCNN_TABLE_H
#define CORE_EXPORT_NCNN_TABLE_H

#include "core/base/error.h"
#include "core/network/placement.h"

#include <stdio.h>

/* Writes two lines a layer, `<layer>_param_0` with a scale of its weights for each output channel (group
 * of a grouped convolution), and `<layer>` with that of its input. A scale is 1 / step. Layers have the
 * names of their ONNX nodes, as onnx2ncnn gives them.
 *
 * ncnn has integers -127..127 and no others, folds batch norms into weights, and rounds ties away from
 * zero, calq to even.
 *
 * Fails with EXIT_INPUT where a tensor cannot be represented; the sentence names it and says what to
 * search with instead. */
int ncnn_table_write(const struct network *network, const struct placement *placement,
                     const struct choice *choices, FILE *file, struct error *err);

/* The two lines of a layer; `scales` [count] of its weights. */
void ncnn_table_write_layer(const char *name, const float *scales, size_t count,
                            float input_scale, FILE *file);

/* Whether ncnn has the codes of a layer whose weights are quantized.
 *
 *   items       as of early_codes()
 *   bits_least  of the weights: with fewer ncnn2int8 would not stop where the codes end
 *
 * Fails as ncnn_table_write(). */
int ncnn_check_layer(const struct network *network, const struct placement *placement,
                     const struct choice *choices, const int *items, int index,
                     int bits_least, struct error *err);

#endif
