/* journal_file.h - the bytes of a journal: its records, and how it begins. The format is told in
 * journal.h. */
#ifndef CORE_FORMAT_JOURNAL_FILE_H
#define CORE_FORMAT_JOURNAL_FILE_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/format/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record begins with it. */
struct journal_head {
    uint32_t bytes; /* of the payload */
    uint32_t kind;
    struct hash128 key;
    struct journal_cost cost;
};

/* The head of the record at `at` of an image of the file. */
struct journal_head journal_file_head(const char *image, size_t at);

/* Bytes of a record with that head. */
size_t journal_file_bytes(const struct journal_head *head);

/* Bytes of the record at `at` of an image [used], or 0 where there is no whole one. */
size_t journal_file_intact(const char *image, size_t used, size_t at);

/* Makes the record that stands at `at` of the file; owned by the caller. */
char *journal_file_record(const struct journal_head *head, const void *payload,
                          size_t at);

/* Where the first answer stands in the image of a whole journal. */
size_t journal_file_first(const char *image, size_t used);

/* Reads a whole file as it is: 0, 1 where there is none, or -1 (EXIT_MACHINE).
 *
 *   image  [used] out, owned by the caller; NULL where nothing was read */
int journal_file_image(const char *path, char **image, size_t *used, struct error *err);

/* Whether an image is that of a journal, whose first answer may be asked for. */
bool journal_file_is_whole(const char *image, size_t used);

/* Reads a file that shall be the journal of the case `identity`: 0, 1 where there is none yet, or
 * nothing that would be lost, or -1, see journal_open().
 *
 *   image  [used] out, owned by the caller; NULL where nothing was read */
int journal_file_read(const char *path, const char *identity, char **image,
                      size_t *used, struct error *err);

/* Writes a journal without answers. Fails with EXIT_MACHINE. */
int journal_file_begin(const char *path, const char *identity, struct error *err);

#endif
