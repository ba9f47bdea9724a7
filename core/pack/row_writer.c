#include "core/pack/pack_inside.h"

#include "core/base/memory.h"

#include <stdlib.h>

int row_writer_begin(struct row_writer *rows, struct hdf5_writer *writer,
                     const struct hdf5_dataset *like, const char *name, int gzip,
                     struct error *err)
{
    enum { CHUNK_BYTES = 1 << 20, CHUNK_ROWS_MOST = 1 << 16 };

    *rows = (struct row_writer){.writer = writer, .dataset = *like};
    rows->dataset.name = name;
    rows->row_bytes = hdf5_dataset_row(like) * like->bytes;
    rows->chunk_rows = CHUNK_BYTES / rows->row_bytes;
    if (rows->chunk_rows < 1)
        rows->chunk_rows = 1;
    if (rows->chunk_rows > CHUNK_ROWS_MOST)
        rows->chunk_rows = CHUNK_ROWS_MOST;
    rows->rows = memory_get(rows->chunk_rows * rows->row_bytes);
    return hdf5_writer_add(writer, &rows->dataset, rows->chunk_rows, gzip, err);
}

static int flush(struct row_writer *rows, struct error *err)
{
    size_t count = rows->count;

    rows->count = 0;
    rows->written += count;
    return count > 0 ? hdf5_writer_append(rows->writer, &rows->dataset, rows->rows,
                                          count, err)
                     : 0;
}

void *row_writer_next(struct row_writer *rows)
{
    return rows->rows + rows->count * rows->row_bytes;
}

int row_writer_take(struct row_writer *rows, struct error *err)
{
    return ++rows->count == rows->chunk_rows ? flush(rows, err) : 0;
}

int row_writer_end(struct row_writer *rows, int status, struct error *err)
{
    if (status == 0)
        status = flush(rows, err);
    free(rows->rows);
    rows->rows = NULL;
    return status;
}
