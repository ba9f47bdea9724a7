/* hdf5_builder.h - small HDF5 files for tests. Each function fails the running test
 * when HDF5 does. */
#ifndef TESTS_SUPPORT_HDF5_BUILDER_H
#define TESTS_SUPPORT_HDF5_BUILDER_H

#include <stddef.h>
#include <stdint.h>

/* How values are stored in the file. */
enum hdf5_type {
    HDF5_U8,
    HDF5_U16,
    HDF5_I32,
    HDF5_I64,
    HDF5_U64,
    HDF5_F32,
    HDF5_F64,
    HDF5_F32_BIG_ENDIAN
};

/* Creates an empty file, replacing what is there. */
void hdf5_builder_create(const char *path);

/* Adds a dataset of shape [sizes[0], ..., sizes[rank - 1]].
 *
 *   values      [product of sizes], converted to `type`
 *   chunk_rows  0: contiguous; otherwise rows in a chunk, compressed with gzip
 */
void hdf5_builder_add(const char *path, const char *dataset, enum hdf5_type type,
                      int rank, const size_t *sizes, const double *values,
                      size_t chunk_rows);

/* Adds a dataset of u8 [sizes[0], ...], of any size, none of whose values is written: it takes no room. */
void hdf5_builder_add_unwritten(const char *path, const char *dataset, int rank,
                                const size_t *sizes);

/* Adds a group, or a second name for one. */
void hdf5_builder_add_group(const char *path, const char *group);
void hdf5_builder_link(const char *path, const char *group, const char *name);

/* Adds a link to an object that is not there. */
void hdf5_builder_link_to_nothing(const char *path, const char *name);

/* Adds an attribute of `count` doubles to an object: a dataset, or "/" for the file. */
void hdf5_builder_attribute(const char *path, const char *object, const char *name,
                            const double *values, size_t count);

/* Adds an attribute with text. */
void hdf5_builder_text_attribute(const char *path, const char *object, const char *name,
                                 const char *text);

/* Adds samples [count, channels, height, width] as u8 or f32 in /x and labels [count]
 * in /y. */
void hdf5_builder_samples(const char *path, enum hdf5_type type, const size_t sizes[4],
                          const double *samples, const double *labels);

/* Reads a whole dataset of at most `room` values as f32; gives how many there were. */
size_t hdf5_builder_read(const char *path, const char *dataset, float *values,
                         size_t room);

/* Gives the header of a dataset a version that no library knows, as one of a newer format has. */
void hdf5_builder_make_newer(const char *path, const char *name);

#endif
