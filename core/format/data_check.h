/* data_check.h - whether datasets hold samples and labels that fit a network. */
#ifndef CORE_FORMAT_DATA_CHECK_H
#define CORE_FORMAT_DATA_CHECK_H

#include "core/base/error.h"
#include "core/format/config.h"
#include "core/format/hdf5_dataset.h"

/* All fail with EXIT_INPUT; `path` is the file's. */
int data_check_samples(const char *path, const struct hdf5_dataset *samples,
                       const struct tensor *input, struct error *err);
/* `output` as in struct data_labels. */
int data_check_labels(const char *path, const struct hdf5_dataset *labels,
                      bool are_classes, const struct tensor *output, struct error *err);
int data_check_groups(const char *path, const struct hdf5_dataset *groups,
                      struct error *err);

/* Whether `other`, which holds `what`, has as many as there are samples. */
int data_check_count(const char *path, const struct hdf5_dataset *samples,
                     const struct hdf5_dataset *other, const char *what,
                     struct error *err);

/* Replaces a count that means "all", or more than there are where that is no error, by the number
 * of samples selected. */
int data_check_range(const char *path, const struct hdf5_dataset *samples,
                     struct sample_range *range, struct error *err);

/* Whether 32 bits hold what a row of a dataset has. */
int data_check_int32(const char *path, const char *dataset, size_t row, long long value,
                     struct error *err);

/* Takes the `size` values of a row: floats in place, which must be finite, -0 as 0; integers to int32. */
int data_check_floats(const char *path, const char *dataset, size_t row, float *stored,
                      size_t size, struct error *err);
int data_check_integers(const char *path, const char *dataset, size_t row,
                        const long long *stored, size_t size, int32_t *to,
                        struct error *err);

#endif
