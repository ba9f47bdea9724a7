/* npy_array.h - an array as NumPy's save() writes it, row by row.
 *
 * Source: NumPy's NEP 1, versions 1.0 to 3.0 of the format.
 */
#ifndef CORE_FORMAT_NPY_ARRAY_H
#define CORE_FORMAT_NPY_ARRAY_H

#include "core/format/byte_stream.h"
#include "core/format/hdf5_dataset.h"

struct npy_array {
    struct byte_stream *stream; /* borrowed */
    /* What rows are given as: u8; i32 and i64, which hold smaller integers; f32, also of halves and
     * doubles. Without name and index. */
    struct hdf5_dataset as;
    int type;       /* for npy_array.c */
    bool is_turned; /* its bytes are those of the other kind of machine */
};

/* Reads what the array is. Fails with EXIT_INPUT: it is none, is in Fortran's order, or holds something
 * else than numbers. */
int npy_array_begin(struct npy_array *array, struct byte_stream *stream,
                    struct error *err);

/* Reads the next rows, [count, values of a row] as `as` says. Fails with EXIT_INPUT where the file is cut short,
 * or an integer is beyond 2^63 - 1. */
int npy_array_rows(struct npy_array *array, size_t count, void *rows,
                   struct error *err);

#endif
