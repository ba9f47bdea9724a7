#include "core/format/data_file.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/format/data_check.h"
#include "core/format/hdf5_reader.h"
#include "core/format/sample_shape.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Samples are read in pieces of about this size, whatever the caller asks for at once. */
enum { PIECE_BYTES = 4 << 20 };

/* A dataset that an input reads. */
struct stored_input {
    char *name; /* owned */
    struct hdf5_dataset dataset;
    const struct tensor *tensor; /* of the network; borrowed */
    struct normalisation normalisation;
};

struct data_file {
    char *path; /* owned */
    struct hdf5_reader *reader;
    struct stored_input inputs[NETWORK_INPUTS_MAX];
    int input_count;
    char *label_name, *group_name; /* owned, or NULL */
    struct hdf5_dataset labels, groups;
    bool has_labels, has_groups;
    int classes;                 /* 0: labels are numbers */
    const struct tensor *output; /* as in struct data_labels */
    const int *ignored;
    int ignored_count;
    size_t group;                 /* samples of one; 0: there are none */
    struct sample_range selected; /* in samples of the file */
};

/* ---- labels and groups --------------------------------------------------------------------- */

static enum element element_of(const struct hdf5_dataset *dataset)
{
    return dataset->kind == HDF5_FLOATS ? ELEMENT_FLOAT : ELEMENT_INT32;
}

/* Numbers that outputs are held against are floats, whatever the file has. */
static enum element label_element(const struct data_file *file)
{
    if (file->classes == 0 && file->output)
        return ELEMENT_FLOAT;
    return file->has_labels ? element_of(&file->labels) : ELEMENT_INT32;
}

size_t data_file_places(const struct data_file *file)
{
    return file->output ? output_shape_of_tensor(file->output).places : 1;
}

/* A sample has classes, or numbers: as many as a row of the dataset. */
static size_t labels_per_sample(const struct data_file *file)
{
    return file->has_labels ? hdf5_dataset_row(&file->labels) : data_file_places(file);
}

static bool is_ignored(const struct data_file *file, long long label)
{
    for (int i = 0; i < file->ignored_count; i++)
        if (label == file->ignored[i])
            return true;
    return false;
}

static int check_label(const struct data_file *file, size_t row, long long label,
                       struct error *err)
{
    if (file->classes == 0 || (label >= 0 && label < file->classes) ||
        is_ignored(file, label))
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s: sample %zu has the label %lld (%s), but the network has the classes 0..%d",
        file->path, row, label, file->label_name, file->classes - 1);
}

/* The classes of a sample, to int32. */
static int take_classes(const struct data_file *file, size_t row,
                        const long long *stored, size_t size, int32_t *to,
                        struct error *err)
{
    for (size_t i = 0; i < size; i++)
        if (check_label(file, row, stored[i], err) < 0)
            return -1;
    if (data_check_integers(file->path, file->label_name, row, stored, size, to, err) <
        0)
        return -1;
    for (size_t i = 0; file->ignored_count > 0 && i < size; i++)
        if (is_ignored(file, stored[i]))
            to[i] = IGNORED_LABEL;
    return 0;
}

/* The numbers of a sample, as they are or in the order of the output. */
static int take_numbers(const struct data_file *file, size_t row, float *stored,
                        size_t size, void *labels, struct error *err)
{
    if (data_check_floats(file->path, file->label_name, row, stored, size, err) < 0)
        return -1;
    if (labels && file->output)
        sample_shape_store(file->output, stored, labels);
    else if (labels)
        memcpy(labels, stored, size * sizeof *stored);
    return 0;
}

/* Checks the labels of a piece, and stores them where that is wanted. */
static int take_labels(const struct data_file *file, size_t row, size_t count,
                       void *stored, void *labels, struct error *err)
{
    bool are_floats = label_element(file) == ELEMENT_FLOAT;
    size_t size = labels_per_sample(file);
    int32_t *narrow = memory_get(size * sizeof *narrow);
    int status = 0;

    for (size_t i = 0; i < count && status == 0; i++) {
        char *to = labels ? (char *)labels + i * size * TENSOR_ELEMENT_BYTES : NULL;

        status =
            are_floats
                ? take_numbers(file, row + i, (float *)stored + i * size, size, to, err)
                : take_classes(file, row + i, (const long long *)stored + i * size,
                               size, narrow, err);
        if (status == 0 && to && !are_floats)
            memcpy(to, narrow, size * TENSOR_ELEMENT_BYTES);
    }
    free(narrow);
    return status;
}

static void give_no_labels(size_t count, int32_t *labels)
{
    for (size_t i = 0; labels && i < count; i++)
        labels[i] = NO_LABEL;
}

/* Reads labels from the selection, in range or an error; NO_LABEL where the file has none. `labels` may
 * be NULL. */
static int read_labels(const struct data_file *file, size_t first, size_t count,
                       void *labels, struct error *err)
{
    size_t size = labels_per_sample(file), piece = ((1 << 16) - 1) / size + 1;
    enum hdf5_as as =
        label_element(file) == ELEMENT_FLOAT ? HDF5_AS_FLOATS : HDF5_AS_LONG_LONGS;

    if (!file->has_labels) {
        give_no_labels(count * size, labels);
        return 0;
    }
    for (size_t done = 0; done < count; done += piece) {
        size_t some = count - done < piece ? count - done : piece;
        size_t row = file->selected.first + first + done;
        char *to = labels;
        void *rows;

        if (hdf5_reader_rows(file->reader, &file->labels, row, some, as, &rows, err) <
            0)
            return -1;
        if (take_labels(file, row, some, rows,
                        to ? to + done * size * TENSOR_ELEMENT_BYTES : NULL, err) < 0)
            return -1;
    }
    return 0;
}

static int read_groups(const struct data_file *file, size_t first, size_t count,
                       int32_t *groups, struct error *err)
{
    enum { PIECE = 1 << 16 };

    for (size_t done = 0; groups && done < count; done += PIECE) {
        size_t some = count - done < PIECE ? count - done : PIECE;
        size_t row = file->selected.first + first + done;
        void *rows;

        if (hdf5_reader_rows(file->reader, &file->groups, row, some, HDF5_AS_LONG_LONGS,
                             &rows, err) < 0)
            return -1;
        for (size_t i = 0; i < some; i++)
            if (data_check_integers(file->path, file->group_name, row + i,
                                    (const long long *)rows + i, 1, &groups[done + i],
                                    err) < 0)
                return -1;
    }
    return 0;
}

/* ---- values -------------------------------------------------------------------------------- */

/* Where the samples of a piece go: both or one. */
struct piece_outputs {
    char *values;
    uint64_t *hashes; /* of the inputs before; of these and this one afterwards */
};

/* Numbers that the network looks up rows by. */
static int check_numbers(const struct data_file *file, const struct stored_input *input,
                         size_t row, const int32_t *numbers, struct error *err)
{
    const struct tensor *tensor = input->tensor;

    for (size_t i = 0; i < tensor->count; i++)
        if (numbers[i] < tensor->least || numbers[i] > tensor->most)
            return error_set(err, EXIT_INPUT,
                             "%s: sample %zu of %s holds %d, but the vocabulary of the "
                             "network's input \"%s\" is 0..%d (or %d..-1, counted from "
                             "its end)",
                             file->path, row, input->name, numbers[i], tensor->name,
                             tensor->most, tensor->least);
    return 0;
}

/* One sample as it is stored: floats, or integers that `narrow` has room for. */
static int take_sample(const struct data_file *file, const struct stored_input *input,
                       size_t row, void *stored, int32_t *narrow, struct error *err)
{
    size_t size = input->tensor->count;

    if (!narrow)
        return data_check_floats(file->path, input->name, row, stored, size, err);
    if (data_check_integers(file->path, input->name, row, stored, size, narrow, err) <
        0)
        return -1;
    return check_numbers(file, input, row, narrow, err);
}

static int take_piece(const struct data_file *file, const struct stored_input *input,
                      size_t row, size_t count, char *rows, int32_t *narrow,
                      struct piece_outputs to, struct error *err)
{
    size_t size = input->tensor->count, bytes = size * TENSOR_ELEMENT_BYTES;
    size_t stored = size * (narrow ? sizeof(long long) : sizeof(float));

    for (size_t i = 0; i < count; i++) {
        void *sample = narrow ? (void *)narrow : rows + i * stored;

        if (take_sample(file, input, row + i, rows + i * stored, narrow, err) < 0)
            return -1;
        if (to.hashes)
            to.hashes[i] = hash_bytes(sample, bytes, to.hashes[i]);
        if (!to.values)
            continue;
        if (!narrow)
            normalisation_apply(&input->normalisation, input->tensor, sample);
        sample_shape_store(input->tensor, sample, to.values + i * bytes);
    }
    return 0;
}

/* Reads an input of samples of the selection piece by piece. */
static int read_input(const struct data_file *file, const struct stored_input *input,
                      size_t first, size_t count, struct piece_outputs to,
                      struct error *err)
{
    bool is_float = input->tensor->element == ELEMENT_FLOAT;
    enum hdf5_as as = is_float ? HDF5_AS_FLOATS : HDF5_AS_LONG_LONGS;
    size_t bytes =
        input->tensor->count * (is_float ? sizeof(float) : sizeof(long long));
    size_t piece = PIECE_BYTES / bytes + 1;
    int32_t *narrow =
        is_float ? NULL : memory_get(input->tensor->count * sizeof *narrow);
    int status = 0;

    for (size_t done = 0; done < count && status == 0; done += piece) {
        size_t some = count - done < piece ? count - done : piece;
        size_t row = file->selected.first + first + done;
        struct piece_outputs now = to;
        void *rows;

        if (to.values)
            now.values += done * input->tensor->count * TENSOR_ELEMENT_BYTES;
        if (to.hashes)
            now.hashes += done;
        status =
            hdf5_reader_rows(file->reader, &input->dataset, row, some, as, &rows, err);
        if (status == 0)
            status = take_piece(file, input, row, some, rows, narrow, now, err);
    }
    free(narrow);
    return status;
}

/* ---- samples ------------------------------------------------------------------------------- */

void data_file_make_arrays(const struct data_file *file, size_t room,
                           struct sample_arrays *arrays)
{
    *arrays = (struct sample_arrays){
        .labels_per_sample = labels_per_sample(file),
        .label_element = label_element(file),
        .room = room,
    };
    for (int input = 0; input < file->input_count; input++)
        arrays->values[input] =
            memory_get(room * file->inputs[input].tensor->count * TENSOR_ELEMENT_BYTES);
    arrays->labels =
        memory_get(room * arrays->labels_per_sample * TENSOR_ELEMENT_BYTES);
    if (file->has_groups)
        arrays->groups = memory_get(room * sizeof *arrays->groups);
}

int data_file_read(struct data_file *file, size_t first, size_t count,
                   struct sample_arrays *arrays, struct error *err)
{
    size_t at = arrays->count, there = file->selected.count;
    size_t label = arrays->labels_per_sample * TENSOR_ELEMENT_BYTES;

    assert(first <= there && count <= there - first);
    assert(at <= arrays->room && count <= arrays->room - at);
    if (read_labels(file, first, count, (char *)arrays->labels + at * label, err) < 0 ||
        read_groups(file, first, count, arrays->groups ? arrays->groups + at : NULL,
                    err) < 0)
        return -1;
    for (int i = 0; i < file->input_count; i++) {
        const struct stored_input *input = &file->inputs[i];
        char *values = arrays->values[i];

        values += at * input->tensor->count * TENSOR_ELEMENT_BYTES;
        if (read_input(file, input, first, count, (struct piece_outputs){values, NULL},
                       err) < 0)
            return -1;
    }
    arrays->count += count;
    return 0;
}

int data_file_read_classes(struct data_file *file, size_t first, size_t count,
                           int32_t *classes, struct error *err)
{
    assert(!file->has_labels || file->classes > 0);
    return read_labels(file, first, count, classes, err);
}

int data_file_hash(struct data_file *file, size_t first, size_t count, uint64_t *hashes,
                   struct error *err)
{
    memset(hashes, 0, count * sizeof *hashes);
    for (int i = 0; i < file->input_count; i++)
        if (read_input(file, &file->inputs[i], first, count,
                       (struct piece_outputs){NULL, hashes}, err) < 0)
            return -1;
    return 0;
}

/* ---- life ---------------------------------------------------------------------------------- */

static int open_input(struct data_file *file, const struct data_input *from,
                      struct error *err)
{
    struct stored_input *input = &file->inputs[file->input_count++];

    input->name = memory_text(from->dataset);
    input->tensor = from->tensor;
    if (hdf5_reader_find(file->reader, input->name, &input->dataset, err) < 0 ||
        data_check_samples(file->path, &input->dataset, input->tensor, err) < 0 ||
        data_check_count(file->path, &file->inputs[0].dataset, &input->dataset,
                         "samples", err) < 0)
        return -1;
    return 0;
}

/* Integers are taken as they are. */
static int find_normalisation(struct data_file *file, int index,
                              const struct data_input *from, struct error *err)
{
    struct stored_input *input = &file->inputs[index];

    if (input->tensor->element != ELEMENT_FLOAT)
        return 0;
    return normalisation_find(&input->normalisation, from->constants, input->tensor,
                              file->reader, &input->dataset, file->path, err);
}

static int open_labels(struct data_file *file, bool are_needed, struct error *err)
{
    const struct hdf5_dataset *samples = &file->inputs[0].dataset;

    file->has_labels = file->label_name != NULL;
    if (file->has_labels && !are_needed &&
        hdf5_reader_has(file->reader, file->label_name, &file->has_labels, err) < 0)
        return -1;
    if (!file->has_labels)
        return 0;
    if (hdf5_reader_find(file->reader, file->label_name, &file->labels, err) < 0 ||
        data_check_labels(file->path, &file->labels, file->classes > 0, file->output,
                          err) < 0)
        return -1;
    return data_check_count(file->path, samples, &file->labels, "labels", err);
}

static int open_groups(struct data_file *file, struct error *err)
{
    file->has_groups = file->group_name != NULL;
    if (!file->has_groups)
        return 0;
    if (hdf5_reader_find(file->reader, file->group_name, &file->groups, err) < 0 ||
        data_check_groups(file->path, &file->groups, err) < 0)
        return -1;
    return data_check_count(file->path, &file->inputs[0].dataset, &file->groups,
                            "groups", err);
}

/* Whether a label of the selection counts. */
static int check_mask(const struct data_file *file, struct error *err)
{
    enum { AT_ONCE = 256 };
    size_t size = labels_per_sample(file), count = file->selected.count;
    int32_t *labels;
    bool counts = false;
    int status = 0;

    if (!file->has_labels || file->ignored_count == 0 || file->classes == 0)
        return 0;
    labels = memory_get(AT_ONCE * size * sizeof *labels);
    for (size_t done = 0; status == 0 && !counts && done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

        status = read_labels(file, done, some, labels, err);
        for (size_t i = 0; status == 0 && i < some * size; i++)
            counts = counts || labels[i] != IGNORED_LABEL;
    }
    free(labels);
    if (status < 0 || counts)
        return status;
    return error_set(err, EXIT_INPUT,
                     "%s: all labels of the selected samples (%s) are ignored (%d), so "
                     "nothing is left to score; see `ignore`",
                     file->path, file->label_name, file->ignored[0]);
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static int uneven_groups(const struct data_file *file, size_t first, size_t size,
                         int32_t group, struct error *err)
{
    return error_set(err, EXIT_INPUT,
                     "%s: the group %d of %s, from sample %zu on, has %zu samples, and "
                     "the first group has %zu; groups must be of equal size, and whole",
                     file->path, group, file->group_name, file->selected.first + first,
                     size, file->group);
}

/* Whether each group is in one piece; `groups` has one number of each and is sorted. */
static int check_pieces(const struct data_file *file, int32_t *groups, size_t count,
                        struct error *err)
{
    qsort(groups, count, sizeof *groups, by_number);
    for (size_t i = 1; i < count; i++)
        if (groups[i] == groups[i - 1])
            return error_set(err, EXIT_INPUT,
                             "%s: the samples of group %d of %s do not lie together",
                             file->path, groups[i], file->group_name);
    return 0;
}

/* The size of the first, which all must have. */
static int measure_groups(struct data_file *file, int32_t *groups, struct error *err)
{
    size_t count = file->selected.count, found = 0;

    for (size_t first = 0, size; first < count; first += size) {
        int32_t group = groups[first];

        for (size = 1; first + size < count && groups[first + size] == group;)
            size++;
        if (first == 0)
            file->group = size;
        if (size != file->group)
            return uneven_groups(file, first, size, group, err);
        groups[found++] = group;
    }
    return check_pieces(file, groups, found, err);
}

static int find_group(struct data_file *file, struct error *err)
{
    int32_t *groups;
    int status;

    if (!file->has_groups)
        return 0;
    groups = memory_get(file->selected.count * sizeof *groups);
    status = read_groups(file, 0, file->selected.count, groups, err);
    if (status == 0)
        status = measure_groups(file, groups, err);
    free(groups);
    return status;
}

static int open_and_check(struct data_file *file, const struct data_input *inputs,
                          int input_count, bool needs_labels, struct error *err)
{
    file->reader = hdf5_reader_open(file->path, err);
    if (!file->reader)
        return -1;
    for (int input = 0; input < input_count; input++)
        if (open_input(file, &inputs[input], err) < 0)
            return -1;
    if (open_labels(file, needs_labels, err) < 0 || open_groups(file, err) < 0 ||
        data_check_range(file->path, &file->inputs[0].dataset, &file->selected, err) <
            0)
        return -1;
    for (int input = 0; input < input_count; input++)
        if (find_normalisation(file, input, &inputs[input], err) < 0)
            return -1;
    if (read_labels(file, 0, file->selected.count, NULL, err) < 0 ||
        check_mask(file, err) < 0)
        return -1;
    return find_group(file, err);
}

struct data_file *data_file_open(const char *path, const struct data_input *inputs,
                                 int input_count, const struct data_labels *labels,
                                 struct sample_range selected, struct error *err)
{
    struct data_file *file = memory_zeroed(1, sizeof *file);

    assert(input_count >= 1 && input_count <= NETWORK_INPUTS_MAX);
    file->path = memory_text(path);
    file->label_name = labels->dataset ? memory_text(labels->dataset) : NULL;
    file->group_name = labels->groups ? memory_text(labels->groups) : NULL;
    file->classes = labels->classes;
    file->output = labels->output;
    file->ignored = labels->ignored;
    file->ignored_count = labels->ignored_count;
    file->selected = selected;
    if (open_and_check(file, inputs, input_count, labels->are_needed, err) == 0)
        return file;
    data_file_close(file);
    return NULL;
}

void data_file_close(struct data_file *file)
{
    if (!file)
        return;
    hdf5_reader_close(file->reader);
    for (int input = 0; input < file->input_count; input++)
        free(file->inputs[input].name);
    free(file->label_name);
    free(file->group_name);
    free(file->path);
    free(file);
}

size_t data_file_count(const struct data_file *file)
{
    return file->selected.count;
}

size_t data_file_group(const struct data_file *file)
{
    return file->group;
}

size_t data_file_unit(const struct data_file *file, size_t block)
{
    size_t a = block, b = file->group;

    while (b > 0) {
        size_t rest = a % b;

        a = b;
        b = rest;
    }
    return file->group > 0 ? block / a * file->group : block;
}

size_t data_file_first(const struct data_file *file)
{
    return file->selected.first;
}

const struct normalisation *data_file_normalisation(const struct data_file *file,
                                                    int input)
{
    return &file->inputs[input].normalisation;
}
