#include "core/format/hdf5_writer.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/format/hdf5_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATASETS_MOST = 8 };

struct hdf5_writer {
    char *path, *draft; /* owned */
    hid_t file;
    hid_t datasets[DATASETS_MOST];
    int count;
};

/* ---- the file ------------------------------------------------------------------------------ */

static int tell(const struct hdf5_writer *writer, const char *what, struct error *err)
{
    return error_set(err, EXIT_MACHINE,
                     "cannot write %s: HDF5 fails with %s; is the disk full?",
                     writer->draft, what);
}

static char *draft_of(const char *path)
{
    char *draft = memory_get(strlen(path) + sizeof ".draft");

    sprintf(draft, "%s.draft", path);
    return draft;
}

static void forget(struct hdf5_writer *writer)
{
    free(writer->path);
    free(writer->draft);
    free(writer);
}

/* HDF5 says why in a stack of its own: the system says it in a word. */
static int try_to_write(const char *path, struct error *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (file < 0)
        return error_set(err, EXIT_MACHINE, "cannot write %s: %s", path,
                         strerror(errno));
    close(file);
    return 0;
}

struct hdf5_writer *hdf5_writer_open(const char *path, struct error *err)
{
    struct hdf5_writer *writer = memory_zeroed(1, sizeof *writer);

    writer->path = memory_text(path);
    writer->draft = draft_of(path);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (draft_check(path, err) == 0 && try_to_write(writer->draft, err) == 0) {
        writer->file =
            H5Fcreate(writer->draft, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        if (writer->file >= 0)
            return writer;
        error_set(err, EXIT_MACHINE,
                  "cannot write %s: HDF5 cannot create it; does its file system know "
                  "locks? If not, set HDF5_USE_FILE_LOCKING=FALSE",
                  writer->draft);
        unlink(writer->draft);
    }
    forget(writer);
    return NULL;
}

/* Until the bytes are on the disk, and under the name that others know. */
static int publish(const struct hdf5_writer *writer, struct error *err)
{
    int file = open(writer->draft, O_RDONLY | O_CLOEXEC);
    int status = file >= 0 && fsync(file) == 0 ? 0 : -1;

    if (file >= 0)
        close(file);
    if (status == 0 && rename(writer->draft, writer->path) == 0)
        return 0;
    return error_set(err, EXIT_MACHINE, "cannot write %s: %s", writer->path,
                     strerror(errno));
}

int hdf5_writer_close(struct hdf5_writer *writer, int status, struct error *err)
{
    if (!writer)
        return status;
    for (int i = 0; i < writer->count; i++)
        if (H5Dclose(writer->datasets[i]) < 0 && status == 0)
            status = tell(writer, "the end of a dataset", err);
    if (H5Fclose(writer->file) < 0 && status == 0)
        status = tell(writer, "the end of the file", err);
    if (status == 0)
        status = publish(writer, err);
    if (status != 0)
        unlink(writer->draft);
    forget(writer);
    return status;
}

/* ---- datasets ------------------------------------------------------------------------------ */

static hid_t stored_type(const struct hdf5_dataset *about)
{
    if (about->kind == HDF5_FLOATS)
        return H5T_IEEE_F32LE;
    if (about->bytes == 1)
        return about->is_signed ? H5T_STD_I8LE : H5T_STD_U8LE;
    return about->bytes == 8 ? H5T_STD_I64LE : H5T_STD_I32LE;
}

static hid_t memory_type(const struct hdf5_dataset *about)
{
    if (about->kind == HDF5_FLOATS)
        return H5T_NATIVE_FLOAT;
    if (about->bytes == 1)
        return about->is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    return about->bytes == 8 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
}

static void sizes_of(const struct hdf5_dataset *about, size_t rows, hsize_t *sizes)
{
    sizes[0] = rows;
    for (int i = 1; i < about->rank; i++)
        sizes[i] = about->sizes[i];
}

static hid_t plan_of(const struct hdf5_dataset *about, size_t chunk_rows, int gzip)
{
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t sizes[HDF5_RANK_MAX];

    sizes_of(about, chunk_rows, sizes);
    H5Pset_chunk(plan, about->rank, sizes);
    if (gzip > 0) {
        if (about->bytes > 1)
            H5Pset_shuffle(plan);
        H5Pset_deflate(plan, (unsigned)gzip);
    }
    return plan;
}

/* With the groups above it. */
static hid_t create(hid_t file, const struct hdf5_dataset *about, hid_t plan)
{
    hsize_t sizes[HDF5_RANK_MAX], most[HDF5_RANK_MAX];
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space, dataset;

    sizes_of(about, 0, sizes);
    sizes_of(about, 0, most);
    most[0] = H5S_UNLIMITED;
    space = H5Screate_simple(about->rank, sizes, most);
    H5Pset_create_intermediate_group(links, 1);
    dataset = H5Dcreate2(file, about->name, stored_type(about), space, links, plan,
                         H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(links);
    return dataset;
}

int hdf5_writer_add(struct hdf5_writer *writer, struct hdf5_dataset *about,
                    size_t chunk_rows, int gzip, struct error *err)
{
    hid_t plan, dataset;

    if (writer->count == DATASETS_MOST)
        return error_set(err, EXIT_INTERNAL, "%s: more than %d datasets", writer->path,
                         DATASETS_MOST);
    plan = plan_of(about, chunk_rows, gzip);
    dataset = create(writer->file, about, plan);
    H5Pclose(plan);
    if (dataset < 0)
        return error_set(err, EXIT_MACHINE,
                         "%s: HDF5 cannot make the dataset %s; is it there already?",
                         writer->path, about->name);
    about->sizes[0] = 0;
    about->index = writer->count;
    writer->datasets[writer->count++] = dataset;
    return 0;
}

static herr_t write_rows(hid_t dataset, const struct hdf5_dataset *about,
                         const void *rows, size_t first, size_t count)
{
    hsize_t start[HDF5_RANK_MAX] = {first}, sizes[HDF5_RANK_MAX], whole[HDF5_RANK_MAX];
    hid_t from, to;
    herr_t status;

    sizes_of(about, count, sizes);
    sizes_of(about, first + count, whole);
    if (H5Dset_extent(dataset, whole) < 0)
        return -1;
    to = H5Dget_space(dataset);
    from = H5Screate_simple(about->rank, sizes, NULL);
    status = H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, sizes, NULL);
    if (status >= 0)
        status = H5Dwrite(dataset, memory_type(about), from, to, H5P_DEFAULT, rows);
    H5Sclose(from);
    H5Sclose(to);
    return status;
}

int hdf5_writer_append(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                       const void *rows, size_t count, struct error *err)
{
    hid_t dataset = writer->datasets[about->index];
    struct hdf5_dataset now = {0};

    hdf5_describe(dataset, &now);
    if (write_rows(dataset, about, rows, (size_t)now.sizes[0], count) < 0)
        return tell(writer, about->name, err);
    return 0;
}

/* ---- attributes ---------------------------------------------------------------------------- */

static int write_attribute(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                           const char *name, hid_t type, hid_t space,
                           const void *values, struct error *err)
{
    hid_t object = about ? writer->datasets[about->index] : writer->file;
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t status = attribute >= 0 ? H5Awrite(attribute, type, values) : -1;

    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return status >= 0 ? 0 : tell(writer, name, err);
}

int hdf5_writer_numbers(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                        const char *name, const struct hdf5_numbers *numbers,
                        struct error *err)
{
    hsize_t count = (hsize_t)numbers->count;

    return write_attribute(writer, about, name, H5T_NATIVE_DOUBLE,
                           H5Screate_simple(1, &count, NULL), numbers->values, err);
}

int hdf5_writer_text(struct hdf5_writer *writer, const struct hdf5_dataset *about,
                     const char *name, const char *text, struct error *err)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    int status;

    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    status =
        write_attribute(writer, about, name, type, H5Screate(H5S_SCALAR), text, err);
    H5Tclose(type);
    return status;
}

/* ---- the library --------------------------------------------------------------------------- */

void hdf5_writer_versions(char compiled[HDF5_VERSION_BYTES],
                          char running[HDF5_VERSION_BYTES])
{
    unsigned major = 0, minor = 0, release = 0;

    H5get_libversion(&major, &minor, &release);
    snprintf(compiled, HDF5_VERSION_BYTES, "%d.%d.%d", H5_VERS_MAJOR, H5_VERS_MINOR,
             H5_VERS_RELEASE);
    snprintf(running, HDF5_VERSION_BYTES, "%u.%u.%u", major, minor, release);
}
