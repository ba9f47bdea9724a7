#include "core/format/zip_file.h"

#include "core/base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 (records) and 4.5.3 (ZIP64). */
enum {
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR64_BYTES = 20,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    COMMENT_MOST = 65535,
    ENTRIES_MOST = 10000,
    LIST_BYTES_MOST = 16 << 20,
    STORED = 0,
    DEFLATED = 8
};

struct entry {
    char *name; /* owned */
    int method;
    uint32_t checksum;
    uint64_t packed, bytes, at; /* at: of its local record */
};

struct zip_file {
    char *path; /* owned */
    struct entry *entries;
    int count;
};

/* ---- numbers, the lowest byte first --------------------------------------------------------- */

static uint64_t number(const unsigned char *at, int bytes)
{
    uint64_t value = 0;

    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static int damaged(const char *path, const char *what, struct error *err)
{
    return error_set(err, EXIT_INPUT,
                     "%s is no ZIP file, damaged or cut short: %s; write it again",
                     path, what);
}

static int read_at(FILE *file, uint64_t at, void *to, size_t bytes)
{
    return at <= INT64_MAX && fseeko(file, (off_t)at, SEEK_SET) == 0 &&
                   fread(to, 1, bytes, file) == bytes
               ? 0
               : -1;
}

/* ---- the list ------------------------------------------------------------------------------ */

struct list {
    uint64_t at, bytes, count;
};

/* The record at the end, in front of a comment. */
static long find_end(const unsigned char *tail, long bytes)
{
    for (long at = bytes - END_BYTES; at >= 0; at--)
        if (number(tail + at, 4) == 0x06054b50)
            return at;
    return -1;
}

/* Where a number does not fit into the record, another says it. */
static int find_list64(FILE *file, uint64_t end, struct list *list)
{
    unsigned char locator[LOCATOR64_BYTES], record[END64_BYTES];

    if (end < LOCATOR64_BYTES ||
        read_at(file, end - LOCATOR64_BYTES, locator, sizeof locator) < 0 ||
        number(locator, 4) != 0x07064b50 ||
        read_at(file, number(locator + 8, 8), record, sizeof record) < 0 ||
        number(record, 4) != 0x06064b50)
        return -1;
    *list = (struct list){number(record + 48, 8), number(record + 40, 8),
                          number(record + 32, 8)};
    return 0;
}

static int find_list(FILE *file, const char *path, struct list *list, struct error *err)
{
    long size = fseeko(file, 0, SEEK_END) == 0 ? (long)ftello(file) : -1;
    long bytes = size < END_BYTES + COMMENT_MOST ? size : END_BYTES + COMMENT_MOST;
    unsigned char *tail = memory_get(END_BYTES + COMMENT_MOST);
    long at = -1;

    if (bytes >= END_BYTES &&
        read_at(file, (uint64_t)(size - bytes), tail, (size_t)bytes) == 0)
        at = find_end(tail, bytes);
    if (at >= 0)
        *list = (struct list){number(tail + at + 16, 4), number(tail + at + 12, 4),
                              number(tail + at + 10, 2)};
    free(tail);
    if (at < 0)
        return damaged(path, "its end is missing", err);
    if ((list->at == UINT32_MAX || list->count == UINT16_MAX) &&
        find_list64(file, (uint64_t)(size - bytes + at), list) < 0)
        return damaged(path, "its end has no ZIP64 record", err);
    if (list->count > ENTRIES_MOST || list->bytes > LIST_BYTES_MOST)
        return damaged(path, "its list is too long", err);
    return 0;
}

/* Sizes that did not fit stand in an extra field, in this order. */
static void take_sizes64(struct entry *entry, const unsigned char *extra, size_t bytes)
{
    uint64_t *fields[] = {&entry->bytes, &entry->packed, &entry->at};

    while (bytes >= 4) {
        size_t length = number(extra + 2, 2);

        if (length > bytes - 4)
            return;
        for (size_t i = 0, at = 4; number(extra, 2) == 1 && i < 3; i++)
            if (*fields[i] == UINT32_MAX && at + 8 <= length + 4) {
                *fields[i] = number(extra + at, 8);
                at += 8;
            }
        extra += 4 + length;
        bytes -= 4 + length;
    }
}

/* Returns the bytes of the entry, 0 where it is none. */
static size_t take_entry(const unsigned char *at, size_t left, struct entry *entry)
{
    size_t name, extra, comment;

    if (left < ENTRY_BYTES || number(at, 4) != 0x02014b50)
        return 0;
    name = number(at + 28, 2);
    extra = number(at + 30, 2);
    comment = number(at + 32, 2);
    if (name + extra + comment > left - ENTRY_BYTES)
        return 0;
    *entry = (struct entry){.method = (int)number(at + 10, 2),
                            .checksum = (uint32_t)number(at + 16, 4),
                            .packed = number(at + 20, 4),
                            .bytes = number(at + 24, 4),
                            .at = number(at + 42, 4)};
    entry->name = memory_zeroed(name + 1, 1);
    memcpy(entry->name, at + ENTRY_BYTES, name);
    take_sizes64(entry, at + ENTRY_BYTES + name, extra);
    return ENTRY_BYTES + name + extra + comment;
}

static int take_entries(struct zip_file *zip, FILE *file, const struct list *list,
                        struct error *err)
{
    unsigned char *bytes = memory_get((size_t)list->bytes);
    size_t used = 0, taken = 1;

    zip->entries = memory_zeroed((size_t)list->count + 1, sizeof *zip->entries);
    if (read_at(file, list->at, bytes, (size_t)list->bytes) < 0)
        taken = 0;
    while (taken > 0 && (uint64_t)zip->count < list->count) {
        taken = take_entry(bytes + used, (size_t)list->bytes - used,
                           &zip->entries[zip->count]);
        used += taken;
        zip->count += taken > 0;
    }
    free(bytes);
    return taken > 0 ? 0 : damaged(zip->path, "its list cannot be read", err);
}

struct zip_file *zip_file_open(const char *path, struct error *err)
{
    struct zip_file *zip = memory_zeroed(1, sizeof *zip);
    FILE *file = fopen(path, "rbe");
    struct list list = {0};
    int status = -1;

    zip->path = memory_text(path);
    if (!file)
        error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    else if (find_list(file, path, &list, err) == 0)
        status = take_entries(zip, file, &list, err);
    if (file)
        fclose(file);
    if (status == 0)
        return zip;
    zip_file_close(zip);
    return NULL;
}

void zip_file_close(struct zip_file *zip)
{
    if (!zip)
        return;
    for (int i = 0; i < zip->count; i++)
        free(zip->entries[i].name);
    free(zip->entries);
    free(zip->path);
    free(zip);
}

int zip_file_count(const struct zip_file *zip)
{
    return zip->count;
}

const char *zip_file_name(const struct zip_file *zip, int index)
{
    return zip->entries[index].name;
}

/* ---- what is in a file of it --------------------------------------------------------------- */

enum { PIECE_BYTES = 1 << 16 };

struct zip_stream {
    struct byte_stream stream; /* first */
    const struct entry *entry;
    char *name; /* owned: "data.npz, x.npy" */
    FILE *file;
    z_stream inflate;
    uint64_t packed_left, left;
    uLong checksum;
    unsigned char piece[PIECE_BYTES];
};

static int tell(const struct zip_stream *own, const char *what, struct error *err)
{
    return error_set(err, EXIT_INPUT, "%s is damaged: %s; write it again", own->name,
                     what);
}

static size_t at_most(size_t wanted, uint64_t left)
{
    return wanted < left ? wanted : (size_t)left;
}

static long read_stored(struct zip_stream *own, void *to, size_t most,
                        struct error *err)
{
    size_t bytes = fread(to, 1, most, own->file);

    return bytes > 0 ? (long)bytes : tell(own, "it is cut short", err);
}

static long read_deflated(struct zip_stream *own, void *to, size_t most,
                          struct error *err)
{
    z_stream *inflating = &own->inflate;
    int status = Z_OK;

    inflating->next_out = to;
    inflating->avail_out = (uInt)at_most(most, 1 << 30);
    while (inflating->next_out == to) {
        if (inflating->avail_in == 0) {
            size_t bytes = fread(
                own->piece, 1, at_most(sizeof own->piece, own->packed_left), own->file);

            own->packed_left -= bytes;
            inflating->next_in = own->piece;
            inflating->avail_in = (uInt)bytes;
            if (bytes == 0)
                return tell(own, "it is cut short", err);
        }
        status = inflate(inflating, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END)
            return tell(own, "it cannot be unpacked", err);
        if (status == Z_STREAM_END && inflating->next_out == to)
            return tell(own, "it is shorter than its list says", err);
    }
    return inflating->next_out - (unsigned char *)to;
}

static long read_entry(struct byte_stream *stream, void *to, size_t most,
                       struct error *err)
{
    struct zip_stream *own = (struct zip_stream *)stream;
    long bytes;

    most = at_most(most, own->left);
    if (most == 0)
        return 0;
    bytes = own->entry->method == STORED ? read_stored(own, to, most, err)
                                         : read_deflated(own, to, most, err);
    if (bytes < 0)
        return -1;
    own->left -= (uint64_t)bytes;
    own->checksum = crc32_z(own->checksum, to, (z_size_t)bytes);
    if (own->left == 0 && own->checksum != own->entry->checksum)
        return tell(own, "its checksum is another", err);
    return bytes;
}

static void close_entry(struct byte_stream *stream)
{
    struct zip_stream *own = (struct zip_stream *)stream;

    inflateEnd(&own->inflate);
    if (own->file)
        fclose(own->file);
    free(own->name);
    free(own);
}

static int find_entry(struct zip_stream *own, const char *path, struct error *err)
{
    unsigned char local[LOCAL_BYTES];
    uint64_t at = own->entry->at;

    own->file = fopen(path, "rbe");
    if (!own->file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (own->entry->method != STORED && own->entry->method != DEFLATED)
        return tell(own, "it is packed in a way that calq does not know", err);
    if (read_at(own->file, at, local, sizeof local) < 0 ||
        number(local, 4) != 0x04034b50 ||
        fseeko(
            own->file,
            (off_t)(at + LOCAL_BYTES + number(local + 26, 2) + number(local + 28, 2)),
            SEEK_SET) < 0)
        return tell(own, "it is not where its list says", err);
    /* -MAX_WBITS: deflated bytes alone, without zlib's header. */
    if (inflateInit2(&own->inflate, -MAX_WBITS) != Z_OK)
        return error_set(err, EXIT_MACHINE, "zlib cannot begin");
    return 0;
}

struct byte_stream *zip_file_stream(const struct zip_file *zip, int index,
                                    struct error *err)
{
    struct zip_stream *own = memory_zeroed(1, sizeof *own);

    own->entry = &zip->entries[index];
    own->name = memory_get(strlen(zip->path) + strlen(own->entry->name) + 3);
    sprintf(own->name, "%s, %s", zip->path, own->entry->name);
    own->stream = (struct byte_stream){own->name, read_entry, close_entry};
    own->packed_left = own->entry->packed;
    own->left = own->entry->bytes;
    if (find_entry(own, zip->path, err) == 0)
        return &own->stream;
    close_entry(&own->stream);
    return NULL;
}
