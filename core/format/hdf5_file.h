/* hdf5_file.h - an open HDF5 file: its datasets, attributes and rows, as plain data.
 *
 * The library may crash on a damaged file: hdf5_reader.h asks the same of a process apart.
 */
#ifndef CORE_FORMAT_HDF5_FILE_H
#define CORE_FORMAT_HDF5_FILE_H

#include "core/base/error.h"
#include "core/format/hdf5_dataset.h"

/* How rows are read, whatever the file stores. */
enum hdf5_as { HDF5_AS_FLOATS, HDF5_AS_LONG_LONGS };

/* An attribute of numbers; count 0: there is none of that name. */
enum { HDF5_NUMBERS_MAX = 16 };
struct hdf5_numbers {
    int count;
    double values[HDF5_NUMBERS_MAX];
};

struct hdf5_file; /* opaque */

/* All sentences have EXIT_INPUT and name the file. Close with hdf5_file_close(), which takes NULL. */
struct hdf5_file *hdf5_file_open(const char *path, struct error *err);
void hdf5_file_close(struct hdf5_file *file);

/* Bytes of a chunk of each dataset that was found, together. */
size_t hdf5_file_chunks(const struct hdf5_file *file);

bool hdf5_file_has(const struct hdf5_file *file, const char *name);

/* Opens a dataset, until the file is closed, and says what it holds. The sentence of one that is
 * not there lists those that are. */
int hdf5_file_find(struct hdf5_file *file, const char *name,
                   struct hdf5_dataset *dataset, struct error *err);

/* An attribute of a dataset that was found, or, index -1, of the file. */
int hdf5_file_attribute(const struct hdf5_file *file, int index, const char *name,
                        struct hdf5_numbers *numbers, struct error *err);

/* Reads rows [first, first + count) of a dataset that was found, where they take `bytes`. */
int hdf5_file_rows(const struct hdf5_file *file, int index, size_t first, size_t count,
                   enum hdf5_as as, size_t bytes, void *rows, struct error *err);

/* Writes what the file holds, as a table for people, into `text`: as much as fits. */
void hdf5_file_list(const struct hdf5_file *file, char *text, size_t bytes);

/* Writes the names of all datasets, a line each, as many as fit. */
void hdf5_file_names(const struct hdf5_file *file, char *text, size_t bytes);

#endif
