/* byte_stream.h - bytes one after the other, from a file or from what unpacks one. */
#ifndef CORE_FORMAT_BYTE_STREAM_H
#define CORE_FORMAT_BYTE_STREAM_H

#include "core/base/error.h"

#include <stddef.h>

struct byte_stream {
    const char *name; /* for sentences; borrowed while the stream is open */
    /* Reads at most so many bytes; 0 at the end, -1 on failure (EXIT_INPUT). */
    long (*read)(struct byte_stream *stream, void *to, size_t most, struct error *err);
    void (*close)(struct byte_stream *stream);
};

/* NULL on failure (EXIT_INPUT). Close with byte_stream_close(), which takes NULL. */
struct byte_stream *byte_stream_open(const char *path, struct error *err);
void byte_stream_close(struct byte_stream *stream);

/* Reads so many bytes; fails with EXIT_INPUT where there are less: the file is cut short. */
int byte_stream_take(struct byte_stream *stream, void *to, size_t bytes,
                     struct error *err);

#endif
