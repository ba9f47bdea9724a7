#include "core/format/data_file.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/evaluate/loss.h"
#include "core/format/data_check.h"
#include "core/format/hdf5_reader.h"
#include "core/format/sample_shape.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Samples are read in pieces of about this size, whatever the caller asks for at once. */
enum { PIECE_BYTES = 4 << 20 };

struct data_file {
    char *path;        /* owned */
    char *sample_name; /* owned, dataset */
    char *label_name;  /* owned, dataset */
    struct hdf5_reader *reader;
    struct hdf5_dataset samples;
    struct hdf5_dataset labels;
    bool has_labels;
    const struct tensor *input; /* of the network; borrowed */
    int classes;
    struct sample_range selected; /* in samples of the file */
    struct normalisation normalisation;
};

/* ---- reading ------------------------------------------------------------------------------- */

static int check_label(const struct data_file *file, size_t row, long long label,
                       struct error *err)
{
    if (label >= 0 && label < file->classes)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s: sample %zu has the label %lld (%s), but the network has the classes 0..%d",
        file->path, row, label, file->label_name, file->classes - 1);
}

static void give_no_labels(size_t count, int32_t *labels)
{
    for (size_t i = 0; labels && i < count; i++)
        labels[i] = NO_LABEL;
}

/* Reads labels from the selection, in range or an error; NO_LABEL where the file has none. */
static int read_labels(const struct data_file *file, size_t first, size_t count,
                       int32_t *labels, struct error *err)
{
    enum { PIECE = 1 << 16 };

    if (!file->has_labels) {
        give_no_labels(count, labels);
        return 0;
    }
    for (size_t done = 0; done < count; done += PIECE) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        size_t row = file->selected.first + first + done;
        const long long *stored;
        void *rows;

        if (hdf5_reader_rows(file->reader, &file->labels, row, piece,
                             HDF5_AS_LONG_LONGS, &rows, err) < 0)
            return -1;
        stored = rows;
        for (size_t i = 0; i < piece; i++) {
            if (check_label(file, row + i, stored[i], err) < 0)
                return -1;
            if (labels)
                labels[done + i] = (int32_t)stored[i];
        }
    }
    return 0;
}

/* -0 becomes 0, so that equal samples have equal hashes. Returns whether all are finite. */
static bool take_signs_of_zeros(float *values, size_t count)
{
    int finite = 1;

    for (size_t i = 0; i < count; i++) {
        values[i] += 0.0f;
        finite &= fabsf(values[i]) <= FLT_MAX; /* not a NaN */
    }
    return finite;
}

static int check_values(const struct data_file *file, size_t row, float *stored,
                        struct error *err)
{
    size_t i = 0;

    if (take_signs_of_zeros(stored, file->input->count))
        return 0;
    while (isfinite(stored[i]))
        i++;
    return error_set(err, EXIT_INPUT, "%s: sample %zu of %s holds %s", file->path, row,
                     file->sample_name,
                     isnan(stored[i]) ? "a NaN" : "an infinite value");
}

/* Reads one piece of samples from the selection, and from there to the outputs. */
static int read_piece(const struct data_file *file, size_t first, size_t count,
                      float *values, uint64_t *hashes, struct error *err)
{
    size_t size = file->input->count;
    size_t row = file->selected.first + first;
    void *rows;

    if (hdf5_reader_rows(file->reader, &file->samples, row, count, HDF5_AS_FLOATS,
                         &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        float *sample = (float *)rows + i * size;

        if (check_values(file, row + i, sample, err) < 0)
            return -1;
        if (hashes)
            hashes[i] = hash_bytes(sample, size * sizeof *sample, 0);
        if (!values)
            continue;
        normalisation_apply(&file->normalisation, file->input, sample);
        sample_shape_store(file->input, sample, values + i * size);
    }
    return 0;
}

int data_file_read(struct data_file *file, size_t first, size_t count, float *values,
                   int32_t *labels, uint64_t *hashes, struct error *err)
{
    size_t size = file->input->count;
    size_t piece = PIECE_BYTES / (size * sizeof(float)) + 1;
    size_t there = file->selected.count;
    int status = 0;

    assert(first <= there && count <= there - first);
    if (labels && read_labels(file, first, count, labels, err) < 0)
        return -1;
    if (!values && !hashes)
        return 0;
    for (size_t done = 0; done < count && status == 0; done += piece) {
        size_t samples = count - done < piece ? count - done : piece;

        status = read_piece(file, first + done, samples,
                            values ? values + done * size : NULL,
                            hashes ? hashes + done : NULL, err);
    }
    return status;
}

/* ---- life ---------------------------------------------------------------------------------- */

static int open_samples(struct data_file *file, struct error *err)
{
    if (hdf5_reader_find(file->reader, file->sample_name, &file->samples, err) < 0)
        return -1;
    return data_check_samples(file->path, &file->samples, file->input, err);
}

static int open_labels(struct data_file *file, bool needs_labels, struct error *err)
{
    file->has_labels = file->classes >= 2;
    if (file->has_labels && !needs_labels &&
        hdf5_reader_has(file->reader, file->label_name, &file->has_labels, err) < 0)
        return -1;
    if (!file->has_labels)
        return 0;
    if (hdf5_reader_find(file->reader, file->label_name, &file->labels, err) < 0)
        return -1;
    return data_check_labels(file->path, &file->samples, &file->labels, err);
}

static int open_and_check(struct data_file *file, const struct config_model *model,
                          bool needs_labels, struct error *err)
{
    file->reader = hdf5_reader_open(file->path, err);
    if (!file->reader || open_samples(file, err) < 0 ||
        open_labels(file, needs_labels, err) < 0 ||
        data_check_range(file->path, &file->samples, &file->selected, err) < 0 ||
        normalisation_find(&file->normalisation, model, file->input, file->reader,
                           &file->samples, file->path, err) < 0)
        return -1;
    return read_labels(file, 0, file->selected.count, NULL, err);
}

struct data_file *data_file_open(const struct config_model *model,
                                 const struct config_data *data,
                                 const struct tensor *input, int classes,
                                 bool needs_labels, struct error *err)
{
    struct data_file *file = memory_zeroed(1, sizeof *file);

    file->path = memory_text(data->file);
    file->sample_name = memory_text(model->samples ? model->samples : "/x");
    file->label_name = memory_text(model->labels ? model->labels : "/y");
    file->input = input;
    file->classes = classes;
    file->selected = data->samples;
    if (open_and_check(file, model, needs_labels, err) == 0)
        return file;
    data_file_close(file);
    return NULL;
}

void data_file_close(struct data_file *file)
{
    if (!file)
        return;
    hdf5_reader_close(file->reader);
    free(file->label_name);
    free(file->sample_name);
    free(file->path);
    free(file);
}

size_t data_file_count(const struct data_file *file)
{
    return file->selected.count;
}

size_t data_file_first(const struct data_file *file)
{
    return file->selected.first;
}

const struct normalisation *data_file_normalisation(const struct data_file *file)
{
    return &file->normalisation;
}
