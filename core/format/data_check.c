#include "core/format/data_check.h"

#include "core/evaluate/output_shape.h"
#include "core/format/sample_shape.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static int check_kind(const char *path, const struct hdf5_dataset *samples,
                      enum element element, struct error *err)
{
    char text[HDF5_KIND_TEXT_BYTES];
    size_t bytes = samples->bytes;

    if (element == ELEMENT_INT32) {
        if (samples->kind == HDF5_INTEGERS)
            return 0;
        return error_set(err, EXIT_INPUT,
                         "%s: %s holds %s; the network's input takes integers", path,
                         samples->name, hdf5_kind_text(samples, text));
    }
    if ((samples->kind == HDF5_INTEGERS && bytes == 1 && !samples->is_signed) ||
        (samples->kind == HDF5_FLOATS && (bytes == 4 || bytes == 8)))
        return 0;
    return error_set(err, EXIT_INPUT,
                     "%s: %s holds %s; samples must be 8-bit unsigned integers, 32-bit "
                     "floats or 64-bit floats",
                     path, samples->name, hdf5_kind_text(samples, text));
}

int data_check_samples(const char *path, const struct hdf5_dataset *samples,
                       const struct tensor *input, struct error *err)
{
    char dims[SAMPLE_SHAPE_TEXT_BYTES], text[HDF5_SHAPE_TEXT_BYTES];

    if (check_kind(path, samples, input->element, err) < 0)
        return -1;
    if (sample_shape_fits(input, samples->rank, samples->sizes))
        return 0;
    if (input->rank == 0)
        return error_set(err, EXIT_INPUT,
                         "%s: %s is %s, but the network takes one number a sample, so "
                         "[N] or [N, 1] is needed",
                         path, samples->name, hdf5_shape_text(samples, text));
    sample_shape_text(input, dims);
    return error_set(err, EXIT_INPUT,
                     "%s: %s is %s, but the network takes samples of [%s], so "
                     "[N, %s] or [N, %zu] is needed",
                     path, samples->name, hdf5_shape_text(samples, text), dims, dims,
                     input->count);
}

/* One integer a sample. */
static int check_single(const char *path, const struct hdf5_dataset *dataset,
                        const char *what, struct error *err)
{
    char kind[HDF5_KIND_TEXT_BYTES], shape[HDF5_SHAPE_TEXT_BYTES];

    if (dataset->kind != HDF5_INTEGERS)
        return error_set(err, EXIT_INPUT, "%s: %s holds %s; %s must be integers", path,
                         dataset->name, hdf5_kind_text(dataset, kind), what);
    if (dataset->rank != 1 && !(dataset->rank == 2 && dataset->sizes[1] == 1))
        return error_set(err, EXIT_INPUT, "%s: %s is %s; %s must be [N] or [N, 1]",
                         path, dataset->name, hdf5_shape_text(dataset, shape), what);
    return 0;
}

/* What labels lie like: an output, or its places. */
static struct tensor label_tensor(const struct tensor *output, bool are_classes)
{
    struct tensor like = *output;

    if (!are_classes)
        return like;
    like = (struct tensor){.rank = output_shape_places(output, like.dims), .count = 1};
    output_shape_places(output, like.dims);
    for (int i = 0; i < like.rank; i++)
        like.count *= (size_t)like.dims[i];
    like.channels = like.rank > 0 ? like.dims[like.rank - 1] : 1;
    return like;
}

/* One number for each place or value of the output. */
static int check_like(const char *path, const struct hdf5_dataset *labels,
                      bool are_classes, const struct tensor *output, struct error *err)
{
    char kind[HDF5_KIND_TEXT_BYTES], shape[HDF5_SHAPE_TEXT_BYTES];
    char dims[SAMPLE_SHAPE_TEXT_BYTES], all[SAMPLE_SHAPE_TEXT_BYTES];
    struct tensor like = label_tensor(output, are_classes);

    if (labels->kind == HDF5_OTHER || (are_classes && labels->kind != HDF5_INTEGERS))
        return error_set(err, EXIT_INPUT, "%s: %s holds %s; labels must be %s", path,
                         labels->name, hdf5_kind_text(labels, kind),
                         are_classes ? "integers" : "numbers");
    if (sample_shape_fits(&like, labels->rank, labels->sizes))
        return 0;
    sample_shape_text(&like, dims);
    return error_set(err, EXIT_INPUT,
                     "%s: %s is %s, but the network's output \"%s\" is [%s] a sample; "
                     "labels must be [N%s%s], %s",
                     path, labels->name, hdf5_shape_text(labels, shape), output->name,
                     sample_shape_text(output, all), like.rank ? ", " : "", dims,
                     are_classes ? "a class at each place" : "a number for each value");
}

int data_check_labels(const char *path, const struct hdf5_dataset *labels,
                      bool are_classes, const struct tensor *output, struct error *err)
{
    char kind[HDF5_KIND_TEXT_BYTES], shape[HDF5_SHAPE_TEXT_BYTES];

    if (output && (!are_classes || output_shape_of_tensor(output).places > 1))
        return check_like(path, labels, are_classes, output, err);
    if (are_classes)
        return check_single(path, labels, "labels", err);
    if (labels->kind == HDF5_OTHER)
        return error_set(err, EXIT_INPUT, "%s: %s holds %s; labels must be numbers",
                         path, labels->name, hdf5_kind_text(labels, kind));
    if (labels->rank < 1 || hdf5_dataset_row(labels) < 1 ||
        hdf5_dataset_row(labels) > INT32_MAX)
        return error_set(err, EXIT_INPUT, "%s: %s is %s; labels must be [N, ...]", path,
                         labels->name, hdf5_shape_text(labels, shape));
    return 0;
}

int data_check_groups(const char *path, const struct hdf5_dataset *groups,
                      struct error *err)
{
    return check_single(path, groups, "groups", err);
}

int data_check_count(const char *path, const struct hdf5_dataset *samples,
                     const struct hdf5_dataset *other, const char *what,
                     struct error *err)
{
    if (other->sizes[0] == samples->sizes[0])
        return 0;
    return error_set(err, EXIT_INPUT, "%s: %s holds %llu samples but %s holds %llu %s",
                     path, samples->name, samples->sizes[0], other->name,
                     other->sizes[0], what);
}

int data_check_range(const char *path, const struct hdf5_dataset *samples,
                     struct sample_range *range, struct error *err)
{
    size_t there = samples->sizes[0];
    size_t left = range->first < there ? there - range->first : 0;

    if (there == 0)
        return error_set(err, EXIT_INPUT, "%s: %s holds no samples", path,
                         samples->name);
    if (left > 0 &&
        (range->count == SIZE_MAX || (range->at_most && range->count > left)))
        range->count = left;
    if (range->count == 0)
        return error_set(err, EXIT_INPUT, "no samples of %s are selected", path);
    if (range->count > left)
        return error_set(err, EXIT_INPUT,
                         "samples %zu..%zu are selected, but %s holds only %zu samples "
                         "(%s)",
                         range->first,
                         range->count == SIZE_MAX ? range->first
                                                  : range->first + (range->count - 1),
                         path, there, samples->name);
    return 0;
}

/* ---- values ---- */

int data_check_int32(const char *path, const char *dataset, size_t row, long long value,
                     struct error *err)
{
    if (value >= INT32_MIN && value <= INT32_MAX)
        return 0;
    return error_set(err, EXIT_INPUT,
                     "%s: sample %zu of %s holds %lld, and 32 bits do not", path, row,
                     dataset, value);
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

int data_check_floats(const char *path, const char *dataset, size_t row, float *stored,
                      size_t size, struct error *err)
{
    size_t i = 0;

    if (take_signs_of_zeros(stored, size))
        return 0;
    while (isfinite(stored[i]))
        i++;
    return error_set(err, EXIT_INPUT, "%s: sample %zu of %s holds %s", path, row,
                     dataset, isnan(stored[i]) ? "a NaN" : "an infinite value");
}

int data_check_integers(const char *path, const char *dataset, size_t row,
                        const long long *stored, size_t size, int32_t *to,
                        struct error *err)
{
    for (size_t i = 0; i < size; i++) {
        if (data_check_int32(path, dataset, row, stored[i], err) < 0)
            return -1;
        to[i] = (int32_t)stored[i];
    }
    return 0;
}
