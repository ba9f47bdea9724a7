#include "core/format/hdf5_file.h"

#include "core/base/file_hint.h"
#include "core/base/memory.h"
#include "core/format/hdf5_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Decompressed chunks that HDF5 keeps: neighbouring blocks often share one. One chunk at least
 * stays, since it would be decompressed again for each piece that is read of it, up to a size. */
enum { CHUNK_CACHE_BYTES = 32 << 20, CHUNK_CACHE_BYTES_MOST = 1 << 30 };

/* Those of the inputs, labels and groups. */
enum { DATASETS_MOST = NETWORK_INPUTS_MAX + 2 };

struct hdf5_file {
    char *path; /* owned */
    hid_t file;
    hid_t datasets[DATASETS_MOST];
    char *names[DATASETS_MOST]; /* owned */
    int count;
};

/* ---- the file ------------------------------------------------------------------------------ */

static int open_file(struct hdf5_file *file, struct error *err)
{
    char hint[FILE_HINT_BYTES];
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return file_hint_refuse_to_open(file->path, EXIT_INPUT, err);
    close(descriptor);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Fis_hdf5(file->path) <= 0)
        return error_set(err, EXIT_INPUT, "%s is not an HDF5 file%s", file->path,
                         file_hint_kind(file->path, hint));
    file->file = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file->file < 0)
        return error_set(err, EXIT_INPUT,
                         "cannot open %s: it is damaged, cut short or being written",
                         file->path);
    return 0;
}

struct hdf5_file *hdf5_file_open(const char *path, struct error *err)
{
    struct hdf5_file *file = memory_zeroed(1, sizeof *file);

    file->path = memory_text(path);
    file->file = H5I_INVALID_HID;
    if (open_file(file, err) == 0)
        return file;
    hdf5_file_close(file);
    return NULL;
}

void hdf5_file_close(struct hdf5_file *file)
{
    if (!file)
        return;
    for (int i = 0; i < file->count; i++) {
        H5Dclose(file->datasets[i]);
        free(file->names[i]);
    }
    if (file->file >= 0)
        H5Fclose(file->file);
    free(file->path);
    free(file);
}

/* ---- datasets ------------------------------------------------------------------------------ */

static void describe_type(hid_t dataset, struct hdf5_dataset *about)
{
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = H5Tget_class(type);

    about->kind = class == H5T_INTEGER ? HDF5_INTEGERS
                  : class == H5T_FLOAT ? HDF5_FLOATS
                                       : HDF5_OTHER;
    about->bytes = H5Tget_size(type);
    about->is_signed = class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
    H5Tclose(type);
}

void hdf5_describe(hid_t dataset, struct hdf5_dataset *about)
{
    hid_t space = H5Dget_space(dataset);
    hsize_t sizes[HDF5_RANK_MAX];
    int rank = H5Sget_simple_extent_ndims(space);

    describe_type(dataset, about);
    memset(about->sizes, 0, sizeof about->sizes);
    if (rank < 1 || rank > HDF5_RANK_MAX ||
        H5Sget_simple_extent_dims(space, sizes, NULL) < 0)
        rank = -1;
    for (int i = 0; i < rank; i++)
        about->sizes[i] = sizes[i];
    about->rank = rank;
    H5Sclose(space);
}

bool hdf5_file_has(const struct hdf5_file *file, const char *name)
{
    hid_t dataset = H5Dopen2(file->file, name, H5P_DEFAULT);

    if (dataset >= 0)
        H5Dclose(dataset);
    return dataset >= 0;
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

size_t hdf5_file_chunks(const struct hdf5_file *file)
{
    size_t bytes = 0;

    for (int i = 0; i < file->count; i++)
        bytes += chunk_bytes(file->datasets[i]);
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

static hid_t open_dataset(hid_t file, const char *name)
{
    hid_t dataset = open_with_cache(file, name, CHUNK_CACHE_BYTES);
    size_t chunk = dataset >= 0 ? chunk_bytes(dataset) : 0;

    if (chunk <= CHUNK_CACHE_BYTES || chunk > CHUNK_CACHE_BYTES_MOST)
        return dataset;
    H5Dclose(dataset);
    return open_with_cache(file, name, chunk);
}

/* Why a dataset does not open: it is not there, is none, or this library cannot read how it is
 * stored. */
static int tell_why_closed(const struct hdf5_file *file, const char *name,
                           struct error *err)
{
    bool is_there = H5Lexists(file->file, name, H5P_DEFAULT) > 0;
    hid_t group = H5Gopen2(file->file, name, H5P_DEFAULT);
    char there[2048];

    hdf5_list_names(file->file, name, there, sizeof there);
    if (group >= 0) {
        H5Gclose(group);
        return error_set(err, EXIT_INPUT,
                         "%s: %s is a group, not a dataset; datasets in the file: %s",
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
    return error_set(err, EXIT_INPUT, "%s has no dataset %s; datasets in the file: %s",
                     file->path, name, there);
}

int hdf5_file_find(struct hdf5_file *file, const char *name,
                   struct hdf5_dataset *dataset, struct error *err)
{
    hid_t opened;

    if (file->count == DATASETS_MOST)
        return error_set(err, EXIT_INTERNAL, "%s: more than %d datasets are read",
                         file->path, DATASETS_MOST);
    opened = open_dataset(file->file, name);
    if (opened < 0)
        return tell_why_closed(file, name, err);
    hdf5_describe(opened, dataset);
    dataset->index = file->count;
    file->datasets[file->count] = opened;
    file->names[file->count++] = memory_text(name);
    return 0;
}

/* ---- attributes and rows ------------------------------------------------------------------- */

long long hdf5_attribute_count(hid_t attribute)
{
    hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    H5T_class_t class = H5Tget_class(type);
    long long count = H5Sget_simple_extent_npoints(space);

    H5Tclose(type);
    H5Sclose(space);
    return class == H5T_INTEGER || class == H5T_FLOAT ? count : -1;
}

static int read_numbers(const struct hdf5_file *file, hid_t attribute, const char *name,
                        const char *owner, struct hdf5_numbers *numbers,
                        struct error *err)
{
    long long count = hdf5_attribute_count(attribute);

    if (count < 0)
        return error_set(err, EXIT_INPUT, "%s: attribute %s of %s is not a number",
                         file->path, name, owner);
    if (count < 1 || count > HDF5_NUMBERS_MAX)
        return error_set(err, EXIT_INPUT,
                         "%s: attribute %s of %s holds %lld values; 1..%d are read",
                         file->path, name, owner, count, HDF5_NUMBERS_MAX);
    if (H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers->values) < 0)
        return error_set(err, EXIT_INPUT, "%s: attribute %s of %s cannot be read",
                         file->path, name, owner);
    numbers->count = (int)count;
    return 0;
}

int hdf5_file_attribute(const struct hdf5_file *file, int index, const char *name,
                        struct hdf5_numbers *numbers, struct error *err)
{
    hid_t object = index < 0 ? file->file : file->datasets[index];
    hid_t attribute;
    int status;

    numbers->count = 0;
    if (H5Aexists(object, name) <= 0)
        return 0;
    attribute = H5Aopen(object, name, H5P_DEFAULT);
    status = read_numbers(file, attribute, name,
                          index < 0 ? "the file" : file->names[index], numbers, err);
    H5Aclose(attribute);
    return status;
}

/* With a memory space of another rank HDF5 takes several times as long. */
static herr_t read_rows(hid_t dataset, const struct hdf5_dataset *about, size_t first,
                        size_t count, hid_t type, void *rows)
{
    hsize_t start[HDF5_RANK_MAX] = {first}, sizes[HDF5_RANK_MAX];
    hid_t from = H5Dget_space(dataset), to;
    herr_t status;

    for (int i = 0; i < about->rank; i++)
        sizes[i] = i == 0 ? count : about->sizes[i];
    to = H5Screate_simple(about->rank, sizes, NULL);
    status = H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, sizes, NULL);
    if (status >= 0)
        status = H5Dread(dataset, type, to, from, H5P_DEFAULT, rows);
    H5Sclose(to);
    H5Sclose(from);
    return status;
}

int hdf5_file_rows(const struct hdf5_file *file, int index, size_t first, size_t count,
                   enum hdf5_as as, size_t bytes, void *rows, struct error *err)
{
    hid_t type = as == HDF5_AS_FLOATS ? H5T_NATIVE_FLOAT : H5T_NATIVE_LLONG;
    struct hdf5_dataset about = {0};

    hdf5_describe(file->datasets[index], &about);
    if (about.rank >= 1 &&
        count * hdf5_dataset_row(&about) * H5Tget_size(type) <= bytes &&
        read_rows(file->datasets[index], &about, first, count, type, rows) >= 0)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s: cannot read %zu..%zu of %s; the file is damaged, or compressed "
        "in a way that this HDF5 library does not know",
        file->path, first, first + count - 1, file->names[index]);
}

void hdf5_file_list(const struct hdf5_file *file, char *text, size_t bytes)
{
    hdf5_list_content(file->file, file->path, text, bytes);
}

void hdf5_file_names(const struct hdf5_file *file, char *text, size_t bytes)
{
    hdf5_list_lines(file->file, text, bytes);
}
