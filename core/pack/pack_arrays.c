#include "core/pack/pack_inside.h"

#include "core/base/memory.h"
#include "core/format/npy_array.h"
#include "core/format/zip_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy_rows(const struct pack *pack, struct npy_array *array,
                     struct row_writer *rows, struct error *err)
{
    size_t count = (size_t)array->as.sizes[0];
    int status = 0;

    for (size_t i = 0; status == 0 && i < count; i++) {
        status = npy_array_rows(array, 1, row_writer_next(rows), err);
        if (status == 0)
            status = row_writer_take(rows, err);
        if (status == 0)
            status = pack_go_on(pack, i + 1, count, err);
    }
    return status;
}

static int pack_array(const struct pack *pack, struct byte_stream *stream,
                      const char *name, struct hdf5_writer *writer,
                      struct packed *packed, struct error *err)
{
    struct npy_array array;
    struct row_writer rows;
    int status = npy_array_begin(&array, stream, err);

    if (status < 0)
        return -1;
    packed->samples = (size_t)array.as.sizes[0];
    packed->datasets++;
    status = row_writer_begin(&rows, writer, &array.as, name, pack->gzip, err);
    if (status == 0)
        status = copy_rows(pack, &array, &rows, err);
    /* Labels, say, have none. */
    if (status == 0 && strcmp(name, pack_dataset(pack)) == 0)
        status = pack_attributes(pack, writer, &rows, err);
    return row_writer_end(&rows, status, err);
}

int pack_npy(const struct pack *pack, struct hdf5_writer *writer, struct packed *packed,
             struct error *err)
{
    struct byte_stream *stream = byte_stream_open(pack->source, err);
    int status =
        stream ? pack_array(pack, stream, pack_dataset(pack), writer, packed, err) : -1;

    byte_stream_close(stream);
    return status;
}

/* "/images" of "images.npy"; to be freed. */
static char *dataset_of(const char *file)
{
    size_t length = strlen(file);
    char *name = memory_get(length + 2);

    sprintf(name, "/%s", file);
    if (length > 4 && strcmp(file + length - 4, ".npy") == 0)
        name[length + 1 - 4] = '\0';
    return name;
}

static int pack_entry(const struct pack *pack, const struct zip_file *zip, int index,
                      struct hdf5_writer *writer, struct packed *packed,
                      struct error *err)
{
    struct byte_stream *stream = zip_file_stream(zip, index, err);
    char *name = dataset_of(zip_file_name(zip, index));
    size_t before = packed->samples;
    int status = stream ? pack_array(pack, stream, name, writer, packed, err) : -1;

    if (status == 0 && index > 0 && packed->samples != before)
        status = error_set(err, EXIT_INPUT,
                           "%s: %s holds %zu samples, the arrays before it %zu; all "
                           "must hold as many",
                           pack->source, name, packed->samples, before);
    free(name);
    byte_stream_close(stream);
    return status;
}

int pack_npz(const struct pack *pack, struct hdf5_writer *writer, struct packed *packed,
             struct error *err)
{
    struct zip_file *zip = zip_file_open(pack->source, err);
    int status = zip ? 0 : -1;

    if (zip && zip_file_count(zip) == 0)
        status = error_set(err, EXIT_INPUT, "%s holds no arrays", pack->source);
    for (int i = 0; status == 0 && i < zip_file_count(zip); i++)
        status = pack_entry(pack, zip, i, writer, packed, err);
    zip_file_close(zip);
    return status;
}
