#include "core/pack/pack.h"

#include "core/base/file_hint.h"
#include "core/base/interrupt.h"
#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/format/npy_array.h"
#include "core/pack/pack_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what all sources do --------------------------------------------------------------------- */

const char *pack_dataset(const struct pack *pack)
{
    return pack->dataset ? pack->dataset : "/x";
}

int pack_go_on(const struct pack *pack, size_t done, size_t all, struct error *err)
{
    char name[INTERRUPT_NAME_BYTES];

    progress_show(pack->progress, "%zu of %zu samples", done, all);
    if (interrupt_signal() == 0)
        return 0;
    return error_set(err, EXIT_STOPPED, "stopped by %s; there is no %s",
                     interrupt_name(interrupt_signal(), name), pack->out);
}

int pack_attributes(const struct pack *pack, struct hdf5_writer *writer,
                    const struct row_writer *rows, struct error *err)
{
    if (pack->mean.count > 0 &&
        hdf5_writer_numbers(writer, &rows->dataset, "mean", &pack->mean, err) < 0)
        return -1;
    if (pack->std.count > 0)
        return hdf5_writer_numbers(writer, &rows->dataset, "std", &pack->std, err);
    return 0;
}

/* ---- labels -------------------------------------------------------------------------------- */

int pack_labels(const struct pack *pack, struct hdf5_writer *writer,
                const int64_t *labels, size_t count, struct packed *packed,
                struct error *err)
{
    const struct hdf5_dataset like = {
        .kind = HDF5_INTEGERS, .bytes = 4, .is_signed = true, .rank = 1};
    const char *name = pack->labels_dataset ? pack->labels_dataset : "/y";
    struct row_writer rows;
    int status = row_writer_begin(&rows, writer, &like, name, 0, err);

    for (size_t i = 0; status == 0 && i < count; i++) {
        if (labels[i] < INT32_MIN || labels[i] > INT32_MAX)
            status = error_set(err, EXIT_INPUT,
                               "%s: label %zu is %lld; labels are "
                               "integers of 32 bits",
                               pack->labels ? pack->labels : pack->source, i,
                               (long long)labels[i]);
        *(int32_t *)row_writer_next(&rows) = (int32_t)labels[i];
        if (status == 0)
            status = row_writer_take(&rows, err);
        if (labels[i] >= packed->classes)
            packed->classes = (long)labels[i] + 1;
    }
    packed->datasets++;
    return row_writer_end(&rows, status, err);
}

static int tell_count(const char *path, size_t found, size_t count, struct error *err)
{
    return error_set(err, EXIT_INPUT, "%s holds %zu labels for %zu samples", path,
                     found, count);
}

static int read_npy_labels(const char *path, size_t count, int64_t *labels,
                           struct error *err)
{
    struct byte_stream *stream = byte_stream_open(path, err);
    struct npy_array array;
    int status = stream ? npy_array_begin(&array, stream, err) : -1;

    if (status == 0 &&
        (array.as.kind != HDF5_INTEGERS || hdf5_dataset_row(&array.as) != 1))
        status = error_set(err, EXIT_INPUT, "%s: labels must be integers [N]", path);
    else if (status == 0 && array.as.sizes[0] != count)
        status = tell_count(path, (size_t)array.as.sizes[0], count, err);
    for (size_t i = 0; status == 0 && i < count; i++) {
        union {
            uint8_t byte;
            int32_t word;
            int64_t whole;
        } value = {0};

        status = npy_array_rows(&array, 1, &value, err);
        labels[i] = array.as.bytes == 8   ? value.whole
                    : array.as.bytes == 4 ? value.word
                                          : value.byte;
    }
    byte_stream_close(stream);
    return status;
}

/* A number a line; empty lines do not count. */
static int read_lines(FILE *file, const char *path, size_t count, int64_t *labels,
                      struct error *err)
{
    char line[256], *end;
    size_t found = 0, number = 0;

    while (fgets(line, sizeof line, file)) {
        long long label = strtoll(line, &end, 10);

        number++;
        if (end == line && end[strspn(end, " \t\r\n")] == '\0')
            continue;
        if (end == line || end[strspn(end, " \t\r\n")] != '\0')
            return error_set(err, EXIT_INPUT,
                             "%s, line %zu: \"%.40s\" is no whole number; a label a "
                             "line is needed",
                             path, number, strtok(line, "\r\n"));
        if (found < count)
            labels[found] = label;
        found++;
    }
    return found == count ? 0 : tell_count(path, found, count, err);
}

static int read_text_labels(const char *path, size_t count, int64_t *labels,
                            struct error *err)
{
    FILE *file = fopen(path, "re");
    int status;

    if (!file)
        return file_hint_refuse_to_open(path, EXIT_INPUT, err);
    status = read_lines(file, path, count, labels, err);
    fclose(file);
    return status;
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), of_end = strlen(end);

    return length >= of_end && strcasecmp(path + length - of_end, end) == 0;
}

int64_t *pack_read_labels(const char *path, size_t count, struct error *err)
{
    int64_t *labels = memory_get(count * sizeof *labels);
    int status = ends_in(path, ".npy") ? read_npy_labels(path, count, labels, err)
                                       : read_text_labels(path, count, labels, err);

    if (status == 0)
        return labels;
    free(labels);
    return NULL;
}

/* ---- sources ------------------------------------------------------------------------------- */

static const struct kind {
    const char *end; /* of the name; "/": a folder */
    int (*pack)(const struct pack *pack, struct hdf5_writer *writer,
                struct packed *packed, struct error *err);
} kinds[] = {{"/", pack_pictures}, {".txt", pack_pictures}, {".npy", pack_npy},
             {".npz", pack_npz},   {".csv", pack_tokens},   {NULL, NULL}};

static const struct kind *kind_of(const char *source, struct error *err)
{
    const struct kind *kind = kinds;
    struct stat about;

    if (stat(source, &about) < 0) {
        file_hint_refuse_to_open(source, EXIT_INPUT, err);
        return NULL;
    }
    while (kind->end &&
           !(S_ISDIR(about.st_mode) ? *kind->end == '/' : ends_in(source, kind->end)))
        kind++;
    if (kind->end)
        return kind;
    error_set(
        err, EXIT_INPUT,
        "%s: calq packs a folder of pictures, a list of them (.txt), arrays (.npy, "
        ".npz) and token ids (.csv); the name tells which it is",
        source);
    return NULL;
}

/* Labels of their own file, of all but pictures, which are in another order. */
static int pack_own_labels(const struct pack *pack, struct hdf5_writer *writer,
                           struct packed *packed, struct error *err)
{
    int64_t *labels = pack_read_labels(pack->labels, packed->samples, err);
    int status =
        labels ? pack_labels(pack, writer, labels, packed->samples, packed, err) : -1;

    free(labels);
    return status;
}

int pack_samples(const struct pack *pack, struct packed *packed, struct error *err)
{
    const struct kind *kind = kind_of(pack->source, err);
    struct hdf5_writer *writer = kind ? hdf5_writer_open(pack->out, err) : NULL;
    int status = -1;

    *packed = (struct packed){0};
    if (!writer)
        return -1;
    if (hdf5_writer_text(writer, NULL, "made_by", version(), err) == 0)
        status = kind->pack(pack, writer, packed, err);
    if (status == 0 && pack->labels && kind->pack != pack_pictures)
        status = pack_own_labels(pack, writer, packed, err);
    progress_clear(pack->progress);
    return hdf5_writer_close(writer, status, err);
}
