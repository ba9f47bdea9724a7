/* data_file.h - labelled samples in an HDF5 file: a dataset for each input of a network. */
#ifndef CORE_FORMAT_DATA_FILE_H
#define CORE_FORMAT_DATA_FILE_H

#include "core/base/error.h"
#include "core/evaluate/samples.h"
#include "core/format/config.h"
#include "core/format/data_normalisation.h"

#include <stddef.h>
#include <stdint.h>

struct data_file; /* open file, opaque */

/* What an input reads. */
struct data_input {
    const struct tensor *tensor; /* of the network; borrowed while the file is open */
    const char *dataset;
    const struct config_constants *constants; /* that are configured */
};

/* What samples are labelled with. */
struct data_labels {
    const char *dataset; /* NULL: nothing is read */
    bool are_needed;     /* else the dataset may be missing */
    int classes;         /* in [0, classes); 0: numbers, [N, ...] */
    /* The network's output: a class at each of its places (output_shape.h), or a number for each of its
     * values. NULL: one class a sample, or numbers of any shape; borrowed while the file is open */
    const struct tensor *output;
    const int
        *ignored; /* [ignored_count] labels that do not count; borrowed likewise */
    int ignored_count;
    const char *groups; /* dataset of one integer a sample; NULL: no groups */
};

/* Opens samples [N, dims], and checks that the selected range exists, that all datasets hold as many
 * samples, and that these are what the inputs take: of floats u8, f32 or f64, of int32 integers that it
 * holds. Dimensions of one may be missing or more, and any shape with the right product serves an input
 * that takes flat samples. Labels are [N] or [N, 1] integers where they are classes, and [N, places] where
 * there are several places. Groups are of equal size, each in one piece.
 *
 *   inputs    [input_count] at least one; borrowed during the call
 *   selected  samples of the file
 *   result    close with data_file_close(); NULL on failure (EXIT_INPUT, the sentence
 *             names the file and the dataset)
 */
struct data_file *data_file_open(const char *path, const struct data_input *inputs,
                                 int input_count, const struct data_labels *labels,
                                 struct sample_range selected, struct error *err);
void data_file_close(struct data_file *file);

/* Number of selected samples, and where the selection begins in the file. */
size_t data_file_count(const struct data_file *file);
size_t data_file_first(const struct data_file *file);

/* The normalisation that is applied to an input. */
const struct normalisation *data_file_normalisation(const struct data_file *file,
                                                    int input);

/* Makes arrays for `room` samples; clear with sample_arrays_clear(). */
void data_file_make_arrays(const struct data_file *file, size_t room,
                           struct sample_arrays *arrays);

/* Reads the selected samples [first, first + count) behind those in `arrays`, which has room; normalised
 * and in the network's order: [C, H, W] as [H, W, C], all else as the file has it
 * (core/network/layer.h). Where the file has no labels they are NO_LABEL; those that do not count are
 * IGNORED_LABEL.
 *
 * Fails with EXIT_INPUT when a value is NaN, infinite, or beyond what its element holds (the sentence
 * names file, dataset and sample), or the file cannot be read. */
int data_file_read(struct data_file *file, size_t first, size_t count,
                   struct sample_arrays *arrays, struct error *err);

/* How many samples a group has; 0: there are no groups. */
size_t data_file_group(const struct data_file *file);

/* The least number of samples that are whole blocks and whole groups: where samples are parted at its multiples,
 * blocks are those of all of them, and so are the digits of float products. */
size_t data_file_unit(const struct data_file *file, size_t block);

/* Classes of a sample: one, or one a place. */
size_t data_file_places(const struct data_file *file);

/* Reads labels alone, which are classes, [count, places]. */
int data_file_read_classes(struct data_file *file, size_t first, size_t count,
                           int32_t *classes, struct error *err);

/* Hashes each sample's stored values (as float or int32, in stored order, before normalisation) over all
 * inputs, to `hashes` [count]: equal for equal content in u8 and in f32. */
int data_file_hash(struct data_file *file, size_t first, size_t count, uint64_t *hashes,
                   struct error *err);

#endif
