#include "core/format/hdf5_inside.h"

#include "core/base/memory.h"
#include "core/format/config_errors.h"
#include "core/format/hdf5_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- all datasets -------------------------------------------------------------------------- */

/* Groups may hold each other, and many links. */
enum { DEPTH_MOST = 8, LINKS_MOST = 10000 };

struct walk {
    /* What this library cannot open is negative. */
    void (*visit)(void *context, const char *path, hid_t dataset);
    void *context;
    int links_left;
};

/* "PATH/NAME" of a link, to be freed; NULL where it cannot be read. */
static char *link_path(hid_t group, const char *path, hsize_t link)
{
    ssize_t bytes = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, link,
                                       NULL, 0, H5P_DEFAULT);
    size_t before = strlen(path) + 1;
    char *name;

    if (bytes <= 0)
        return NULL;
    name = memory_zeroed(before + (size_t)bytes + 1, 1);
    sprintf(name, "%s/", path);
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, link, name + before,
                       (size_t)bytes + 1, H5P_DEFAULT);
    return name;
}

static void walk_group(struct walk *walk, hid_t group, const char *path, int depth)
{
    H5G_info_t about;

    if (depth > DEPTH_MOST || H5Gget_info(group, &about) < 0)
        return;
    for (hsize_t link = 0; link < about.nlinks && walk->links_left-- > 0; link++) {
        char *name = link_path(group, path, link);
        hid_t object = name ? H5Oopen(group, name + strlen(path) + 1, H5P_DEFAULT) : -1;

        if (name && (object < 0 || H5Iget_type(object) == H5I_DATASET))
            walk->visit(walk->context, name, object);
        else if (object >= 0 && H5Iget_type(object) == H5I_GROUP)
            walk_group(walk, object, name, depth + 1);
        if (object >= 0)
            H5Oclose(object);
        free(name);
    }
}

static void walk_file(hid_t file, void *context,
                      void (*visit)(void *context, const char *path, hid_t dataset))
{
    struct walk walk = {visit, context, LINKS_MOST};
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);

    if (root < 0)
        return;
    walk_group(&walk, root, "", 0);
    H5Gclose(root);
}

/* ---- names, for sentences ------------------------------------------------------------------ */

struct names {
    char **list; /* owned, and each of them */
    size_t count;
};

static void take_name(void *context, const char *path, hid_t dataset)
{
    struct names *names = context;

    if (dataset < 0)
        return;
    names->list = memory_resize(names->list, (names->count + 1) * sizeof *names->list);
    names->list[names->count++] = memory_text(path);
}

static void write_names(const struct names *names, const char *wanted, char *text,
                        size_t bytes)
{
    enum { LONG_ENOUGH = 5, ROOM_FOR_WORDS = 128 };
    const char *nearest =
        strlen(wanted) < LONG_ENOUGH
            ? NULL
            : config_nearest(wanted, (const char *const *)names->list, names->count);
    FILE *out = fmemopen(text, bytes, "w");
    size_t told = 0, used = nearest ? strlen(nearest) : 0;

    for (; told < names->count; told++) {
        used += strlen(names->list[told]) + 2;
        if (used + ROOM_FOR_WORDS > bytes)
            break;
        fprintf(out, "%s%s", told ? ", " : "", names->list[told]);
    }
    if (names->count == 0)
        fputs("none; name another file", out);
    if (told < names->count)
        fprintf(out, "%s%zu more", told ? " and " : "", names->count - told);
    if (nearest)
        fprintf(out, "; did you mean %s?", nearest);
    else if (names->count)
        fputs("; name one of them in `inputs`, `labels` or `groups`", out);
    fclose(out);
}

void hdf5_list_names(hid_t file, const char *wanted, char *text, size_t bytes)
{
    struct names names = {0};

    walk_file(file, &names, take_name);
    write_names(&names, wanted, text, bytes);
    for (size_t i = 0; i < names.count; i++)
        free(names.list[i]);
    free(names.list);
}

void hdf5_list_lines(hid_t file, char *text, size_t bytes)
{
    struct names names = {0};
    size_t used = 0;

    walk_file(file, &names, take_name);
    *text = '\0';
    for (size_t i = 0; i < names.count; i++) {
        if (used + strlen(names.list[i]) + 2 <= bytes)
            used += (size_t)sprintf(text + used, "%s\n", names.list[i]);
        free(names.list[i]);
    }
    free(names.list);
}

/* ---- a table, for people ------------------------------------------------------------------- */

enum { COLUMN_BYTES = 256 };

/* [N, ...], or what else it is. */
static const char *shape_of(hid_t dataset, const struct hdf5_dataset *about,
                            char text[HDF5_SHAPE_TEXT_BYTES])
{
    hid_t space = H5Dget_space(dataset);
    H5S_class_t class = H5Sget_simple_extent_type(space);
    int rank = H5Sget_simple_extent_ndims(space);

    H5Sclose(space);
    if (class == H5S_NULL)
        return "nothing";
    if (class == H5S_SCALAR)
        return "one value";
    if (about->rank > 0)
        return hdf5_shape_text(about, text);
    snprintf(text, HDF5_SHAPE_TEXT_BYTES, "%d dimensions", rank);
    return text;
}

static const char *type_of(hid_t dataset, const struct hdf5_dataset *about,
                           char text[HDF5_KIND_TEXT_BYTES])
{
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = H5Tget_class(type);

    H5Tclose(type);
    if (class == H5T_STRING)
        return "text";
    if (class == H5T_COMPOUND)
        return "compound";
    return hdf5_kind_text(about, text);
}

static void write_filter(hid_t plan, unsigned number, FILE *out)
{
    unsigned flags, settings[8] = {0};
    size_t count = sizeof settings / sizeof *settings;
    char name[64] = "";
    H5Z_filter_t filter =
        H5Pget_filter2(plan, number, &flags, &count, settings, sizeof name, name, NULL);

    if (filter == H5Z_FILTER_DEFLATE)
        fprintf(out, ", gzip %u", settings[0]);
    else if (name[0])
        fprintf(out, ", %s", name);
    else
        fprintf(out, ", filter %d", (int)filter);
    if (filter < 0 || H5Zfilter_avail(filter) <= 0)
        fputs(" (which this HDF5 library does not have)", out);
}

/* "chunks [64, 1, 24, 24], shuffle, gzip 4" */
static void write_storage(hid_t dataset, FILE *out)
{
    hid_t plan = H5Dget_create_plist(dataset);
    hsize_t sizes[H5S_MAX_RANK];
    int filters = H5Pget_nfilters(plan);

    if (H5Pget_layout(plan) == H5D_CHUNKED) {
        int rank = H5Pget_chunk(plan, H5S_MAX_RANK, sizes);

        fputs("chunks ", out);
        for (int i = 0; i < rank; i++)
            fprintf(out, "%s%llu", i ? ", " : "[", (unsigned long long)sizes[i]);
        fputc(']', out);
        for (int i = 0; i < filters; i++)
            write_filter(plan, (unsigned)i, out);
    } else {
        fputs("in one piece", out);
    }
    H5Pclose(plan);
}

/* Of what may be labels. */
static void write_range(hid_t dataset, const struct hdf5_dataset *about, FILE *out)
{
    enum { LABELS_MOST = 10 << 20 };
    long long *values, low, high;
    size_t count = about->sizes[0];

    if (about->kind != HDF5_INTEGERS || about->rank < 1 || about->rank > 2 ||
        hdf5_dataset_row(about) != 1 || count == 0 || count > LABELS_MOST)
        return;
    values = memory_get(count * sizeof *values);
    if (H5Dread(dataset, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        fputs("; it cannot be read", out);
    } else {
        low = high = values[0];
        for (size_t i = 1; i < count; i++) {
            low = values[i] < low ? values[i] : low;
            high = values[i] > high ? values[i] : high;
        }
        fprintf(out, "; values %lld..%lld", low, high);
    }
    free(values);
}

static void write_numbers(hid_t attribute, FILE *out)
{
    long long count = hdf5_attribute_count(attribute);
    double values[HDF5_NUMBERS_MAX];

    if (count < 1 || count > HDF5_NUMBERS_MAX ||
        H5Aread(attribute, H5T_NATIVE_DOUBLE, values) < 0)
        fputs("no number that calq can use", out);
    else
        for (long long i = 0; i < count; i++)
            fprintf(out, "%s%g", i ? ", " : "", values[i]);
}

/* Those that calq reads. */
static void write_attributes(hid_t object, const char *heading, FILE *out)
{
    static const char *const names[] = {"scale", "mean", "std"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hid_t attribute;

        if (H5Aexists(object, names[i]) <= 0)
            continue;
        attribute = H5Aopen(object, names[i], H5P_DEFAULT);
        fprintf(out, "%s    %s: ", heading, names[i]);
        write_numbers(attribute, out);
        fputc('\n', out);
        H5Aclose(attribute);
        heading = "";
    }
}

static void write_dataset(void *context, const char *path, hid_t dataset)
{
    FILE *out = context;
    struct hdf5_dataset about = {0};
    char shape[HDF5_SHAPE_TEXT_BYTES], type[HDF5_KIND_TEXT_BYTES];

    if (dataset < 0) {
        fprintf(out,
                "%-24s cannot be opened: a link to nothing, damaged, or of a newer "
                "format than HDF5 %d.%d.%d knows\n",
                path, H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
        return;
    }
    hdf5_describe(dataset, &about);
    fprintf(out, "%-24s %-24s %-26s ", path, shape_of(dataset, &about, shape),
            type_of(dataset, &about, type));
    write_storage(dataset, out);
    write_range(dataset, &about, out);
    fputc('\n', out);
    write_attributes(dataset, "", out);
}

void hdf5_list_content(hid_t file, const char *path, char *text, size_t bytes)
{
    FILE *out = fmemopen(text, bytes, "w");
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);

    fprintf(out, "%s: an HDF5 file\n\n%-24s %-24s %-26s %s\n", path, "dataset", "shape",
            "type", "stored");
    walk_file(file, out, write_dataset);
    if (root >= 0) {
        write_attributes(root, "attributes of the file\n", out);
        H5Gclose(root);
    }
    fclose(out);
}
