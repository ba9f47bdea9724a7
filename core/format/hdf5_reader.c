#include "core/format/hdf5_reader.h"

#include "core/base/apart.h"
#include "core/base/memory.h"
#include "core/format/hdf5_request.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- where they are answered --------------------------------------------------------------- */

/* Processor time for one answer: the largest chunk there can be, decompressed slowly, takes less;
 * and ranks that wait for this one are patient for longer. */
enum { ANSWER_SECONDS = 300 };

/* Like the handlers of signals, this belongs to the process. */
static struct apart *process; /* NULL: this one answers itself */
static void *own_room;
static size_t own_room_bytes;
static int readers; /* how many there have been */

struct hdf5_reader {
    char *path; /* owned */
    int number;
};

void hdf5_reader_stand_apart(void)
{
    static const struct apart_work work = {sizeof(struct hdf5_question),
                                           sizeof(struct hdf5_answer),
                                           hdf5_request_answer, ANSWER_SECONDS};
    struct error ignored;

    if (!process)
        process = apart_start(&work, &ignored);
}

static void *room_of(size_t bytes, struct error *err)
{
    if (process)
        return apart_room(process, bytes, err);
    if (bytes > own_room_bytes) {
        own_room = memory_resize(own_room, bytes);
        own_room_bytes = bytes;
    }
    return own_room;
}

/* How the process ended that was asked for this. */
static int tell_end(const struct hdf5_reader *reader, struct apart_end end,
                    const char *doing, struct error *err)
{
    if (end.signal == SIGPROF)
        return error_set(err, EXIT_INPUT,
                         "%s: HDF5 came to no end in %d s of processor time while it "
                         "%s; the file is damaged: copy it again, or write it anew "
                         "(`h5dump` shows what can be read of it)",
                         reader->path, ANSWER_SECONDS, doing);
    if (end.signal == SIGKILL || end.signal == 0)
        return error_set(err, EXIT_MACHINE,
                         "%s: the process that reads it ended with %s %d while it %s; "
                         "is there enough memory?",
                         reader->path, end.signal ? "signal" : "exit code",
                         end.signal ? end.signal : end.code, doing);
    return error_set(err, EXIT_INPUT,
                     "%s: HDF5 ended with signal %d (%s) while it %s; the file is "
                     "damaged: copy it again, or write it anew (`h5dump` shows what "
                     "can be read of it)",
                     reader->path, end.signal, strsignal(end.signal), doing);
}

/* A file that HDF5 fails on may have overwritten its memory: the next one meets a new process. Files
 * that are open belong to the same case, which fails with this one. */
static void leave_process(void)
{
    struct hdf5_question question = {.request = HDF5_REQUEST_LEAVE};
    struct hdf5_answer none;
    struct apart_end end;

    if (process)
        apart_ask(process, &question, &none, &end);
}

static int ask(const struct hdf5_reader *reader, struct hdf5_question *question,
               struct hdf5_answer *answer, const char *doing, struct error *err)
{
    struct apart_end end;

    question->reader = reader->number;
    question->limits_memory = process != NULL;
    if (!process) {
        memset(answer, 0, sizeof *answer);
        hdf5_request_answer(question, own_room, answer);
    } else if (apart_ask(process, question, answer, &end) < 0) {
        return tell_end(reader, end, doing, err);
    }
    if (answer->is_closed)
        return error_set(err, EXIT_INPUT,
                         "%s: it was closed, since HDF5 failed on another file",
                         reader->path);
    if (answer->status < 0) {
        *err = answer->err;
        leave_process();
    }
    return answer->status;
}

static int ask_about(const struct hdf5_reader *reader, struct hdf5_question *question,
                     const char *name, struct hdf5_answer *answer, const char *verb,
                     struct error *err)
{
    void *room = room_of(strlen(name) + 1, err);
    char doing[256];

    if (!room)
        return -1;
    strcpy(room, name);
    snprintf(doing, sizeof doing, "%s%s", verb,
             question->request == HDF5_REQUEST_OPEN ? "" : name);
    return ask(reader, question, answer, doing, err);
}

/* ---- the interface ------------------------------------------------------------------------- */

bool hdf5_reader_knows(const char *path)
{
    static const char signature[8] = "\x89HDF\r\n\x1a\n";
    char begin[sizeof signature];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_one = file >= 0 && read(file, begin, sizeof begin) == sizeof begin &&
                  memcmp(begin, signature, sizeof begin) == 0;

    if (file >= 0)
        close(file);
    return is_one;
}

struct hdf5_reader *hdf5_reader_open(const char *path, struct error *err)
{
    struct hdf5_reader *reader = memory_zeroed(1, sizeof *reader);
    struct hdf5_question question = {.request = HDF5_REQUEST_OPEN};
    struct hdf5_answer answer;

    reader->path = memory_text(path);
    reader->number = ++readers;
    if (ask_about(reader, &question, path, &answer, "opened it", err) == 0)
        return reader;
    free(reader->path);
    free(reader);
    return NULL;
}

void hdf5_reader_close(struct hdf5_reader *reader)
{
    struct hdf5_question question = {.request = HDF5_REQUEST_CLOSE};
    struct hdf5_answer answer;
    struct error ignored;

    if (!reader)
        return;
    ask(reader, &question, &answer, "closed it", &ignored);
    free(reader->path);
    free(reader);
}

int hdf5_reader_has(struct hdf5_reader *reader, const char *name, bool *has,
                    struct error *err)
{
    struct hdf5_question question = {.request = HDF5_REQUEST_HAS};
    struct hdf5_answer answer;
    int status = ask_about(reader, &question, name, &answer, "looked for ", err);

    *has = status == 0 && answer.has;
    return status;
}

int hdf5_reader_find(struct hdf5_reader *reader, const char *name,
                     struct hdf5_dataset *dataset, struct error *err)
{
    struct hdf5_question question = {.request = HDF5_REQUEST_FIND};
    struct hdf5_answer answer;

    if (ask_about(reader, &question, name, &answer, "opened ", err) < 0)
        return -1;
    *dataset = answer.dataset;
    dataset->name = name;
    return 0;
}

int hdf5_reader_attribute(struct hdf5_reader *reader,
                          const struct hdf5_dataset *dataset, const char *name,
                          struct hdf5_numbers *numbers, struct error *err)
{
    struct hdf5_question question = {.request = HDF5_REQUEST_ATTRIBUTE,
                                     .index = dataset ? dataset->index : -1};
    struct hdf5_answer answer;

    if (ask_about(reader, &question, name, &answer, "read the attribute ", err) < 0)
        return -1;
    *numbers = answer.numbers;
    return 0;
}

int hdf5_reader_rows(struct hdf5_reader *reader, const struct hdf5_dataset *dataset,
                     size_t first, size_t count, enum hdf5_as as, void **rows,
                     struct error *err)
{
    size_t value = as == HDF5_AS_FLOATS ? sizeof(float) : sizeof(long long);
    struct hdf5_question question = {.request = HDF5_REQUEST_ROWS,
                                     .index = dataset->index,
                                     .first = first,
                                     .count = count,
                                     .as = as,
                                     .bytes =
                                         count * hdf5_dataset_row(dataset) * value};
    struct hdf5_answer answer;
    char doing[256];

    *rows = room_of(question.bytes, err);
    if (!*rows)
        return -1;
    snprintf(doing, sizeof doing, "read %zu..%zu of %s", first, first + count - 1,
             dataset->name);
    return ask(reader, &question, &answer, doing, err);
}

static int ask_for_text(struct hdf5_reader *reader, enum hdf5_request request,
                        const char **text, struct error *err)
{
    enum { TEXT_BYTES = 1 << 20 };
    struct hdf5_question question = {.request = request, .bytes = TEXT_BYTES};
    struct hdf5_answer answer;
    void *room = room_of(TEXT_BYTES, err);

    if (!room)
        return -1;
    *text = room;
    return ask(reader, &question, &answer, "listed what it holds", err);
}

int hdf5_reader_list(struct hdf5_reader *reader, const char **text, struct error *err)
{
    return ask_for_text(reader, HDF5_REQUEST_LIST, text, err);
}

int hdf5_reader_names(struct hdf5_reader *reader, const char **text, struct error *err)
{
    return ask_for_text(reader, HDF5_REQUEST_NAMES, text, err);
}
