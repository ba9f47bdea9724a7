/* pack_inside.h - what the kinds of sources share. */
#ifndef CORE_PACK_PACK_INSIDE_H
#define CORE_PACK_PACK_INSIDE_H

#include "core/format/hdf5_writer.h"
#include "core/pack/pack.h"

/* ---- rows, gathered until a chunk is full -------------------------------------------------- */

struct row_writer {
    struct hdf5_writer *writer;  /* borrowed */
    struct hdf5_dataset dataset; /* its name is borrowed */
    size_t row_bytes, chunk_rows, count, written;
    char *rows; /* [chunk_rows, row_bytes] owned */
};

/* A dataset in chunks of about a mebibyte. */
int row_writer_begin(struct row_writer *rows, struct hdf5_writer *writer,
                     const struct hdf5_dataset *like, const char *name, int gzip,
                     struct error *err);

/* Room for the next row, to be filled before row_writer_take(). */
void *row_writer_next(struct row_writer *rows);
int row_writer_take(struct row_writer *rows, struct error *err);

/* Writes what is left, unless `status` says that all failed; gives the room back. */
int row_writer_end(struct row_writer *rows, int status, struct error *err);

/* ---- what all sources do --------------------------------------------------------------------- */

/* The kinds of sources: they write samples, and labels where the source has them. */
int pack_pictures(const struct pack *pack, struct hdf5_writer *writer,
                  struct packed *packed, struct error *err);
int pack_npy(const struct pack *pack, struct hdf5_writer *writer, struct packed *packed,
             struct error *err);
int pack_npz(const struct pack *pack, struct hdf5_writer *writer, struct packed *packed,
             struct error *err);
int pack_tokens(const struct pack *pack, struct hdf5_writer *writer,
                struct packed *packed, struct error *err);

/* To be asked after each sample: shows how far it is; fails with EXIT_STOPPED. */
int pack_go_on(const struct pack *pack, size_t done, size_t all, struct error *err);

/* scale, mean and std as attributes. */
int pack_attributes(const struct pack *pack, struct hdf5_writer *writer,
                    const struct row_writer *rows, struct error *err);

/* Writes labels [count] and says how many classes they are of. */
int pack_labels(const struct pack *pack, struct hdf5_writer *writer,
                const int64_t *labels, size_t count, struct packed *packed,
                struct error *err);

/* Reads a file of labels, .npy or a number a line, which must be `count`: to be freed. NULL on failure. */
int64_t *pack_read_labels(const char *path, size_t count, struct error *err);

const char *pack_dataset(const struct pack *pack);

#endif
