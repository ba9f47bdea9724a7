/* hdf5_writer.h - writes an HDF5 file of datasets that grow row by row, so that none has to fit into
 * memory. The file appears whole or not at all: it is written as <path>.draft.
 */
#ifndef CORE_FORMAT_HDF5_WRITER_H
#define CORE_FORMAT_HDF5_WRITER_H

#include "core/base/error.h"
#include "core/format/hdf5_dataset.h"
#include "core/format/hdf5_file.h"

struct hdf5_writer; /* opaque */

/* All sentences have EXIT_MACHINE and name the file. NULL on failure. */
struct hdf5_writer *hdf5_writer_open(const char *path, struct error *err);

/* Finishes the file; with a status that is not 0 it is removed instead. Takes NULL. Returns 0 where
 * the file stands. */
int hdf5_writer_close(struct hdf5_writer *writer, int status, struct error *err);

/* Adds a dataset without rows.
 *
 *   about       name, kind, bytes (1, 4 or 8; floats: 4), is_signed, rank and sizes but the first; its
 *               index is set
 *   chunk_rows  rows of a chunk, at least 1: a reader reads whole chunks
 *   gzip        0: as they are, 1..9: shuffled and compressed
 */
int hdf5_writer_add(struct hdf5_writer *writer, struct hdf5_dataset *about,
                    size_t chunk_rows, int gzip, struct error *err);

/* Appends rows, stored in the memory of this machine as the dataset says. */
int hdf5_writer_append(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                       const void *rows, size_t count, struct error *err);

/* An attribute of a dataset, or, NULL, of the file. */
int hdf5_writer_numbers(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                        const char *name, const struct hdf5_numbers *numbers,
                        struct error *err);
int hdf5_writer_text(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                     const char *name, const char *text, struct error *err);

/* The library's version as the program was compiled for it, and as it runs: "1.10.8". */
enum { HDF5_VERSION_BYTES = 32 };
void hdf5_writer_versions(char compiled[HDF5_VERSION_BYTES],
                          char running[HDF5_VERSION_BYTES]);

#endif
