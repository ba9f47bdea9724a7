#include "core/format/state_file.h"

#include "core/base/draft.h"
#include "core/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char head[] = "calq state 1\n", last[] = "checksum ";

enum {
    HEAD_BYTES = sizeof head - 1,
    LAST_BYTES = sizeof last - 1 + HASH_TEXT_BYTES /* with its end of line */
};

static const char remedy[] = "`calq run` writes it again";

/* Those of networks are far below. */
static const off_t BYTES_MOST = 1 << 30;

static void checksum_of(const char *text, size_t bytes, char checksum[HASH_TEXT_BYTES])
{
    struct hash128 hash = {{0}};

    hash128_add(&hash, text, bytes);
    hash128_text(&hash, checksum);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* The whole file but its last line; owned by the caller. */
static char *body_of(const struct state *state, size_t *bytes)
{
    size_t row_bytes;
    char *rows = state_text(state, &row_bytes);
    char *body = memory_get(HEAD_BYTES + row_bytes);

    memcpy(body, head, HEAD_BYTES);
    memcpy(body + HEAD_BYTES, rows, row_bytes);
    free(rows);
    *bytes = HEAD_BYTES + row_bytes;
    return body;
}

int state_file_write(const struct state *state, const char *path,
                     char checksum[HASH_TEXT_BYTES], struct error *err)
{
    FILE *file = draft_open(path, err);
    size_t bytes;
    char *body;
    int status = 0;

    if (!file)
        return -1;
    body = body_of(state, &bytes);
    checksum_of(body, bytes, checksum);
    if (fwrite(body, 1, bytes, file) != bytes ||
        fprintf(file, "%s%s\n", last, checksum) < 0)
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
    free(body);
    return draft_close(file, path, status, err);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The bytes of an open file with a zero behind them, owned by the caller; NULL: they cannot be
 * read. */
static char *bytes_of(FILE *file, size_t *bytes)
{
    struct stat found;
    char *image;

    if (fstat(fileno(file), &found) < 0 || !S_ISREG(found.st_mode) ||
        found.st_size > BYTES_MOST)
        return NULL;
    image = memory_get((size_t)found.st_size + 1);
    *bytes = fread(image, 1, (size_t)found.st_size, file);
    image[*bytes] = '\0';
    return image;
}

static char *read_image(const char *path, size_t *bytes, struct error *err)
{
    FILE *file = fopen(path, "rb");
    char *image;

    if (!file) {
        error_set(err, EXIT_INPUT, "cannot open %s: %s; %s", path, strerror(errno),
                  remedy);
        return NULL;
    }
    image = bytes_of(file, bytes);
    fclose(file);
    if (!image)
        error_set(err, EXIT_INPUT, "cannot read %s: it is no file, or a huge one",
                  path);
    return image;
}

/* The checksum that stands in the last line; NULL: there is none, or it is not that of the rest. */
static const char *checksum_in(const char *image, size_t bytes)
{
    char found[HASH_TEXT_BYTES];
    const char *line = image + bytes - LAST_BYTES;

    if (memcmp(line, last, sizeof last - 1) != 0 || image[bytes - 1] != '\n')
        return NULL;
    checksum_of(image, bytes - LAST_BYTES, found);
    line += sizeof last - 1;
    return memcmp(found, line, HASH_TEXT_BYTES - 1) == 0 ? line : NULL;
}

static int check(const char *path, const char *image, size_t bytes,
                 const char *checksum, struct error *err)
{
    const char *found =
        bytes < HEAD_BYTES + LAST_BYTES ? NULL : checksum_in(image, bytes);

    if (strncmp(image, head, HEAD_BYTES) != 0)
        return error_set(err, EXIT_INPUT, "%s is no state, or that of another calq; %s",
                         path, remedy);
    if (!found)
        return error_set(err, EXIT_INPUT,
                         "%s is damaged: its checksum is not that of its content; %s",
                         path, remedy);
    if (strncmp(found, checksum, HASH_TEXT_BYTES - 1) != 0)
        return error_set(
            err, EXIT_INPUT,
            "%s is not the state that the result.json beside it was written "
            "with; %s",
            path, remedy);
    return 0;
}

/* The image of a file that is whole, cut before its last line; owned by the caller; NULL: there
 * is none. */
static char *read_whole(const char *path, const char *checksum, size_t *bytes,
                        struct error *err)
{
    char *image = read_image(path, bytes, err);

    if (!image)
        return NULL;
    if (check(path, image, *bytes, checksum, err) < 0) {
        free(image);
        return NULL;
    }
    *bytes -= LAST_BYTES;
    image[*bytes] = '\0';
    return image;
}

bool state_file_is_whole(const char *path, const char *checksum)
{
    struct error ignored;
    size_t bytes;
    char *image = read_whole(path, checksum, &bytes, &ignored);
    bool is_whole = image != NULL;

    free(image);
    return is_whole;
}

int state_file_read(const char *path, const char *checksum, struct state *state,
                    struct error *err)
{
    size_t bytes;
    char *image = read_whole(path, checksum, &bytes, err);
    int status;

    *state = (struct state){0};
    if (!image)
        return -1;
    status = state_parse(image + HEAD_BYTES, bytes - HEAD_BYTES, state, err);
    free(image);
    return status < 0 ? error_prefix(err, "%s", path) : 0;
}
