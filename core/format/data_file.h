/* data_file.h - labelled samples in an HDF5 file. */
#ifndef CORE_FORMAT_DATA_FILE_H
#define CORE_FORMAT_DATA_FILE_H

#include "core/base/error.h"
#include "core/format/config.h"
#include "core/format/data_normalisation.h"
#include "core/network/network.h"

#include <stddef.h>
#include <stdint.h>

struct data_file; /* open file, opaque */

/* Opens the samples and labels of `model` in `data->file`, and checks that the selected
 * range exists, that there are as many labels as samples, that the samples are [N, dims] or
 * [N, F] of u8, f32 or f64 with the values that the network's `input` has, and that every
 * selected label lies in [0, classes). Dimensions of one may be missing or more, and any shape with the
 * right product serves a network that takes flat samples. Labels are integers, [N] or [N, 1]; without
 * `needs_labels` their dataset may be missing.
 *
 *   input   tensor of the network; borrowed while the file is open
 *   result  close with data_file_close(); NULL on failure (EXIT_INPUT, the sentence
 * names the file and the dataset)
 */
struct data_file *data_file_open(const struct config_model *model,
                                 const struct config_data *data,
                                 const struct tensor *input, int classes,
                                 bool needs_labels, struct error *err);
void data_file_close(struct data_file *file);

/* Number of selected samples, and where the selection begins in the file. */
size_t data_file_count(const struct data_file *file);
size_t data_file_first(const struct data_file *file);

/* The normalisation that is applied. */
const struct normalisation *data_file_normalisation(const struct data_file *file);

/* Reads the selected samples [first, first + count), normalised and in the network's order: [C, H, W] as
 * [H, W, C], all else as the file has it (core/network/layer.h).
 *
 *   values  [count, values of a sample] out, or NULL
 *   labels  [count] out, or NULL; NO_LABEL where the file has none
 *   hashes  [count] out, or NULL: hash of each sample's stored values (as float, in
 * stored order, before normalisation), equal for equal content in u8 and in f32
 *
 * Fails with EXIT_INPUT when a value is NaN or infinite (the sentence names file,
 * dataset and sample) or the file cannot be read.
 */
int data_file_read(struct data_file *file, size_t first, size_t count, float *values,
                   int32_t *labels, uint64_t *hashes, struct error *err);

#endif
