#include "core/format/byte_stream.h"

#include "core/base/file_hint.h"
#include "core/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file_stream {
    struct byte_stream stream; /* first */
    FILE *file;
    char *path; /* owned */
};

static long read_file(struct byte_stream *stream, void *to, size_t most,
                      struct error *err)
{
    struct file_stream *own = (struct file_stream *)stream;
    size_t bytes = fread(to, 1, most, own->file);

    if (bytes < most && ferror(own->file))
        return error_set(err, EXIT_INPUT, "cannot read %s: %s", own->path,
                         strerror(errno));
    return (long)bytes;
}

static void close_file(struct byte_stream *stream)
{
    struct file_stream *own = (struct file_stream *)stream;

    fclose(own->file);
    free(own->path);
    free(own);
}

struct byte_stream *byte_stream_open(const char *path, struct error *err)
{
    FILE *file = fopen(path, "rbe");
    struct file_stream *own;

    if (!file) {
        file_hint_refuse_to_open(path, EXIT_INPUT, err);
        return NULL;
    }
    own = memory_zeroed(1, sizeof *own);
    own->file = file;
    own->path = memory_text(path);
    own->stream = (struct byte_stream){own->path, read_file, close_file};
    return &own->stream;
}

void byte_stream_close(struct byte_stream *stream)
{
    if (stream)
        stream->close(stream);
}

int byte_stream_take(struct byte_stream *stream, void *to, size_t bytes,
                     struct error *err)
{
    char *at = to;

    while (bytes > 0) {
        long some = stream->read(stream, at, bytes, err);

        if (some < 0)
            return -1;
        if (some == 0)
            return error_set(err, EXIT_INPUT, "%s is cut short: %zu bytes are missing",
                             stream->name, bytes);
        at += some;
        bytes -= (size_t)some;
    }
    return 0;
}
