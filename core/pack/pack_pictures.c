#include "core/pack/pack_inside.h"

#include "core/pack/picture_list.h"

#include <stdlib.h>
#include <sys/stat.h>

/* All become as large as the first. */
static int check_size(const struct resampled *size, const struct resampled *first,
                      const char *path, struct error *err)
{
    if (size->width == first->width && size->height == first->height)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s becomes %d x %d pixels, the first picture %d x %d; samples must "
        "be of one size: say --crop SIDE, and perhaps --resize SIDE",
        path, size->width, size->height, first->width, first->height);
}

static bool is_cropped(const struct resample *how, const struct picture *picture)
{
    return picture->width == how->crop && picture->height == how->crop;
}

static int pack_picture(const struct pack *pack, const char *path,
                        const struct resampled *first, struct row_writer *rows,
                        struct packed *packed, struct error *err)
{
    struct picture *picture = picture_open(path, err);
    struct resampled size;
    int status = picture ? 0 : -1;

    if (picture &&
        resample_size(&pack->how, picture->width, picture->height, &size, err) < 0)
        status = error_prefix(err, "%s", path);
    if (status == 0)
        status = check_size(&size, first, path, err);
    if (status == 0)
        status = resample_picture(&pack->how, picture, row_writer_next(rows), err);
    if (status == 0 && is_cropped(&pack->how, picture))
        packed->cropped++;
    picture_close(picture);
    return status == 0 ? row_writer_take(rows, err) : -1;
}

static int find_size(const struct pack *pack, const char *path, struct resampled *size,
                     struct error *err)
{
    struct picture *picture = picture_open(path, err);
    int status = -1;

    if (picture) {
        status = resample_size(&pack->how, picture->width, picture->height, size, err);
        if (status < 0)
            error_prefix(err, "%s", path);
    }
    picture_close(picture);
    return status;
}

static int pack_all(const struct pack *pack, const struct picture_list *list,
                    struct hdf5_writer *writer, struct packed *packed,
                    struct error *err)
{
    struct hdf5_dataset like = {.kind = HDF5_INTEGERS, .bytes = 1, .rank = 4};
    struct resampled first;
    struct row_writer rows;
    int status;

    if (find_size(pack, list->paths[0], &first, err) < 0)
        return -1;
    like.sizes[1] = (unsigned long long)first.channels;
    like.sizes[2] = (unsigned long long)first.height;
    like.sizes[3] = (unsigned long long)first.width;
    status =
        row_writer_begin(&rows, writer, &like, pack_dataset(pack), pack->gzip, err);
    for (size_t i = 0; status == 0 && i < packed->samples; i++) {
        status = pack_picture(pack, list->paths[i], &first, &rows, packed, err);
        if (status == 0)
            status = pack_go_on(pack, i + 1, packed->samples, err);
    }
    if (status == 0)
        status = pack_attributes(pack, writer, &rows, err);
    return row_writer_end(&rows, status, err);
}

/* Folders hold one class after the other; the last samples, which are often held out, should be of all. */
static int find_pictures(const struct pack *pack, struct picture_list *list,
                         struct error *err)
{
    struct stat about;
    bool is_folder = stat(pack->source, &about) == 0 && S_ISDIR(about.st_mode);
    int status = is_folder ? picture_list_of_folder(list, pack->source, err)
                           : picture_list_of_text(list, pack->source, err);

    if (status == 0 && pack->labels) {
        int64_t *labels = pack_read_labels(pack->labels, list->count, err);

        free(list->labels);
        list->labels = labels;
        list->has_labels = labels != NULL;
        status = labels ? 0 : -1;
    }
    if (status == 0 && is_folder)
        picture_list_shuffle(list, pack->seed);
    return status;
}

int pack_pictures(const struct pack *pack, struct hdf5_writer *writer,
                  struct packed *packed, struct error *err)
{
    struct picture_list list;
    int status = find_pictures(pack, &list, err);

    if (status == 0) {
        packed->samples = pack->samples > 0 && pack->samples < list.count
                              ? pack->samples
                              : list.count;
        packed->datasets = 1;
        status = pack_all(pack, &list, writer, packed, err);
    }
    if (status == 0 && list.has_labels)
        status = pack_labels(pack, writer, list.labels, packed->samples, packed, err);
    picture_list_clear(&list);
    return status;
}
