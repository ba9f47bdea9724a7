/* hdf5_reader.h - reads an HDF5 file, in a process apart once one was started.
 *
 * HDF5 may crash on a damaged file, or come to no end. In a process apart that is an error like
 * others: all fail with EXIT_INPUT and a sentence that names the file and what was read of it.
 * What is read lies in memory that is the same for all readers.
 */
#ifndef CORE_FORMAT_HDF5_READER_H
#define CORE_FORMAT_HDF5_READER_H

#include "core/base/error.h"
#include "core/format/hdf5_dataset.h"
#include "core/format/hdf5_file.h"

/* Starts the process apart that all readers ask from now on; to be called before link_open().
 * Where no process can be started, files are read in this one, as they are before. */
void hdf5_reader_stand_apart(void);

/* Whether a file begins as HDF5 files do. */
bool hdf5_reader_knows(const char *path);

struct hdf5_reader; /* opaque */

/* As the functions of hdf5_file.h, but for what is said here. */
struct hdf5_reader *hdf5_reader_open(const char *path, struct error *err);
void hdf5_reader_close(struct hdf5_reader *reader);

int hdf5_reader_has(struct hdf5_reader *reader, const char *name, bool *has,
                    struct error *err);

/* The name is borrowed while the reader is open. */
int hdf5_reader_find(struct hdf5_reader *reader, const char *name,
                     struct hdf5_dataset *dataset, struct error *err);

/* Of a dataset, or, NULL, of the file. */
int hdf5_reader_attribute(struct hdf5_reader *reader,
                          const struct hdf5_dataset *dataset, const char *name,
                          struct hdf5_numbers *numbers, struct error *err);

/* `rows` [count, values of a row] are float or long long; they may be changed, and are valid until
 * any reader is asked again. */
int hdf5_reader_rows(struct hdf5_reader *reader, const struct hdf5_dataset *dataset,
                     size_t first, size_t count, enum hdf5_as as, void **rows,
                     struct error *err);

/* `text` is valid until any reader is asked again. */
int hdf5_reader_list(struct hdf5_reader *reader, const char **text, struct error *err);

/* The names of all datasets, a line each; valid as `text` is there. */
int hdf5_reader_names(struct hdf5_reader *reader, const char **text, struct error *err);

#endif
