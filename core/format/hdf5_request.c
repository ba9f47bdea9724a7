#include "core/format/hdf5_request.h"

#include <sys/resource.h>
#include <unistd.h>

/* The files that are open where they are read. */
enum { FILES_MOST = 16 };
static struct open_file {
    int reader; /* 0: this place is free */
    struct hdf5_file *file;
} files[FILES_MOST];

static struct open_file *place_of(int reader)
{
    for (int i = 0; i < FILES_MOST; i++)
        if (files[i].reader == reader)
            return &files[i];
    return NULL;
}

static int open_file(int reader, const char *path, struct error *err)
{
    struct open_file *place = place_of(0);

    if (!place)
        return error_set(err, EXIT_INTERNAL, "%s: more than %d files are open", path,
                         FILES_MOST);
    place->file = hdf5_file_open(path, err);
    if (!place->file)
        return -1;
    place->reader = reader;
    return 0;
}

static void close_file(struct open_file *place)
{
    hdf5_file_close(place->file);
    *place = (struct open_file){0, NULL};
}

static int answer_of_file(const struct hdf5_question *question, struct hdf5_file *file,
                          void *room, struct hdf5_answer *answer)
{
    struct error *err = &answer->err;

    switch (question->request) {
    case HDF5_REQUEST_HAS:
        answer->has = hdf5_file_has(file, room);
        return 0;
    case HDF5_REQUEST_FIND:
        return hdf5_file_find(file, room, &answer->dataset, err);
    case HDF5_REQUEST_ATTRIBUTE:
        return hdf5_file_attribute(file, question->index, room, &answer->numbers, err);
    case HDF5_REQUEST_ROWS:
        return hdf5_file_rows(file, question->index, question->first, question->count,
                              question->as, question->bytes, room, err);
    case HDF5_REQUEST_NAMES:
        hdf5_file_names(file, room, question->bytes);
        return 0;
    default:
        hdf5_file_list(file, room, question->bytes);
        return 0;
    }
}

/* On a damaged chunk HDF5 may ask for ever more memory, until the machine has none. What it needs
 * are a chunk as stored, decompressed, and in its cache, and some for all else. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose shadow of all memory would count */
    const size_t for_all_else = (size_t)1 << 30, a_chunk = 4;
    struct rlimit limit;
    size_t bytes = for_all_else;

    for (int i = 0; i < FILES_MOST; i++)
        if (files[i].file)
            bytes += a_chunk * hdf5_file_chunks(files[i].file);
    getrlimit(RLIMIT_DATA, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_DATA, &limit);
#endif
}

void hdf5_request_answer(const void *asked, void *room, void *answered)
{
    const struct hdf5_question *question = asked;
    struct hdf5_answer *answer = answered;
    struct open_file *place = place_of(question->reader);

    if (question->limits_memory)
        limit_memory();
    if (question->request == HDF5_REQUEST_LEAVE)
        _exit(EXIT_INPUT);
    if (question->request == HDF5_REQUEST_OPEN)
        answer->status = open_file(question->reader, room, &answer->err);
    else if (question->request == HDF5_REQUEST_CLOSE && place)
        close_file(place);
    else if (place)
        answer->status = answer_of_file(question, place->file, room, answer);
    else if (question->request != HDF5_REQUEST_CLOSE)
        answer->is_closed = true;
}
