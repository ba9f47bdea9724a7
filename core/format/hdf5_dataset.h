/* hdf5_dataset.h - what a dataset of an HDF5 file holds, as plain data, and words for it. */
#ifndef CORE_FORMAT_HDF5_DATASET_H
#define CORE_FORMAT_HDF5_DATASET_H

#include "core/network/network.h"

#include <stdbool.h>
#include <stddef.h>

enum { HDF5_RANK_MAX = 1 + TENSOR_RANK_MAX };

enum hdf5_kind { HDF5_INTEGERS, HDF5_FLOATS, HDF5_OTHER };

struct hdf5_dataset {
    const char *name; /* borrowed from who looked for it */
    int index;        /* among those of the file that are open */
    enum hdf5_kind kind;
    size_t bytes; /* of a value */
    bool is_signed;
    int rank;                                /* 1..HDF5_RANK_MAX; -1: another */
    unsigned long long sizes[HDF5_RANK_MAX]; /* [rank], then zeros */
};

/* Values of a row: all dimensions but the first. */
size_t hdf5_dataset_row(const struct hdf5_dataset *dataset);

/* "8-bit unsigned integers" */
enum { HDF5_KIND_TEXT_BYTES = 64 };
const char *hdf5_kind_text(const struct hdf5_dataset *dataset,
                           char text[HDF5_KIND_TEXT_BYTES]);

/* "[9889, 3, 32, 32]", or a word about it. A size has at most 20 digits. */
enum { HDF5_SHAPE_TEXT_BYTES = HDF5_RANK_MAX * 22 + 2 };
const char *hdf5_shape_text(const struct hdf5_dataset *dataset,
                            char text[HDF5_SHAPE_TEXT_BYTES]);

#endif
