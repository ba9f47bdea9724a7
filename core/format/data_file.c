#include "core/format/data_file.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/format/sample_shape.h"
#include "core/network/loss.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Samples are read in pieces of about this size, whatever the caller asks for at once.
 */
enum { PIECE_BYTES = 4 << 20 };
/* Decompressed chunks that HDF5 keeps: neighbouring blocks often share one. One chunk at least stays,
 * since it would be decompressed again for each piece that is read of it, up to a size. */
enum { CHUNK_CACHE_BYTES = 32 << 20, CHUNK_CACHE_BYTES_MOST = 1 << 30 };
enum { RANK_MAX = 1 + TENSOR_RANK_MAX };

struct data_file {
    char *path;        /* owned */
    char *sample_name; /* owned, dataset */
    char *label_name;  /* owned, dataset */
    hid_t file;
    hid_t samples;
    hid_t labels;
    const struct tensor *input; /* of the network; borrowed */
    int classes;
    size_t first; /* the selection, in samples of the file */
    size_t count;
    struct normalisation normalisation;
    int channel_axis;   /* of the input's dims: along which means and stds lie */
    bool divide_by_255; /* instead of a product with scale, see normalise() */
};

static size_t sample_size(const struct data_file *file)
{
    return file->input->count;
}

/* ---- the file and its datasets ---- */

static int open_file(struct data_file *file, struct error *err)
{
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", file->path,
                         strerror(errno));
    close(descriptor);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Fis_hdf5(file->path) <= 0)
        return error_set(err, EXIT_INPUT, "%s is not an HDF5 file", file->path);
    file->file = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file->file < 0)
        return error_set(err, EXIT_INPUT,
                         "cannot open %s: it is damaged, cut short or being written",
                         file->path);
    return 0;
}

/* Writes the names of the datasets at the top level, "/images, /labels", as many as
 * fit. */
static void list_datasets(hid_t file, char *text, size_t bytes)
{
    H5G_info_t group;
    size_t used = 0;

    snprintf(text, bytes, "none");
    if (H5Gget_info(file, &group) < 0)
        return;
    for (hsize_t link = 0; link < group.nlinks; link++) {
        char name[128];
        hid_t object = H5I_INVALID_HID;

        if (H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, link, name,
                               sizeof name, H5P_DEFAULT) >= 0)
            object = H5Oopen(file, name, H5P_DEFAULT);
        if (object < 0)
            continue;
        if (H5Iget_type(object) == H5I_DATASET &&
            used + strlen(name) + sizeof ", /" <= bytes)
            used += (size_t)snprintf(text + used, bytes - used, "%s/%s",
                                     used ? ", " : "", name);
        H5Oclose(object);
    }
}

/* Bytes of a chunk; 0 where the dataset is not stored in chunks. */
static size_t chunk_bytes(hid_t dataset)
{
    hid_t plan = H5Dget_create_plist(dataset);
    hid_t type = H5Dget_type(dataset);
    hsize_t sizes[H5S_MAX_RANK];
    int rank = H5Pget_layout(plan) == H5D_CHUNKED
                   ? H5Pget_chunk(plan, H5S_MAX_RANK, sizes)
                   : 0;
    size_t bytes = rank > 0 ? H5Tget_size(type) : 0;

    for (int i = 0; i < rank; i++)
        bytes *= sizes[i];
    H5Tclose(type);
    H5Pclose(plan);
    return bytes;
}

static hid_t open_with_cache(hid_t file, const char *name, size_t bytes)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    hid_t dataset;

    H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, bytes,
                       H5D_CHUNK_CACHE_W0_DEFAULT);
    dataset = H5Dopen2(file, name, access);
    H5Pclose(access);
    return dataset;
}

/* Why a dataset does not open: it is not there, is none, or this library cannot read how it is stored. */
static int tell_why_closed(const struct data_file *file, const char *name,
                           struct error *err)
{
    bool is_there = H5Lexists(file->file, name, H5P_DEFAULT) > 0;
    hid_t group = is_there ? H5Gopen2(file->file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    char there[1024];

    list_datasets(file->file, there, sizeof there);
    if (group >= 0) {
        H5Gclose(group);
        return error_set(err, EXIT_INPUT,
                         "%s: %s is a group, not a dataset; datasets at its top level: "
                         "%s",
                         file->path, name, there);
    }
    if (is_there)
        return error_set(
            err, EXIT_INPUT,
            "%s has %s, but HDF5 %d.%d.%d, which calq uses, cannot open it: its format "
            "is newer, or it is damaged; write it again for older libraries, with "
            "`h5repack --high=2` of a newer HDF5 or in Python with "
            "h5py.File(name, \"w\", libver=(\"earliest\", \"v110\"))",
            file->path, name, H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
    return error_set(err, EXIT_INPUT,
                     "%s has no dataset %s; datasets at its top level: %s", file->path,
                     name, there);
}

static int open_dataset(const struct data_file *file, const char *name, hid_t *dataset,
                        struct error *err)
{
    size_t chunk;

    *dataset = open_with_cache(file->file, name, CHUNK_CACHE_BYTES);
    if (*dataset < 0)
        return tell_why_closed(file, name, err);
    chunk = chunk_bytes(*dataset);
    if (chunk > CHUNK_CACHE_BYTES && chunk <= CHUNK_CACHE_BYTES_MOST) {
        H5Dclose(*dataset);
        *dataset = open_with_cache(file->file, name, chunk);
    }
    return *dataset >= 0 ? 0 : tell_why_closed(file, name, err);
}

/* Gives the sizes [rank] of a dataset, and 0 for those beyond; -1 when the rank is not
 * in 1..RANK_MAX. */
static int dataset_sizes(hid_t dataset, hsize_t sizes[RANK_MAX])
{
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_ndims(space);

    memset(sizes, 0, RANK_MAX * sizeof *sizes);
    if (rank < 1 || rank > RANK_MAX ||
        H5Sget_simple_extent_dims(space, sizes, NULL) < 0)
        rank = -1;
    H5Sclose(space);
    return rank;
}

struct element {
    H5T_class_t class;
    size_t bytes;
    bool is_signed;
};

static struct element dataset_element(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    struct element element = {H5Tget_class(type), H5Tget_size(type), false};

    if (element.class == H5T_INTEGER)
        element.is_signed = H5Tget_sign(type) == H5T_SGN_2;
    H5Tclose(type);
    return element;
}

static const char *element_text(struct element element, char text[64])
{
    if (element.class == H5T_INTEGER)
        snprintf(text, 64, "%zu-bit %s integers", element.bytes * 8,
                 element.is_signed ? "signed" : "unsigned");
    else if (element.class == H5T_FLOAT)
        snprintf(text, 64, "%zu-bit floats", element.bytes * 8);
    else
        snprintf(text, 64, "something else than numbers");
    return text;
}

/* "[9889, 3, 32, 32]", or a word about it. A size has at most 20 digits. */
enum { SHAPE_TEXT_BYTES = RANK_MAX * 22 + 2 };

static const char *shape_text(hid_t dataset, char text[SHAPE_TEXT_BYTES])
{
    hsize_t sizes[RANK_MAX];
    int rank = dataset_sizes(dataset, sizes);
    int used = 0;

    if (rank < 0)
        return "of another rank";
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, SHAPE_TEXT_BYTES - (size_t)used, "%s%llu",
                         i ? ", " : "[", (unsigned long long)sizes[i]);
    snprintf(text + used, SHAPE_TEXT_BYTES - (size_t)used, "]");
    return text;
}

/* ---- what open checks ---- */

static int check_samples(const struct data_file *file, size_t *count, struct error *err)
{
    struct element element = dataset_element(file->samples);
    hsize_t sizes[RANK_MAX];
    int rank = dataset_sizes(file->samples, sizes);
    char text[SHAPE_TEXT_BYTES];

    if (!(element.class == H5T_INTEGER && element.bytes == 1 && !element.is_signed) &&
        !(element.class == H5T_FLOAT && (element.bytes == 4 || element.bytes == 8)))
        return error_set(
            err, EXIT_INPUT,
            "%s: %s holds %s; samples must be 8-bit unsigned integers, 32-bit "
            "floats or 64-bit floats",
            file->path, file->sample_name, element_text(element, text));
    if (!sample_shape_fits(file->input, rank, sizes)) {
        char dims[SAMPLE_SHAPE_TEXT_BYTES];

        sample_shape_text(file->input, dims);
        return error_set(err, EXIT_INPUT,
                         "%s: %s is %s, but the network takes samples of [%s], so "
                         "[N, %s] or [N, %zu] is needed",
                         file->path, file->sample_name, shape_text(file->samples, text),
                         dims, dims, sample_size(file));
    }
    *count = sizes[0];
    return 0;
}

static int check_label_shape(const struct data_file *file, size_t sample_count,
                             struct error *err)
{
    struct element element = dataset_element(file->labels);
    hsize_t sizes[RANK_MAX];
    int rank = dataset_sizes(file->labels, sizes);
    char text[SHAPE_TEXT_BYTES];

    if (element.class != H5T_INTEGER)
        return error_set(err, EXIT_INPUT, "%s: %s holds %s; labels must be integers",
                         file->path, file->label_name, element_text(element, text));
    if (rank != 1 && !(rank == 2 && sizes[1] == 1))
        return error_set(err, EXIT_INPUT, "%s: %s is %s; labels must be [N] or [N, 1]",
                         file->path, file->label_name, shape_text(file->labels, text));
    if (sizes[0] != sample_count)
        return error_set(err, EXIT_INPUT,
                         "%s: %s holds %zu samples but %s holds %llu labels",
                         file->path, file->sample_name, sample_count, file->label_name,
                         (unsigned long long)sizes[0]);
    return 0;
}

static int select_range(struct data_file *file, struct sample_range range,
                        size_t sample_count, struct error *err)
{
    if (sample_count == 0)
        return error_set(err, EXIT_INPUT, "%s: %s holds no samples", file->path,
                         file->sample_name);
    if (range.count == SIZE_MAX && range.first < sample_count)
        range.count = sample_count - range.first;
    if (range.count == 0)
        return error_set(err, EXIT_INPUT, "no samples of %s are selected", file->path);
    if (range.first >= sample_count || range.count > sample_count - range.first)
        return error_set(
            err, EXIT_INPUT,
            "samples %zu..%zu are selected, but %s holds only %zu samples (%s)",
            range.first,
            range.count == SIZE_MAX ? range.first : range.first + (range.count - 1),
            file->path, sample_count, file->sample_name);
    file->first = range.first;
    file->count = range.count;
    return 0;
}

/* ---- normalisation ---- */

struct constants { /* scale, mean or std, and where it was found */
    const char *name;
    const char *owner; /* for sentences */
    double values[CONFIG_CHANNELS_MAX];
    int count;
};

static int read_attribute(const struct data_file *file, hid_t object,
                          struct constants *constants, struct error *err)
{
    hid_t attribute = H5Aopen(object, constants->name, H5P_DEFAULT);
    hid_t space = H5Aget_space(attribute);
    hid_t type = H5Aget_type(attribute);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5T_class_t class = H5Tget_class(type);
    int status = -1;

    if (class != H5T_INTEGER && class != H5T_FLOAT)
        error_set(err, EXIT_INPUT, "%s: attribute %s of %s is not a number", file->path,
                  constants->name, constants->owner);
    else if (count < 1 || count > CONFIG_CHANNELS_MAX)
        error_set(err, EXIT_INPUT,
                  "%s: attribute %s of %s holds %lld values; 1..%d are read",
                  file->path, constants->name, constants->owner, (long long)count,
                  CONFIG_CHANNELS_MAX);
    else if (H5Aread(attribute, H5T_NATIVE_DOUBLE, constants->values) < 0)
        error_set(err, EXIT_INPUT, "%s: attribute %s of %s cannot be read", file->path,
                  constants->name, constants->owner);
    else
        status = 0;
    constants->count = (int)count;
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return status;
}

/* From the configuration, else the dataset's attribute, else the file's, else
 * `fallback`. */
static int find_constants(const struct data_file *file, const double *configured,
                          int configured_count, double fallback,
                          struct constants *constants, struct error *err)
{
    constants->owner = "the configuration";
    constants->count = configured_count;
    if (configured_count > 0) {
        memcpy(constants->values, configured,
               (size_t)configured_count * sizeof *configured);
        return 0;
    }
    constants->owner = file->sample_name;
    if (H5Aexists(file->samples, constants->name) > 0)
        return read_attribute(file, file->samples, constants, err);
    constants->owner = "the file";
    if (H5Aexists(file->file, constants->name) > 0)
        return read_attribute(file, file->file, constants, err);
    constants->values[0] = fallback;
    constants->count = 1;
    return 0;
}

static int check_constants(const struct data_file *file,
                           const struct constants *constants, int channels,
                           bool positive, struct error *err)
{
    char needed[32] = "1 is";

    if (channels > 1)
        snprintf(needed, sizeof needed, "1 or %d are", channels);
    if (constants->count != 1 && constants->count != channels)
        return error_set(err, EXIT_INPUT, "%s: %s of %s holds %d values, but %s needed",
                         file->path, constants->name, constants->owner,
                         constants->count, needed);
    for (int i = 0; i < constants->count; i++) {
        float value = (float)constants->values[i];

        if (!isfinite(value) || (positive && value <= 0))
            return error_set(err, EXIT_INPUT,
                             "%s: %s of %s is %g; it must be a %snumber", file->path,
                             constants->name, constants->owner, constants->values[i],
                             positive ? "positive " : "finite ");
    }
    return 0;
}

static int find_normalisation(struct data_file *file, const struct config_model *model,
                              struct error *err)
{
    struct normalisation *normalisation = &file->normalisation;
    bool is_u8 = dataset_element(file->samples).class == H5T_INTEGER;
    struct constants scale = {.name = "scale"};
    struct constants mean = {.name = "mean"};
    struct constants std = {.name = "std"};
    int channels;

    if (find_constants(file, &model->scale, !isnan(model->scale),
                       is_u8 ? 1.0 / 255.0 : 1.0, &scale, err) < 0 ||
        find_constants(file, model->mean, model->mean_count, 0, &mean, err) < 0 ||
        find_constants(file, model->std, model->std_count, 1, &std, err) < 0)
        return -1;
    file->channel_axis = sample_shape_axis_of(
        file->input, mean.count > std.count ? mean.count : std.count);
    channels = file->input->rank > 0 ? file->input->dims[file->channel_axis] : 1;
    if (check_constants(file, &scale, 1, true, err) < 0 ||
        check_constants(file, &mean, channels, false, err) < 0 ||
        check_constants(file, &std, channels, true, err) < 0)
        return -1;
    normalisation->scale = (float)scale.values[0];
    normalisation->channels = mean.count > std.count ? mean.count : std.count;
    for (int channel = 0; channel < normalisation->channels; channel++) {
        normalisation->mean[channel] = (float)mean.values[mean.count > 1 ? channel : 0];
        normalisation->std[channel] = (float)std.values[std.count > 1 ? channel : 0];
    }
    file->divide_by_255 = fabs(scale.values[0] * 255 - 1) <= 1e-6;
    return 0;
}

/* Normalises values that share their constants.
 *
 * A scale of 1/255, exact or rounded as 0.003921569, means "divide by 255": that is how
 * networks are trained, and the product differs from the quotient in the last place. */
static void normalise_run(const struct data_file *file, float *values, size_t count,
                          size_t constant)
{
    const struct normalisation *normalisation = &file->normalisation;
    float mean = normalisation->mean[constant];
    float std = normalisation->std[constant];

    for (size_t i = 0; i < count; i++) {
        float scaled =
            file->divide_by_255 ? values[i] / 255.0f : values[i] * normalisation->scale;

        values[i] = (scaled - mean) / std;
    }
}

/* Normalises one sample, in the order of the file. */
static void normalise(const struct data_file *file, float *sample)
{
    const struct tensor *input = file->input;
    size_t count = (size_t)file->normalisation.channels, inner = 1;

    if (count == 1) {
        normalise_run(file, sample, sample_size(file), 0);
        return;
    }
    for (int i = file->channel_axis + 1; i < input->rank; i++)
        inner *= (size_t)input->dims[i];
    for (size_t run = 0; run < sample_size(file) / inner; run++)
        normalise_run(file, sample + run * inner, inner, run % count);
}

/* ---- reading ---- */

/* Reads rows [first, first + count) of the file's dataset into `out` as `type`. */
static int read_rows(const struct data_file *file, hid_t dataset, const char *name,
                     size_t first, size_t count, hid_t type, void *out,
                     struct error *err)
{
    hsize_t start[RANK_MAX] = {first};
    hsize_t sizes[RANK_MAX];
    int rank = dataset_sizes(dataset, sizes);
    hid_t from = H5Dget_space(dataset);
    hid_t to;
    herr_t status;

    sizes[0] = count;
    /* With a memory space of another rank HDF5 takes several times as long. */
    to = H5Screate_simple(rank, sizes, NULL);
    status = H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, sizes, NULL);
    if (status >= 0)
        status = H5Dread(dataset, type, to, from, H5P_DEFAULT, out);
    H5Sclose(to);
    H5Sclose(from);
    if (status < 0)
        return error_set(
            err, EXIT_INPUT,
            "%s: cannot read %zu..%zu of %s; the file is damaged, or compressed "
            "in a way that this HDF5 library does not know",
            file->path, first, first + count - 1, name);
    return 0;
}

/* Reads labels from the selection, in range or an error; NO_LABEL where the file has none. */
static int read_labels(const struct data_file *file, size_t first, size_t count,
                       int32_t *labels, struct error *err)
{
    enum { PIECE = 1024 };
    long long stored[PIECE];

    if (file->labels < 0) {
        for (size_t i = 0; labels && i < count; i++)
            labels[i] = NO_LABEL;
        return 0;
    }

    for (size_t done = 0; done < count; done += PIECE) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        size_t row = file->first + first + done;

        if (read_rows(file, file->labels, file->label_name, row, piece,
                      H5T_NATIVE_LLONG, stored, err) < 0)
            return -1;
        for (size_t i = 0; i < piece; i++) {
            if (stored[i] < 0 || stored[i] >= file->classes)
                return error_set(
                    err, EXIT_INPUT,
                    "%s: sample %zu has the label %lld (%s), but the network "
                    "has the classes 0..%d",
                    file->path, row + i, stored[i], file->label_name,
                    file->classes - 1);
            if (labels)
                labels[done + i] = (int32_t)stored[i];
        }
    }
    return 0;
}

/* Finite, or an error; and -0 becomes 0, so that equal samples have equal hashes. */
static int check_values(const struct data_file *file, size_t row, float *stored,
                        struct error *err)
{
    for (size_t i = 0; i < sample_size(file); i++) {
        if (!isfinite(stored[i]))
            return error_set(err, EXIT_INPUT, "%s: sample %zu of %s holds %s",
                             file->path, row, file->sample_name,
                             isnan(stored[i]) ? "a NaN" : "an infinite value");
        stored[i] += 0.0f;
    }
    return 0;
}

/* Reads one piece of samples from the selection into `stored` and from there to the
 * outputs. */
static int read_piece(const struct data_file *file, size_t first, size_t count,
                      float *stored, float *values, uint64_t *hashes, struct error *err)
{
    size_t size = sample_size(file);
    size_t row = file->first + first;

    if (read_rows(file, file->samples, file->sample_name, row, count, H5T_NATIVE_FLOAT,
                  stored, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (check_values(file, row + i, stored + i * size, err) < 0)
            return -1;
        if (hashes)
            hashes[i] = hash_bytes(stored + i * size, size * sizeof *stored, 0);
        if (!values)
            continue;
        normalise(file, stored + i * size);
        sample_shape_store(file->input, stored + i * size, values + i * size);
    }
    return 0;
}

int data_file_read(struct data_file *file, size_t first, size_t count, float *values,
                   int32_t *labels, uint64_t *hashes, struct error *err)
{
    size_t size = sample_size(file);
    size_t piece = PIECE_BYTES / (size * sizeof(float)) + 1;
    float *stored;
    int status = 0;

    assert(first <= file->count && count <= file->count - first);
    if (labels && read_labels(file, first, count, labels, err) < 0)
        return -1;
    if (!values && !hashes)
        return 0;
    stored = memory_get((piece < count ? piece : count) * size * sizeof *stored);
    for (size_t done = 0; done < count && status == 0; done += piece) {
        size_t samples = count - done < piece ? count - done : piece;

        status = read_piece(file, first + done, samples, stored,
                            values ? values + done * size : NULL,
                            hashes ? hashes + done : NULL, err);
    }
    free(stored);
    return status;
}

/* ---- life ---- */

static bool has_dataset(const struct data_file *file, const char *name)
{
    hid_t dataset = H5Dopen2(file->file, name, H5P_DEFAULT);

    if (dataset >= 0)
        H5Dclose(dataset);
    return dataset >= 0;
}

static int open_labels(struct data_file *file, bool needs_labels, size_t sample_count,
                       struct error *err)
{
    if (file->classes < 2 || (!needs_labels && !has_dataset(file, file->label_name)))
        return 0;
    if (open_dataset(file, file->label_name, &file->labels, err) < 0)
        return -1;
    return check_label_shape(file, sample_count, err);
}

static int open_and_check(struct data_file *file, const struct config_model *model,
                          const struct config_data *data, bool needs_labels,
                          struct error *err)
{
    size_t count = 0;

    if (open_file(file, err) < 0 ||
        open_dataset(file, file->sample_name, &file->samples, err) < 0 ||
        check_samples(file, &count, err) < 0 ||
        open_labels(file, needs_labels, count, err) < 0 ||
        select_range(file, data->samples, count, err) < 0 ||
        find_normalisation(file, model, err) < 0)
        return -1;
    return read_labels(file, 0, file->count, NULL, err);
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
    file->file = file->samples = file->labels = H5I_INVALID_HID;
    file->input = input;
    file->classes = classes;
    if (open_and_check(file, model, data, needs_labels, err) == 0)
        return file;
    data_file_close(file);
    return NULL;
}

void data_file_close(struct data_file *file)
{
    if (!file)
        return;
    if (file->labels >= 0)
        H5Dclose(file->labels);
    if (file->samples >= 0)
        H5Dclose(file->samples);
    if (file->file >= 0)
        H5Fclose(file->file);
    free(file->label_name);
    free(file->sample_name);
    free(file->path);
    free(file);
}

size_t data_file_count(const struct data_file *file)
{
    return file->count;
}

size_t data_file_first(const struct data_file *file)
{
    return file->first;
}

const struct normalisation *data_file_normalisation(const struct data_file *file)
{
    return &file->normalisation;
}
